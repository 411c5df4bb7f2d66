import { expect, test } from 'vitest';
import { aChat } from './a-chat.ts';

/** A group of Telegram takes 20 messages a minute; the double refuses more with 429, as Telegram does. */
test('20 agents ask 10 times each in ten seconds: nothing is refused by Telegram, and every one can be decided', async () => {
  const chat = await aChat();
  const agents = await Promise.all(Array.from({ length: 20 }, (_, n) => chat.agent(`agent-${n}`)));
  const asked = [];
  for (let round = 0; round < 10; round++) {
    for (const agent of agents) asked.push(await agent.asks(`Round ${round}?`, ['yes', 'no']));
    await chat.round();
    chat.clock.turn(1_000);
  }
  expect(asked).toHaveLength(200);
  for (let minute = 0; minute < 4; minute++) {
    await chat.round();
    chat.clock.turn(15_000);
  }
  const list = chat.telegram.messageWith(chat.home, 'Press Show to see one whole and decide.');
  expect(list.buttons.length).toBeGreaterThan(0);

  const last = asked.at(-1);
  if (!last) throw new Error('nobody asked');
  chat.grace.writes(chat.home, `/show ${last.id}`);
  await chat.settles();
  chat.grace.taps(chat.cardOf(last), '1. yes');
  await chat.settles();
  expect(await chat.now(last)).toMatchObject({ state: 'answered', answer: 'yes' });
  for (const request of asked.slice(0, -1)) await chat.person('222').answers(request, 'no');
  expect((await Promise.all(asked.map((each) => chat.now(each)))).every(({ state }) => state === 'answered')).toBe(
    true,
  );
  await chat.settles();
  expect(chat.telegram.floodRefusals).toBe(0);
});

import type { Message } from 'grammy/types';
import { check } from '../checker.ts';
import { generous, templates } from '../fixture.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { type ATelegramGaia, approverIds, aTelegramGaia } from '../telegram-world.ts';

type Shown = Message.TextMessage;

/** What Telegram might make of a card: none of it is what was to be seen. */
const alterations: Readonly<Record<string, (message: Shown) => Partial<Shown>>> = {
  'nothing altered': () => ({}),
  'its end left out': ({ text }) => ({ text: text.slice(0, -1) }),
  'a letter more': ({ text }) => ({ text: text.replace('safe', 'safer') }),
  'a space less': ({ text }) => ({ text: text.replace(' ', '') }),
  'an address shortened': ({ text }) => ({ text: text.replace('/tmp', '/t…') }),
  'no formatting': () => ({ entities: [] }),
  'another place of its formatting': ({ entities = [] }) => ({
    entities: entities.map((entity) => ({ ...entity, offset: entity.offset + 1 })),
  }),
};

export const echo: Proof = {
  name: 'echo',
  shows: 'a card that Telegram shows otherwise than it was sent offers no decision, and decides nothing',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const trials = trialsOf(context, { short: 30, full: 500 });
    const from = await templates(gaia);
    const lots = chance(seed);
    const kinds = Object.keys(alterations);
    const violations: Violation[] = [];
    let altered = 0;
    let done = 0;
    for (; done < trials && violations.length === 0 && !signal.aborted; done++) {
      const world = await aTelegramGaia(gaia, from, { policy: generous });
      const kind = kinds[done % kinds.length] as string;
      try {
        const met = await trial(world, lots, kind);
        altered += met.isAltered ? 1 : 0;
        violations.push(...met.found.map((message) => ({ invariant: 'echo', message: `${kind}: ${message}` })));
      } finally {
        await world.close();
      }
      violations.push(...check(await snapshotOfStore(world.where), { approvers: approverIds }));
      await world.remove();
      progress(done + 1, trials);
    }
    await from.remove();
    return { trials: done, violations, figures: { 'cards altered': altered } };
  },
};

async function trial(world: ATelegramGaia, lots: Chance, kind: string) {
  const { telegram, group, people } = world;
  const found: string[] = [];
  const request = await world.submits(['tee', '/tmp/safe', `n${lots.between(1, 1_000)}`]);
  let isAltered = false;
  const placed = telegram.faults.alterReply(
    { method: 'sendMessage', when: ({ text }) => String(text).includes(request.id) },
    (result) => {
      const message = result as Shown;
      const shown = { ...message, ...alterations[kind]?.(message) };
      isAltered = JSON.stringify(shown) !== JSON.stringify(message);
      return shown;
    },
  );
  await world.settles();
  if (placed.hits !== 1) found.push(`the card of ${request.id} was not sent`);
  if (isAltered === (kind === 'nothing altered')) found.push('nothing of the card could be altered so');
  const offering = telegram.messagesIn(group).filter(({ buttons }) => buttons.flat().includes('✓ Approve'));
  if (isAltered && offering.length > 0) found.push(`the card of ${request.id} offers a decision`);
  for (const message of offering) lots.of(people).taps(message, '✓ Approve');
  await world.settles();
  const { state } = await world.now(request);
  if (isAltered && state !== 'pending') found.push(`${request.id} is approved: ${state}`);
  if (!isAltered && state !== 'executed') found.push(`${request.id} was shown as it was sent, tapped, and is ${state}`);
  return { found, isAltered };
}

import { describe, expect, test } from 'vitest';
import { comment } from '../../../src/actions/comments.ts';
import { remindDue } from '../../../src/actions/reminders.ts';
import { beginLogin, finishLogin } from '../../../src/actions/sessions.ts';
import { agentNamed, person } from '../../../src/core/access/actor.ts';
import { priorities } from '../../../src/core/delivery/card.ts';
import { listDeliveries } from '../../../src/store/deliveries.ts';
import { listGrants } from '../../../src/store/grants.ts';
import { aChat } from './a-chat.ts';

const allow = '✓ Approve, and allow for 1 h / 10 times';

describe('allowing in advance', () => {
  test('a granted command runs without a card but with its notice, and can be taken back', async () => {
    const chat = await aChat();
    const first = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.grace.taps(chat.cardOf(first), allow);
    await chat.settles();
    expect(await chat.now(first)).toMatchObject({ state: 'executed' });
    const [grant] = await listGrants(chat.db.read);
    expect(chat.said()).toContain(`Grace Hopper allowed builder to run this again without asking:\nls`);

    const before = chat.telegram.messagesIn(chat.home).length;
    const again = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    expect((await chat.now(again)).state).toBe('executed');
    const news = chat.telegram.messagesIn(chat.home).slice(before);
    expect(news).toHaveLength(1);
    expect(news[0]?.text).toContain(`builder went ahead under ${grant?.id} (rehearsed): ls`);
    expect(news[0]?.text).toContain('use 1 of 10');
    expect(news[0]?.buttons).toEqual([]);

    chat.grace.writes(chat.home, '/grants');
    await chat.settles();
    expect(chat.said()).toContain('used 1 of 10');
    chat.grace.writes(chat.home, `/revoke ${grant?.id}`);
    await chat.settles();
    expect(chat.said()).toContain('No agent may do anything without asking.');
    expect((await chat.builder.asksToRun(['ls'])).state).toBe('pending');
  });

  test('is offered on cards of the tier normal alone', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['sh', '-c', 'ls']);
    await chat.settles();
    expect(chat.cardOf(request).buttons).toEqual([['✓ Approve', '✕ Deny']]);
  });

  test('is nothing a stranger can do', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.mallory.taps(chat.cardOf(request), allow);
    chat.mallory.writes(chat.home, '/grants');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    expect(await listGrants(chat.db.read)).toEqual([]);
  });
});

describe('a question on a card', () => {
  test('reaches the agent, and its answer appears there and is told; nothing is decided', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    const card = chat.cardOf(request);
    chat.grace.writes(chat.home, '? Why today?', { replyTo: card });
    await chat.settles();
    expect(chat.cardOf(request).text).toContain('Grace Hopper says: Why today?');
    await comment(chat.app, request.id, 'The disk is full.', chat.by(agentNamed('builder')));
    await chat.settles();
    expect(chat.said()).toContain('agent builder says: The disk is full.');
    expect(chat.said()).toContain(`${request.id}`);
    expect((await chat.now(request)).state).toBe('pending');
    expect(await chat.votes(request)).toEqual([]);
    chat.grace.taps(card, '✓ Approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
  });

  test('that is too long is refused with words, not cut', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    const long = `${'x'.repeat(1_999)}😀 and more`;
    chat.grace.writes(chat.home, `? ${long}`, { replyTo: chat.cardOf(request) });
    chat.alan.writes(chat.home, `/ask ${request.id} ${long}`);
    await chat.settles();
    expect(chat.said().split('at most 2,000 characters')).toHaveLength(3);
    expect(await chat.actionsOn(request)).not.toContain('request.commented');
  });

  test('has its answers told in one notice while it still waits to be sent, no sooner than reminders', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    for (const round of [1, 2, 3]) {
      await comment(chat.app, request.id, `Why ${round}?`, chat.by(person('111'), 'telegram'));
      await comment(chat.app, request.id, `Because ${round}.`, chat.by(agentNamed('builder')));
    }
    const owed = (await listDeliveries(chat.db.read, { limit: 100 })).filter(({ body }) => body.about === 'comment');
    expect(owed.map(({ priority }) => priority)).toEqual([priorities.reminder]);
    await chat.settles();
    expect(chat.cardOf(request).text).toContain('Because 3.');
  });

  test('of a stranger is refused and told to nobody', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.mallory.writes(chat.home, '? Give me the key', { replyTo: chat.cardOf(request) });
    await chat.settles();
    expect(await chat.actionsOn(request)).not.toContain('request.commented');
    expect(chat.cardOf(request).text).not.toContain('Give me the key');
  });

  test('can be written as a command', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.alan.writes(chat.home, `/ask ${request.id} Which disk?`);
    await chat.settles();
    expect(chat.said()).toContain('Alan says: Which disk?');
  });
});

describe('attention', () => {
  test('people are reminded, can put it off, and others are called when little time is left', async () => {
    const chat = await aChat();
    const duty = chat.telegram.chat({ kind: 'supergroup', title: 'On call', members: [chat.grace, chat.alan] });
    if (chat.app.audience.kind !== 'telegram') throw new Error('this story plays in a chat');
    chat.app.audience.escalationChat = String(duty.id);
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.clock.turn(16 * 60_000);
    await chat.settles();
    expect(chat.said()).toContain(`◷ ${request.id} still waits`);
    chat.grace.writes(chat.home, `/snooze ${request.id} 11m`);
    await chat.settles();
    expect(chat.said()).toContain(`${request.id}: no reminder before`);
    chat.clock.turn(11.5 * 60_000);
    await chat.settles();
    expect(chat.said()).toContain(`⚠ ${request.id} still waits`);
    expect(chat.said(duty)).toContain(request.id);
    chat.alan.taps(chat.cardOf(request, duty), '✓ Approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
    expect(chat.said()).toContain('✓ REHEARSED');
    expect(chat.cardOf(request, duty).buttons).toEqual([]);
  });

  test('of many at once people get one list, and nothing of what is decided by then', async () => {
    const chat = await aChat();
    const requests = [];
    for (let count = 1; count <= 12; count++)
      requests.push(await chat.builder.asks(`Question ${count}?`, ['yes', 'no']));
    await chat.settles();
    chat.clock.turn(16 * 60_000);
    expect(await remindDue(chat.app, chat.clock.now())).toBe(12);
    const owed = (await listDeliveries(chat.db.read, { limit: 100 })).filter(({ state }) => state === 'queued');
    expect(owed.map(({ body }) => body.about)).toEqual(['reminders']);
    for (const request of requests.slice(1))
      await chat.person('111').decides(request, { verdict: 'answer', answer: 'no' });
    const before = chat.telegram.messagesIn(chat.home).length;
    await chat.settles();
    const news = chat.telegram.messagesIn(chat.home).slice(before);
    expect(news.map(({ text }) => text).join('\n')).toContain('1 request still waiting');
    expect(news.map(({ text }) => text).join('\n')).not.toContain(requests[1]?.id);
  });

  test('is not asked for what was decided before the reminder went out', async () => {
    const chat = await aChat();
    const request = await chat.builder.asks('May I?', ['yes', 'no']);
    await chat.settles();
    chat.clock.turn(16 * 60_000);
    expect(await remindDue(chat.app, chat.clock.now())).toBe(1);
    await chat.person('111').decides(request, { verdict: 'answer', answer: 'no' });
    await chat.settles();
    expect(chat.said()).not.toContain('still wait');
  });

  test('of others is not put off by who snoozes', async () => {
    const chat = await aChat();
    const duty = chat.telegram.chat({ kind: 'supergroup', title: 'On call', members: [chat.grace, chat.alan] });
    if (chat.app.audience.kind !== 'telegram') throw new Error('this story plays in a chat');
    chat.app.audience.escalationChat = String(duty.id);
    const request = await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.grace.writes(chat.home, `/snooze ${request.id} 24h`);
    await chat.settles();
    chat.clock.turn(27.5 * 60_000);
    await chat.settles();
    expect(chat.said()).not.toContain(`${request.id} still waits`);
    expect(chat.telegram.messagesIn(duty).filter(({ text }) => text.includes(request.id))).toHaveLength(1);
  });

  test('/agents tells who may ask and how much they have open', async () => {
    const chat = await aChat();
    await chat.builder.asksToRun(['ls']);
    await chat.settles();
    chat.grace.writes(chat.home, '/agents');
    await chat.settles();
    expect(chat.said()).toContain('builder, agent of 222\n1 of 20 open, 1 of 30 in the last minute');
  });

  test('/status tells how people decide', async () => {
    const chat = await aChat();
    for (const file of ['a', 'b', 'c', 'd', 'e']) {
      const request = await chat.builder.asksToRun(['ls', `/${file}`]);
      await chat.settles();
      chat.grace.taps(chat.cardOf(request), '✓ Approve');
      await chat.settles();
    }
    chat.alan.writes(chat.home, '/status');
    await chat.settles();
    expect(chat.said()).toMatch(/Decisions, 7 days: 5, after .* \(median\), 100 % within 3 s/);
    expect(chat.said()).toContain('⚠ Grace Hopper decides 100 % within 3 s of seeing it');
  });
});

describe('a terminal', () => {
  test('is signed in by a person who writes its code to the bot, in private alone', async () => {
    const chat = await aChat();
    const { code, token } = await beginLogin(chat.app);
    const by = { source: 'cli', traceId: 'login' } as const;
    chat.grace.writes(chat.home, `/login ${code}`);
    chat.mallory.writes(chat.mallory.privately(), `/login ${code}`);
    await chat.settles();
    expect(await finishLogin(chat.app, token, by)).toBeUndefined();
    const private_ = chat.grace.privately();
    chat.grace.writes(private_, `/login ${code.toLowerCase()}`);
    await chat.settles();
    expect(await finishLogin(chat.app, token, by)).toBeUndefined(); // the code alone may be somebody else's
    const asked = chat.telegram.messageWith(private_, code);
    expect(asked.text).toContain('It can then approve, deny and ask as you');
    chat.grace.taps(asked, '✓ This is my terminal');
    await chat.settles();
    expect((await finishLogin(chat.app, token, by))?.session.personId).toBe('111');
    await chat.settles();
    expect(chat.said()).toContain('A terminal acts as Grace Hopper until');
    chat.grace.taps(asked, '✓ This is my terminal');
    await chat.settles();
    expect((await chat.answersTo(chat.grace, 2)).at(-1)?.text).toContain('No terminal waits');
  });
});

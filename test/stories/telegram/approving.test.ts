import { describe, expect, test } from 'vitest';
import { aChat } from './a-chat.ts';

describe('a request in the approvers’ chat', () => {
  test('is approved by a tap, carried out once, and its card says so', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.settles();
    expect(await chat.answersTo(chat.grace)).toEqual([{ text: 'Approved.', isAlert: false }]);
    expect((await chat.now(request)).state).toBe('executed');
    expect(await chat.votes(request)).toEqual([['111', 'approve', 'telegram']]);
    const card = chat.cardOf(request);
    expect(card.buttons).toEqual([]);
    expect(card.text).toContain('Grace Hopper');
    expect(await chat.actionsOn(request)).toEqual([
      'request.submitted',
      'request.shown',
      'decision.recorded',
      'request.approved',
      'permit.issued',
      'permit.taken',
      'execution.finished',
    ]);
  });

  test('is denied with a chip', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.alan.taps(chat.cardOf(request), '✕ Deny');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    chat.alan.taps(chat.cardOf(request), '✕ Too risky');
    await chat.settles();
    expect(await chat.now(request)).toMatchObject({ state: 'denied', endCode: 'too_risky' });
    expect((await chat.answersTo(chat.alan, 2)).at(-1)).toEqual({
      text: 'Denied. Nothing will be done.',
      isAlert: false,
    });
    expect(chat.cardOf(request).buttons).toEqual([]);
  });

  test('is denied by a reply, in the person’s own words', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['rm', '-rf', 'build']);
    await chat.settles();
    chat.grace.writes(chat.home, 'Deny  the build is needed until Friday', { replyTo: chat.cardOf(request) });
    await chat.settles();
    expect(await chat.now(request)).toMatchObject({
      state: 'denied',
      endCode: 'other',
      endText: 'the build is needed until Friday',
    });
    expect(chat.cardOf(request).text).toContain('the build is needed until Friday');
  });

  test('tells who tapped second who had decided', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    const card = chat.cardOf(request);
    chat.grace.taps(card, '✓ Approve');
    await chat.settles();
    chat.alan.tapsOld(card, '✕ Deny');
    chat.grace.tapsOld(card, '✓ Approve');
    await chat.settles();
    const [told] = await chat.answersTo(chat.alan);
    expect(told).toMatchObject({ isAlert: true, text: expect.stringMatching(/by Grace Hopper/) });
    expect((await chat.answersTo(chat.grace, 2)).at(-1)?.text).toBe('You already approved this.');
    expect(await chat.votes(request)).toEqual([['111', 'approve', 'telegram']]);
  });

  test('has exactly one outcome when two people tap in the same instant', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    chat.alan.taps(chat.cardOf(request), '✓ Approve');
    await chat.settles();
    expect(await chat.votes(request)).toEqual([['111', 'approve', 'telegram']]);
    expect((await chat.actionsOn(request)).filter((action) => action === 'permit.taken')).toHaveLength(1);
    expect((await chat.answersTo(chat.alan))[0]?.text).toContain('Grace Hopper');
  });

  test('of a high tier is confirmed by the one who tapped, and by nobody else', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['bash', '-c', 'make deploy']);
    expect(request.tier).toBe('high');
    await chat.settles();
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.round();
    await chat.round();
    chat.alan.taps(chat.cardOf(request), '✓ Confirm');
    await chat.round();
    expect((await chat.answersTo(chat.alan))[0]).toEqual({
      isAlert: true,
      text: 'Somebody else pressed Approve. Press Back, then Approve yourself.',
    });
    expect((await chat.now(request)).state).toBe('pending');
    chat.grace.taps(chat.cardOf(request), '✓ Confirm');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
  });

  test('decided in the console shows it here too, and the other way round', async () => {
    const chat = await aChat();
    const here = await chat.builder.asksToRun(['echo', 'here']);
    const there = await chat.builder.asksToRun(['echo', 'there']);
    await chat.settles();
    await chat.person('222').approves(there);
    chat.grace.taps(chat.cardOf(there), '✕ Deny');
    await chat.settles();
    expect((await chat.answersTo(chat.grace))[0]).toMatchObject({
      isAlert: true,
      text: expect.stringContaining('222'),
    });
    expect(chat.cardOf(there).buttons).toEqual([]);
    chat.grace.taps(chat.cardOf(here), '✓ Approve');
    await chat.settles();
    expect((await chat.now(here)).state).toBe('executed');
    await expect(chat.person('222').denies(here)).rejects.toMatchObject({ extras: { reason: 'already_settled' } });
  });

  test('too long for a message arrives whole before Approve appears', async () => {
    const chat = await aChat();
    const script = Array.from({ length: 3_000 }, (_, line) => `line ${line}`)
      .join('\n')
      .slice(0, 30_000);
    const request = await chat.builder.asksToRun(['tee', 'out'], { command: { stdin: script } });
    await chat.round();
    chat.clock.turn(5_000);
    await chat.settles();
    const messages = chat.telegram.messagesIn(chat.home);
    const offering = messages.findIndex(({ buttons }) => buttons.flat().includes('✓ Approve'));
    const document = messages.findIndex((message) => message.document?.content.includes('line 2999'));
    expect(document).toBeGreaterThanOrEqual(0);
    expect(offering).toBeGreaterThan(document);
    expect((await chat.now(request)).shownAt).not.toBeNull();
  });
});

describe('a request named FAKE_ONREPLY_TEST_2026', () => {
  const asked = async (chat: Awaited<ReturnType<typeof aChat>>, argv = ['echo', 'FAKE_ONREPLY_TEST_2026']) =>
    chat.builder.asksToRun(argv, { title: 'FAKE_ONREPLY_TEST_2026', isTest: true });

  test('is approved by a reply that says exactly approve, and ends as a rehearsal', async () => {
    const chat = await aChat();
    const request = await asked(chat);
    await chat.settles();
    expect(chat.cardOf(request).text).toContain('TEST');
    chat.grace.writes(chat.home, 'Approve ', { replyTo: chat.cardOf(request) });
    await chat.settles();
    expect(await chat.now(request)).toMatchObject({ state: 'executed', isTest: true });
    expect(await chat.votes(request)).toEqual([['111', 'approve', 'telegram']]);
    expect(chat.cardOf(request).text).toMatch(/TEST[\s\S]*REHEARSAL/);
  });

  test.each([
    ['words around it', 'I approve'],
    ['a question', 'approve?'],
  ])('is not approved by %s', async (_, text) => {
    const chat = await aChat();
    const request = await asked(chat);
    await chat.settles();
    chat.grace.writes(chat.home, text, { replyTo: chat.cardOf(request) });
    chat.grace.writes(chat.home, 'approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    expect(await chat.votes(request)).toEqual([]);
  });

  test('is not approved by a reply that comes more than two minutes late, and says so', async () => {
    const chat = await aChat();
    const request = await asked(chat);
    await chat.settles();
    chat.grace.writes(chat.home, 'approve', { replyTo: chat.cardOf(request) });
    chat.clock.turn(121_000);
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    expect(chat.said()).toMatch(/more than (two|2) minutes/);
    expect(await chat.actionsOn(request)).toContain('decision.refused');
  });

  test('of a high tier is not approved by a reply, and says so', async () => {
    const chat = await aChat();
    const request = await asked(chat, ['bash', '-c', 'true']);
    await chat.settles();
    chat.grace.writes(chat.home, 'approve', { replyTo: chat.cardOf(request) });
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    expect(chat.said()).toContain('not approved by reply');
  });

  test('is not approved by a reply while not all of it has arrived', async () => {
    const chat = await aChat();
    const script = Array.from({ length: 900 }, (_, line) => `line ${line}`).join('\n');
    const request = await chat.builder.asksToRun(['tee', 'out'], { isTest: true, command: { stdin: script } });
    chat.telegram.faults.breakDown(
      { method: 'sendMessage', times: Number.POSITIVE_INFINITY, when: (sent) => 'reply_markup' in sent },
      500,
    );
    await chat.round();
    const [first] = chat.telegram.messagesIn(chat.home);
    if (!first) throw new Error('nothing arrived');
    chat.grace.writes(chat.home, 'approve', { replyTo: first });
    await chat.round();
    expect(await chat.now(request)).toMatchObject({ state: 'pending', shownAt: null });
    expect(await chat.actionsOn(request)).toContain('decision.refused');
    chat.telegram.faults.clear();
    await chat.settles();
    expect(chat.said()).toContain('Not all of this request has arrived');
  });
});

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;

describe.each(engines)('a secret on %s', (engine) => {
  test.each<[string, object]>([
    ['an argument', { command: { argv: ['echo', token] } }],
    ['a name of the environment', { command: { env: { [token]: '1' } } }],
    ['the environment', { command: { env: { GREETING: `x ${token}` } } }],
    ['a variable called a password', { command: { env: { DB_PASSWORD: token } } }],
    ['standard input', { command: { stdin: token } }],
    ['the directory', { command: { cwd: `/tmp/${token}` } }],
    ['the title', { title: token }],
    ['the reason', { reason: `it is ${token}` }],
    ['the name of the run', { agentRunId: token }],
  ])('in %s blocks the request and is kept nowhere: no column, no event, no card', async (_, more) => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo', 'hello'], more);
    await world.tick();
    expect(request).toMatchObject({ state: 'blocked', blockers: [{ code: 'secret_detected' }], effect: null });
    const kept = await world.everythingKept();
    expect(kept).not.toContain(token);
    expect(kept).toContain('⟨redacted: ');
  });

  test('in a question blocks it too', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asks(`Is ${token} right?`, ['yes', token]);
    expect(request.state).toBe('blocked');
    expect(await world.everythingKept()).not.toContain(token);
  });
});

describe('a secret', () => {
  test('that the look-up comes upon, in a real path or a first line, blocks the request and is kept nowhere', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    mkdirSync(join(world.cwd, token));
    symlinkSync(token, join(world.cwd, 'link'));
    writeFileSync(join(world.cwd, token, 'file'), 'x');
    world.writes('tool', `#!/bin/sh -x ${token}\n`, { executable: true });
    const requests = [
      await builder.asksToRun(['cat', 'link/file']),
      await builder.asksToRun(['echo'], { command: { cwd: join(world.cwd, 'link') } }),
      await builder.asksToRun(['link/file']),
      await builder.asksToRun(['tool']),
    ];
    await world.tick();
    for (const request of requests)
      expect(request).toMatchObject({ state: 'blocked', endCode: expect.stringMatching(/secret_detected|not_found/) });
    expect(requests[0]?.blockers).toMatchObject([
      { code: 'secret_detected', facts: { places: ['effect.files[0].path (github token)'] } },
    ]);
    expect(await world.everythingKept()).not.toContain(token);
  });

  test('in what is too long blocks it as well, in what is left of it', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['echo', 'x'.repeat(40_000), 'y'.repeat(40_000)], {
      title: token,
      command: { stdin: token },
    });
    expect(request.blockers.map(({ code }) => code)).toEqual(['payload_too_large', 'secret_detected']);
    expect(request.title).toBe('⟨redacted: github token⟩');
    expect(await world.everythingKept()).not.toContain(token);
  });

  test('leaves no digest of itself: two that differ only in it have the same', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const asks = (secret: string) =>
      builder.submits({ kind: 'question', question: { text: secret }, idempotencyKey: 'k' });
    const { request } = await asks(token);
    expect(await asks(`ghp_${'c3D4'.repeat(9)}`)).toMatchObject({ repeated: true, request: { id: request.id } });
  });

  test('may be an idempotency key, because only its digest is kept', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    await builder.submits({ kind: 'question', question: { text: '1?' }, idempotencyKey: token });
    expect(await world.everythingKept()).not.toContain(token);
  });

  test('of a shape that only the policy knows is found as well', async () => {
    const world = await aWorld({ policy: 'version: 1\nsecrets: [{ name: internal, pattern: "itk_[a-z]{8}" }]\n' });
    const request = await (await world.agent('builder')).asksToRun(['echo', 'itk_abcdefgh']);
    expect(request.blockers).toMatchObject([{ code: 'secret_detected' }]);
    expect(await world.everythingKept()).not.toContain('itk_abcdefgh');
  });

  test('is not kept for asking again', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    expect(await reasonOf(builder.asksAgain(await builder.asksToRun(['echo', token])))).toBe('payload_not_kept');
  });

  test('is not what an idempotency key looks like', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    for (const idempotencyKey of [
      'sk-proj-4fK29aLq8xT1mZ7pR3vB',
      '0'.repeat(200),
      `${'aB3'.repeat(14)}+/=`,
      '!~"\'\\',
    ]) {
      const input = { kind: 'question', question: { text: idempotencyKey.length.toString() }, idempotencyKey };
      expect((await builder.submits(input)).request.state).toBe('pending');
      expect((await builder.submits(input)).repeated).toBe(true);
    }
  });

  test('in the reason of a decision or a pause is redacted before it is kept', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').denies(request, 'other', `rotate ${token} first`);
    await world.person('local').pauses(`leaked ${token}`);
    await world.tick();
    expect((await world.now(request)).endText).toBe('rotate ⟨redacted: github token⟩ first');
    expect(await world.everythingKept()).not.toContain(token);
  });

  test('is refused as an answer: answers are kept for good', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asks('Which token?');
    expect(await reasonOf(world.person('local').answers(request, token))).toBe('secret_detected');
    expect((await world.now(request)).state).toBe('pending');
    expect(await world.everythingKept()).not.toContain(token);
  });
});

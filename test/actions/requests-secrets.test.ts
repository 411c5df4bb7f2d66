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

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { repairOf } from '../../../src/actions/changes/asking.ts';
import { lookAgain } from '../../../src/actions/changes/unknown.ts';
import { revokeCheckpoint } from '../../../src/actions/checkpoints.ts';
import { resolve } from '../../../src/actions/executions.ts';
import { verifyRequests } from '../../../src/cli/local/verify-requests.ts';
import { person } from '../../../src/core/access/actor.ts';
import { listIntents } from '../../../src/store/intents.ts';
import { getRequestAnswer } from '../../../src/views/requests.ts';
import { aLiveWorld, everything, type LiveWorld, outcomes } from './a-live-world.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };
const another = { ...issue, title: 'The tests are slow' };
const posts = (world: LiveWorld) => world.github.requests({ method: 'POST', path: /\/issues$/ });
const missingOf = async (world: LiveWorld, id: string) =>
  (await getRequestAnswer(world.viewer, id)).missing.map(({ code }) => code);
const operator = (world: LiveWorld) => world.by(person('local'));

/** A changeset that is begun and has to wait before it sends its first operation. */
async function waiting(world: LiveWorld, operations: object[] = [issue]) {
  world.github.fails({ method: 'POST', path: /\/issues$/, how: { limit: 'secondary', retryAfter: 10 } });
  const request = await world.writes(operations, { seconds: 1 });
  expect(request.state).toBe('executing');
  return request;
}
/** Does something after everything was looked at, right before the attempt is put on record. */
function betweenLookAndSend(world: LiveWorld, act: () => unknown): void {
  const { transport } = world.app.github;
  const real = transport.ownIssues.bind(transport);
  transport.ownIssues = async (...where) => {
    const found = await real(...where);
    transport.ownIssues = real;
    await act();
    return found;
  };
}

describe('what is sent is, byte for byte, what was approved', () => {
  test('so a mention that may not be made any more is neither sent nor changed', async () => {
    const world = await aLiveWorld();
    const request = await waiting(world, [{ ...issue, body: '@octocat, look at this.' }]);
    await world.loadsPolicy(everything.replace('      mentions: [octocat]\n', ''));
    world.clock.turn(10_000);
    await world.passes(3);
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'payload_invalid' });
    expect(world.github.created()).toEqual({});
  });

  test('so a ledger that holds another content sends nothing', async () => {
    const world = await aLiveWorld();
    const request = await waiting(world);
    const { intents } = world.db.t;
    await world.db.write(
      async (tx) =>
        void (await tx
          .update(intents)
          .set({ payloadHash: '0'.repeat(64) })
          .where(eq(intents.requestId, request.id))),
    );
    world.clock.turn(10_000);
    await world.passes(3);
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'intent_conflict' });
    expect(world.github.created()).toEqual({});
  });
});

describe('between the last look and the send', () => {
  test.each<[string, (world: LiveWorld) => unknown, string]>([
    ['a pause', (world) => world.person('local').pauses(), 'paused'],
    ['a revoked checkpoint', (world) => revokeCheckpoint(world.app, 1, operator(world)), 'checkpoint_revoked'],
    [
      'an edited checkpoint',
      (world) => writeFileSync(join(world.checkpoints, 'CHECKPOINT_1.md'), 'Looked at nothing.\n'),
      'checkpoint_changed',
    ],
    [
      'a disabled updater',
      (world) => Object.assign(world.app.github.settings, { updaterEnabled: false }),
      'updater_disabled',
    ],
  ])('%s holds the write up, and nothing moves', async (_, act, code) => {
    const world = await aLiveWorld();
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    await world.approves(request);
    betweenLookAndSend(world, () => act(world));
    await world.passes(4);
    expect(await world.now(request)).toMatchObject({ state: 'executing' });
    expect(await missingOf(world, request.id)).toEqual([code]);
    expect(await listIntents(world.db.read, request.id)).toMatchObject([{ state: 'recorded', attempts: 0 }]);
    expect(await world.actionsOn(request)).not.toContain('attempt.started');
    expect(posts(world)).toEqual([]);
  });

  test.each<[string, (world: LiveWorld) => unknown, string]>([
    [
      'a policy that does not allow it any more',
      (world) => world.loadsPolicy(everything.replace('issue.create, ', '')),
      'operation_denied',
    ],
    ['the end of its approval', (world) => world.clock.turn(30 * 86_400_000), 'approval_expired'],
    ['an approver who is none any more', (world) => world.appoints({ approvers: ['111111'] }), 'quorum_not_met'],
  ])('%s ends it, and nothing was sent', async (_, act, code) => {
    const world = await aLiveWorld();
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    await world.approves(request);
    betweenLookAndSend(world, () => act(world));
    await world.passes(4);
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: code });
    expect(posts(world)).toEqual([]);
  });

  test('a pause is over when people resume, and the write is sent once', async () => {
    const world = await aLiveWorld();
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    await world.approves(request);
    betweenLookAndSend(world, () => world.person('local').pauses());
    await world.passes(4);
    await world.person('local').resumes();
    world.clock.turn(60_000);
    await world.passes(3);
    expect(outcomes(await world.now(request))).toEqual(['done']);
    expect(posts(world)).toHaveLength(1);
  });
});

test('another repository under the name of the approved one is noticed before each send', async () => {
  const world = await aLiveWorld();
  const request = await waiting(world);
  world.repo.rename('old');
  world.github.addRepository('octo/app', { labels: ['bug', 'ready'] });
  world.clock.turn(10_000);
  await world.passes(3);
  expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'repo_identity_changed' });
  expect(world.github.created()).toEqual({});
});

describe('what was not started after a failure', () => {
  test('gives its key back, so that it can be proposed again', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: { status: 403 } });
    const failed = await world.writes([issue, another]);
    expect(failed).toMatchObject({ state: 'failed', endCode: 'permission_denied' });
    expect(outcomes(failed)).toEqual(['failed', 'not_started']);
    const ledger = await listIntents(world.db.read, failed.id);
    expect(ledger).toMatchObject([
      { state: 'rejected', heldKey: null },
      { state: 'rejected', heldKey: null, outcome: 'not_started' },
    ]);
    expect(outcomes(await world.writes([another]))).toEqual(['done']);
    expect(await verifyRequests(world.db, new Set([failed.id]), () => undefined)).toEqual([]);
  });
});

describe('what was made and is gone', () => {
  test('is made again by a changeset that people approve anew', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    const comment = { op: 'issue.comment.create', number: 1, body: 'Measured on Monday.' };
    await world.writes([comment]);
    expect(outcomes(await world.writes([comment]))).toEqual(['adopted']);
    world.repo.issue(1).comments.splice(0);
    expect(outcomes(await world.writes([comment]))).toEqual(['done']);
    expect(world.repo.issue(1).comments).toHaveLength(1);
  });
});

describe('a repair', () => {
  const comment = { op: 'issue.comment.create', number: '$a', body: 'Measured on Monday.' };
  const label = { op: 'issue.label.add', number: '$a', labels: ['ready'] };

  test('names what is not there any more, and proposes what puts it back, once', async () => {
    const world = await aLiveWorld();
    const done = await world.writes([{ ...issue, ref: 'a' }, comment, label]);
    expect(await repairOf(world.app, done.id, operator(world))).toEqual({ gone: [], changeset: null });

    world.repo.issue(1).comments.splice(0);
    world.repo.issue(1).labels.splice(1);
    const { gone, changeset } = await repairOf(world.app, done.id, operator(world));
    expect(gone.map(({ op, why }) => [op, why])).toEqual([
      ['issue.comment.create', 'nothing with its mark is there'],
      ['issue.label.add', 'it is not as it was left'],
    ]);
    expect(world.github.created()).toEqual({ issue: 1, issue_comment: 1 });
    expect(outcomes(await world.writes(changeset?.operations ?? []))).toEqual(['done', 'done']);
    const again = await repairOf(world.app, done.id, operator(world));
    expect(outcomes(await world.writes(again.changeset?.operations ?? []))).toEqual(['adopted']);
    expect(world.repo.items).toHaveLength(1);
    expect(world.repo.issue(1).comments).toHaveLength(1);
  });
});

describe('a write whose answer was lost', () => {
  async function lost(world: LiveWorld, operations: object[] = [issue]) {
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    const request = await world.writes(operations, { seconds: 100 });
    expect(request.state).toBe('unknown');
    return request;
  }

  test.each<[string, (world: LiveWorld) => unknown]>([
    ['cannot be looked at', (world) => world.github.fails({ method: 'GET', how: { status: 403 }, times: 9 })],
    ['is refused', (world) => world.github.fails({ method: 'POST', path: /\/issues$/, how: { status: 403 } })],
    ['rests on a policy that forbids it', (world) => world.loadsPolicy(everything.replace('issue.create, ', ''))],
  ])('and that %s when it is sent again is as unknown as before', async (_, act) => {
    const world = await aLiveWorld();
    const request = await lost(world);
    await act(world);
    await resolve(world.app, request.id, { verdict: 'resend', reason: 'It is not there.' }, operator(world));
    await world.passes(3);
    expect((await world.now(request)).state).toBe('unknown');
    const [intent] = await listIntents(world.db.read, request.id);
    expect(intent).toMatchObject({ state: 'unknown', blocker: { code: 'outcome_unknown' } });
    expect(intent?.heldKey).not.toBeNull();
    expect(await missingOf(world, request.id)).toEqual(['outcome_unknown']);
    expect(await verifyRequests(world.db, new Set([request.id]), () => undefined)).toEqual([]);
  });

  test('stays unknown when a person has Gaia look and GitHub refuses', async () => {
    const world = await aLiveWorld();
    const request = await lost(world);
    world.github.fails({ method: 'GET', how: { status: 403 }, times: 9 });
    await expect(lookAgain(world.app, request.id, operator(world))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await world.now(request)).state).toBe('unknown');
  });

  test('is there under the number that a person names, and later changesets go on from it', async () => {
    const world = await aLiveWorld();
    const request = await lost(world, [{ ...issue, ref: 'a' }, another]);
    world.repo.addIssue({ title: 'Made by hand', body: '', by: 'octocat' });
    const found = { verdict: 'executed' as const, reason: 'I made it by hand.', number: 1 };
    await resolve(world.app, request.id, found, operator(world));
    const ended = await world.now(request);
    expect(ended).toMatchObject({ state: 'failed', endCode: 'partly_done' });
    expect(ended.outcome?.operations).toMatchObject([
      { outcome: 'adopted', written: { number: 1 } },
      { outcome: 'not_started' },
    ]);
    const comment = { op: 'issue.comment.create', number: '$a', body: 'Measured on Monday.' };
    expect(outcomes(await world.writes([{ ...issue, ref: 'a' }, comment]))).toEqual(['adopted', 'done']);
    expect(world.repo.issue(1).comments).toHaveLength(1);
  });

  test('is there without a number: what rests on it is not started', async () => {
    const world = await aLiveWorld();
    const request = await lost(world);
    await resolve(world.app, request.id, { verdict: 'executed', reason: 'It is there.' }, operator(world));
    const comment = { op: 'issue.comment.create', number: '$a', body: 'Measured on Monday.' };
    const later = await world.writes([{ ...issue, ref: 'a' }, comment]);
    expect(later).toMatchObject({ state: 'failed', endCode: 'partly_done' });
    expect(later.outcome?.operations).toMatchObject([{ outcome: 'adopted' }, { code: 'intent_missing' }]);
    expect(world.github.created()).toEqual({});
  });
});

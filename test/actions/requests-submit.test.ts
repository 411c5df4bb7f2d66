import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { submitRequest } from '../../src/actions/requests.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

describe.each(engines)('a request on %s', (engine) => {
  test('is stored pending, with its digests, its event and its card', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder', { owner: 'local' });
    const request = await builder.asksToRun(['echo', 'hello'], { title: 'Greet', reason: 'Because.' });

    expect(await world.now(request)).toEqual(request);
    expect(request).toMatchObject({
      state: 'pending',
      version: 1,
      askedBy: 'agent:builder',
      ownerId: 'local',
      title: 'Greet',
      reason: 'Because.',
      tier: 'normal',
      mode: 'dry_run',
      blockers: [],
      createdAt: world.clock.now(),
      expiresAt: world.clock.now() + 30 * 60_000,
      shownAt: null,
      endedAt: null,
    });
    expect(request.id).toMatch(/^r-[0-9A-Z]{6}$/);
    expect(await world.actionsOn(request)).toEqual(['request.submitted']);
    expect(await world.deliveries()).toMatchObject([
      { kind: 'card', state: 'queued', subject: `request:${request.id}` },
    ]);
  });

  test('that does not parse is refused by the names of its faults, and nothing is stored', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const before = await world.everythingKept();
    const { code, extras } = await refusalOf(
      builder.submits({ kind: 'command', approvedBy: 'me', command: { argv: ['', 'a\0'], cwd: 'here' } }),
    );
    expect(code).toBe('invalid');
    expect(new Set(extras.faults?.map(({ field }) => field))).toEqual(
      new Set(['command.argv[0]', 'command.argv[1]', 'command.cwd', 'approvedBy']),
    );
    expect(await world.everythingKept()).toBe(before);
  });

  test('on behalf of a key without the scope is refused, and nothing is stored', async () => {
    const world = await aWorld({ engine });
    const asker = { ...(await world.agent('builder')).asker(), scopes: ['submit:question' as const] };
    const input = { kind: 'command', command: { argv: ['echo'], cwd: world.cwd } };
    expect(await reasonOf(submitRequest(world.app, input, asker))).toBe('scope_missing');
    expect(await world.allEvents()).toEqual([]);
  });
});

describe('a request that may not proceed', () => {
  test('is stored as blocked, an end, with its reason and its card', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['no-such-program']);
    expect(request).toMatchObject({
      state: 'blocked',
      blockers: [{ code: 'executable_not_found', phase: 'submit' }],
      endCode: 'executable_not_found',
      endedAt: world.clock.now(),
      digest: null,
    });
    expect(await world.actionsOn(request)).toEqual(['request.blocked']);
    expect(await reasonOf(world.person('local').approvesUnseen(request))).toBe('already_settled');
  });

  test('says everything that blocks it at once', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['no-such-program'], {
      command: { cwd: '/no/such/place', mode: 'real' },
    });
    expect(request.blockers.map(({ code }) => code)).toEqual([
      'cwd_not_found',
      'executable_not_found',
      'execution_disabled',
    ]);
  });

  test('is one of mode real: this Gaia only rehearses, and says so', async () => {
    const mode = 'real';
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['echo'], { command: { mode } });
    expect(request).toMatchObject({ state: 'blocked', mode, blockers: [{ code: 'execution_disabled' }] });
    expect(request.blockers[0]?.remedy).toMatch(/dry_run/);
  });

  test('is not one of mode real that is a test: it is a rehearsal anyway', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['echo'], {
      isTest: true,
      command: { mode: 'real' },
    });
    expect(request).toMatchObject({ state: 'pending', mode: 'dry_run', isTest: true });
  });

  test('is one that the policy denies, with the rule’s own words', async () => {
    const world = await aWorld({
      policy:
        'version: 1\nrules:\n  - name: never echo\n    match: { argv: ["echo", "*"] }\n    deny: "Echoing is over."\n',
    });
    const request = await (await world.agent('builder')).asksToRun(['echo', 'hello']);
    expect(request).toMatchObject({
      state: 'blocked',
      digest: null,
      blockers: [{ code: 'policy_denied', message: 'Echoing is over.', facts: { rule: 'never echo' } }],
    });
  });

  test('is one that nobody could ever approve', async () => {
    const world = await aWorld({
      approvers: ['111'],
      policy: 'version: 1\nrules:\n  - name: two eyes\n    match: { kind: command }\n    tier: critical\n',
    });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    expect(request).toMatchObject({ state: 'blocked', blockers: [{ code: 'too_few_approvers' }] });
    expect(request.blockers[0]?.message).toContain('1 more approval');
  });

  test('is one over 64 KiB, counted in bytes; what was too long is not kept', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const fits = await builder.asksToRun(['echo', 'x'.repeat(65_536 - 4)]);
    expect(fits.state).toBe('pending');
    const request = await builder.asksToRun(['echo', 'ä'.repeat(33_000)], { command: { stdin: 'marker-7' } });
    expect(request).toMatchObject({
      state: 'blocked',
      blockers: [{ code: 'payload_too_large', facts: { bytes: 66_012 } }],
    });
    const kept = await world.everythingKept();
    expect(kept).not.toContain('ääää');
    expect(kept).not.toContain('marker-7');
  });
});

describe('an effect digest', () => {
  const digestOf = ({ state, effectDigest }: Request) => {
    expect(state).toBe('pending');
    return effectDigest;
  };

  test.each<[string, object]>([
    ['an argument', { command: { argv: ['tool', 'other'] } }],
    ['the environment', { command: { env: { A: '1' } } }],
    ['standard input', { command: { stdin: 'y' } }],
    ['the time-out', { command: { timeoutSeconds: 5 } }],
    ['being a test', { isTest: true }],
  ])('changes with %s', async (_, more) => {
    const world = await aWorld();
    world.writes('tool', '#!/bin/true\n', { executable: true });
    const builder = await world.agent('builder');
    expect(digestOf(await builder.asksToRun(['tool', 'a'], more))).not.toBe(
      digestOf(await builder.asksToRun(['tool', 'a'])),
    );
  });

  test('does not change with title, reason, or what the asker calls its run', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const one = await builder.asksToRun(['echo'], { title: 'a', reason: 'b', agentRunId: 'c', ttlSeconds: 60 });
    expect(digestOf(await builder.asksToRun(['echo']))).toBe(one.effectDigest);
  });

  test('changes with the content of the program, of a file it names, and with the directory behind the path', async () => {
    const world = await aWorld();
    world.writes('tool', '#!/bin/true\n', { executable: true });
    world.writes('list.txt', 'one\n');
    const builder = await world.agent('builder');
    const asks = async () => digestOf(await builder.asksToRun(['tool', 'list.txt']));
    const digests = [await asks()];
    world.writes('list.txt', 'two\n');
    digests.push(await asks());
    world.writes('tool', '#!/bin/false\n', { executable: true });
    digests.push(await asks());
    renameSync(world.cwd, `${world.cwd}-old`);
    mkdirSync(world.cwd);
    world.writes('list.txt', 'two\n');
    digests.push(await asks());
    expect(new Set(digests).size).toBe(4);
  });

  test('is the same for two agents and in two tiers, while the request digests differ', async () => {
    const world = await aWorld({ approvers: ['111', '222'] });
    const one = await (await world.agent('one')).asksToRun(['echo']);
    const two = await (await world.agent('two')).asksToRun(['echo']);
    const owned = await (await world.agent('three', { owner: '111' })).asksToRun(['echo']);
    await world.loadsPolicy('version: 1\nrules:\n  - name: careful\n    match: { kind: command }\n    tier: high\n');
    const high = await (await world.agent('four')).asksToRun(['echo']);
    expect(new Set([one, two, owned, high].map((each) => each.effectDigest)).size).toBe(1);
    expect(new Set([one, two, owned, high].map((each) => each.digest)).size).toBe(4);
  });

  test('binds what the policy says to bind', async () => {
    const world = await aWorld({ policy: 'version: 1\nbind: ["Makefile"]\n' });
    const builder = await world.agent('builder');
    world.writes('Makefile', 'all:\n');
    const before = await builder.asksToRun(['echo']);
    world.writes('Makefile', 'all: evil\n');
    const after = await builder.asksToRun(['echo']);
    expect(digestOf(after)).not.toBe(digestOf(before));
  });
});

describe('what cannot be looked up', () => {
  test('leaves nothing behind but the blocked request', async () => {
    const world = await aWorld();
    const path = world.writes('locked', '#!/bin/true\n', { executable: true });
    chmodSync(path, 0o644);
    rmSync(join(world.cwd), { recursive: true });
    const request = await (await world.agent('builder')).asksToRun(['locked']);
    expect(request.state).toBe('blocked');
    expect(request.effect).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import { loseUnwatched } from '../../src/actions/executions.ts';
import { pause, requireAcceptance } from '../../src/actions/pauses.ts';
import { begin } from '../../src/actions/starts.ts';
import { person } from '../../src/core/access/actor.ts';
import type { Request } from '../../src/core/approval/request.ts';
import type { ResolvedCommand } from '../../src/core/command/command.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld, type World, type WorldOptions } from '../support/world.ts';

/** A world that starts commands, in which `echo hello` was approved. */
async function approved(of: WorldOptions = {}, argv = ['echo', 'hello'], more: object = {}) {
  const world = await aWorld({ approvers: ['111', '222'], executes: true, ...of });
  const builder = await world.agent('builder');
  const request = await builder.asksToRun(argv, more);
  await world.person('111').approves(request);
  return { world, builder, request };
}

/** The same, and it runs. */
async function running(of: WorldOptions = {}) {
  const found = await approved(of);
  await found.world.tick();
  return found;
}

const stateOf = async (world: World, request: Request) => (await world.now(request)).state;

describe.each(engines)('an approved command on %s', (engine) => {
  test('is started once, after its start is recorded and the log is sealed', async () => {
    const { world, request } = await running({ engine });
    expect(world.executes.runs.map(({ id, command }) => [id, command.argv])).toEqual([[request.id, ['echo', 'hello']]]);
    expect(await stateOf(world, request)).toBe('executing');
    expect(world.seals()).toBe(1);
    await world.tick();
    await begin(world.app, request.id);
    expect(world.executes.runs).toHaveLength(1);
    expect(await world.actionsOn(request)).toEqual(expect.arrayContaining(['permit.taken', 'execution.started']));
  });

  test('is started by one of two Gaias that begin at once, and what the other took in hand is let go', async () => {
    const { world, request } = await approved({ engine });
    const other = alsoOn(world, await world.store.again());
    await Promise.all(Array.from({ length: 6 }, (_, n) => begin(n % 2 ? other : world.app, request.id)));
    expect(world.executes.runs).toHaveLength(1);
    expect(world.executes.held()).toEqual([]);
  });

  test('is executed when it ends with exit code 0, with its output on record', async () => {
    const { world, request } = await running({ engine });
    world.executes.ends(request.id, { stdout: 'hello\n', durationMs: 12 });
    await world.tick();
    expect(await world.now(request)).toMatchObject({
      state: 'executed',
      endCode: 'done',
      outcome: { dryRun: false, exitCode: 0, stdout: 'hello\n', durationMs: 12 },
    });
    expect(world.executes.onDisk()).toEqual([]);
    const finished = (await world.eventsOf(request)).find(({ action }) => action === 'execution.finished');
    expect(JSON.stringify(finished)).not.toContain('hello\\n'); // the log keeps the digest of the output, not the output
  });

  test.each([
    ['another exit code', { exitCode: 3 }, 'exit_code'],
    ['a signal', { exitCode: null, signal: 'SIGSEGV' }, 'signal'],
    ['its time-out', { how: 'timed_out' as const, exitCode: null, signal: 'SIGKILL' }, 'timed_out'],
    ['a stop', { how: 'stopped' as const, exitCode: 143 }, 'stopped'],
    ['a failed start', { how: 'not_startable' as const, exitCode: null, error: 'ETXTBSY' }, 'not_startable'],
  ])('is failed after %s', async (_, how, code) => {
    const { world, request } = await running({ engine });
    world.executes.ends(request.id, how);
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: code });
  });

  test('whose supervisor is gone is unknown: open, told to people, and never tried again', async () => {
    const { world, request } = await running({ engine });
    world.executes.losesItsSupervisor(request.id);
    await world.tick();
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'unknown', endedAt: null });
    expect(world.lines.join('\n')).toContain(`Nobody knows what became of ${request.id}`);
    expect(world.executes.runs).toHaveLength(1);
  });

  test('that is unknown is recalled once a day, until an operator says what became of it', async () => {
    const { world, request } = await running({ engine });
    world.executes.losesItsSupervisor(request.id);
    await world.tick();
    const told = () => world.lines.filter((line) => line.includes('Nobody knows')).length;
    world.clock.turn(23 * 3_600_000);
    await world.tick();
    expect(told()).toBe(1);
    world.clock.turn(3_600_000);
    await world.tick();
    expect(told()).toBe(2);
    await world.person('111').resolves(request, 'failed', 'nothing was deployed');
    world.clock.turn(48 * 3_600_000);
    await world.tick();
    expect(told()).toBe(2);
    expect(await world.now(request)).toMatchObject({
      state: 'failed',
      endCode: 'resolved',
      endText: 'nothing was deployed',
    });
  });

  test('that is unknown takes the outcome that turns up after all', async () => {
    const { world, request } = await running({ engine });
    world.executes.losesItsSupervisor(request.id);
    await world.tick();
    world.executes.ends(request.id);
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'executed', endCode: 'done' });
  });

  test('starts while an equal one runs only after it has ended', async () => {
    const { world, builder, request } = await running({ engine });
    const second = await builder.asksToRun(['echo', 'hello']);
    await world.person('111').approves(second);
    await world.tick();
    expect(await stateOf(world, second)).toBe('approved');
    expect(world.executes.held()).toEqual([]);
    world.executes.ends(request.id);
    await world.tick();
    await world.tick();
    expect(await stateOf(world, second)).toBe('executing');
  });

  test('waits for its turn when four run already', async () => {
    const world = await aWorld({ engine, approvers: ['111'], executes: true });
    const builder = await world.agent('builder');
    const requests: Request[] = [];
    for (const n of ['1', '2', '3', '4', '5']) {
      requests.push(await builder.asksToRun(['echo', n]));
      world.clock.turn(1_000);
      await world.person('111').approves(requests.at(-1) as Request);
    }
    await world.tick();
    expect(await Promise.all(requests.map((each) => stateOf(world, each)))).toEqual([
      ...Array(4).fill('executing'),
      'approved',
    ]);
    world.executes.ends((requests[1] as Request).id);
    await world.tick();
    await world.tick();
    expect(await stateOf(world, requests[4] as Request)).toBe('executing');
  });
});

describe('an approved command', () => {
  test('is stale when what it is bound to differs as it is taken in hand, and nothing of it runs', async () => {
    const { world, request } = await approved();
    world.executes.findsChanged('The script deploy.sh is another one than was approved.');
    await world.tick();
    expect(await world.now(request)).toMatchObject({
      state: 'stale',
      endCode: 'effect_changed',
      endText: 'The script deploy.sh is another one than was approved.',
    });
    expect(world.executes.runs).toEqual([]);
  });

  test('is stale when this Gaia only rehearses by now', async () => {
    const { world, request } = await approved();
    Object.assign(world.app.execution as object, { isEnabled: false });
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'mode_changed' });
    expect(world.executes.runs).toEqual([]);
  });

  test('is stale when it was approved as a rehearsal and commands are started by now', async () => {
    const { world, request } = await approved({ executes: false });
    world.app.execution = {
      isEnabled: true,
      executor: world.executes.executor,
      readSecret: async () => undefined,
      seal: async () => undefined,
    };
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'mode_changed' });
    expect(world.executes.runs).toEqual([]);
  });

  test('that is a test is rehearsed, also where commands are started', async () => {
    const { world, request } = await approved({}, ['echo', 'FAKE_ONREPLY_TEST_2026'], { isTest: true });
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'executed', outcome: { dryRun: true } });
    expect(world.executes.runs).toEqual([]);
  });

  test('whose supervisor cannot be started is failed, and says why', async () => {
    const { world, request } = await approved();
    world.executes.breaksOnce('before_latch', new Error('spawn EAGAIN'));
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'not_startable' });
    expect(world.executes.runs).toEqual([]);
  });

  test('whose supervisor began although its start seemed to fail runs on', async () => {
    const { world, request } = await approved();
    world.executes.breaksOnce('after_latch', new Error('the pipe broke'));
    await world.tick();
    expect(await stateOf(world, request)).toBe('executing');
    world.executes.ends(request.id);
    await world.tick();
    expect(await stateOf(world, request)).toBe('executed');
  });

  test('that was recorded as started when Gaia died before its supervisor began never starts', async () => {
    const { world, request } = await approved();
    world.executes.breaksOnce('before_latch', new Error('killed'));
    const { executor } = world.executes;
    const claim = executor.claim;
    executor.claim = async () => {
      throw new Error('killed');
    };
    await expect(begin(world.app, request.id)).rejects.toThrow('killed');
    executor.claim = claim;
    world.executes.crash();
    expect(await stateOf(world, request)).toBe('executing');
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'not_startable' });
    expect(world.executes.runs).toEqual([]);
  });

  test('that was taken in hand when Gaia died before its start was recorded leaves nothing and starts later', async () => {
    const { world, request } = await approved();
    await world.executes.executor.hold(request.id, (request.effect as unknown as { command: ResolvedCommand }).command);
    world.executes.crash();
    await world.tick();
    expect(await stateOf(world, request)).toBe('executing');
    expect(world.executes.runs).toHaveLength(1);
  });

  test('gets the secrets its environment names, which stand nowhere else', async () => {
    const policy = 'version: 1\nsecrets: [{ name: NPM_TOKEN, file: /etc/npm-token }]\n';
    const { world, request } = await approved(
      { policy, secretFiles: { '/etc/npm-token': 'v3ry-s3cret-value' } },
      ['echo', 'publish'],
      { command: { env: { NPM_TOKEN: 'secret:NPM_TOKEN' } } },
    );
    await world.tick();
    expect(world.executes.runs[0]).toMatchObject({
      command: { env: { NPM_TOKEN: 'secret:NPM_TOKEN' } },
      handover: { secrets: { NPM_TOKEN: 'v3ry-s3cret-value' } },
    });
    expect(await stateOf(world, request)).toBe('executing');
    expect(await world.everythingKept()).not.toContain('v3ry-s3cret-value');
  });

  test('whose secret cannot be read is failed before anything runs', async () => {
    const policy = 'version: 1\nsecrets: [{ name: NPM_TOKEN, file: /etc/npm-token }]\n';
    const { world, request } = await approved({ policy }, ['echo', 'publish'], {
      command: { env: { NPM_TOKEN: 'secret:NPM_TOKEN' } },
    });
    await world.tick();
    expect(await world.now(request)).toMatchObject({
      state: 'failed',
      endCode: 'not_startable',
      endText: 'The secret NPM_TOKEN could not be read from its file.',
    });
    expect(world.executes.runs).toEqual([]);
  });
});

describe('a submitted command', () => {
  test.each([
    ['a secret the policy does not name', 'secret_unknown', 'secrets: []', 'secret:T', 'real'],
    ['what is no name of a secret', 'secret_unknown', 'secrets: []', 'secret:lower', 'real'],
    [
      'a secret for other agents',
      'secret_not_allowed',
      'secrets: [{ name: T, file: /t, agents: ["ci-*"] }]',
      'secret:T',
      'real',
    ],
    ['a secret, and its agent runs it', 'secret_not_allowed', 'secrets: [{ name: T, file: /t }]', 'secret:T', 'client'],
  ])('is blocked when it names %s', async (_, code, secrets, value, mode) => {
    const world = await aWorld({ policy: `version: 1\n${secrets}\n`, executes: true });
    const command = { env: { T: value }, mode };
    const request = await (await world.agent('builder')).asksToRun(['echo'], { command });
    expect(request).toMatchObject({ state: 'blocked', blockers: [{ code }] });
  });

  test('is blocked where its directory would open what is Gaia’s own', async () => {
    const world = await aWorld({ executes: true });
    world.executes.findsFault('/srv/gaia would open /srv/gaia, which is Gaia’s own');
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    expect(request).toMatchObject({ state: 'blocked', blockers: [{ code: 'sandbox_unavailable' }] });
  });

  test('shows what it runs in, as the policy says, and another sandbox is another effect', async () => {
    const policy = `version: 1
exec: { profiles: { net: { network: true } } }
rules: [{ name: it needs the network, match: { argv: [curl] }, tier: normal, sandbox: net }]
`;
    const world = await aWorld({ policy, approvers: ['111'], executes: true });
    world.writes('curl', '#!/bin/true\n', { executable: true });
    const builder = await world.agent('builder');
    const request = await builder.asksToRun(['curl']);
    expect(request.effect).toMatchObject({ command: { mode: 'real', sandbox: { profile: 'net', network: true } } });
    expect((await builder.asksToRun(['echo'])).effect).toMatchObject({
      command: { sandbox: { profile: 'default', network: false, writable: ['.'] } },
    });
    await world.person('111').approves(request);
    await world.person('111').confirms(request);
    await world.loadsPolicy(policy.replace('network: true', 'network: true, writable: [/var/cache]'));
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'effect_changed' });
  });
});

describe('a running command', () => {
  test('is stopped when an operator asks, and asked again until it has ended', async () => {
    const { world, request } = await running();
    await world.person('111').stops(request);
    await world.tick();
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(2);
    expect(await stateOf(world, request)).toBe('executing');
    world.executes.ends(request.id, { how: 'stopped', exitCode: null, signal: 'SIGTERM' });
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'stopped' });
    expect((await world.actionsOn(request)).filter((action) => action === 'execution.stopping')).toHaveLength(1);
  });

  test('is stopped by an operator alone', async () => {
    const { world, request } = await running();
    await expect(world.person('222').stops(request)).rejects.toThrow('Only an operator');
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(0);
  });

  test('goes on while Gaia is paused, and is ended by a pause that says so', async () => {
    const { world, request } = await running();
    await world.person('111').pauses();
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(0);
    await pause(world.app, { reason: null, kill: true }, world.by(person('111')));
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(1);
  });

  test('is not withdrawn, resolved or decided any more', async () => {
    const { world, builder, request } = await running();
    await expect(builder.withdraws(request)).rejects.toThrow('executing');
    await expect(world.person('111').resolves(request, 'executed')).rejects.toThrow('only an unknown outcome');
    await expect(world.person('222').denies(request)).rejects.toThrow('already executing');
  });

  test('that a person said had failed, and that runs after all, is ended', async () => {
    const { world, request } = await running();
    world.executes.losesItsSupervisor(request.id);
    await world.tick();
    await world.person('111').resolves(request, 'failed');
    await world.tick();
    expect(world.executes.onDisk()).toEqual([]);
  });

  test('that is unknown and turns out to run is ended by a stop', async () => {
    const { world, request } = await running();
    await world.clock.turn(11 * 60_000); // nobody looked after it
    const { executor } = world.executes;
    const look = executor.look;
    executor.look = async () => {
      throw new Error('this Gaia is away');
    };
    await loseUnwatched(world.app, world.clock.now());
    expect(await stateOf(world, request)).toBe('unknown');
    executor.look = look;
    await world.person('111').stops(request);
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(1);
    world.executes.ends(request.id, { how: 'stopped', exitCode: 143 });
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'stopped' });
  });

  test('that is looked after is never given up, however long it takes', async () => {
    const { world, request } = await running();
    for (let hour = 0; hour < 30; hour++) {
      world.clock.turn(9 * 60_000);
      await world.tick();
    }
    expect(await stateOf(world, request)).toBe('executing');
  });

  test('whose files were taken away is unknown, not said to have never started', async () => {
    const { world, request } = await running();
    world.executes.loses(request.id);
    await world.tick();
    expect(await stateOf(world, request)).toBe('unknown');
    expect(world.executes.runs).toHaveLength(1);
  });
});

describe('what an execution left on disk', () => {
  test('is left alone where no record knows it: it may be the only proof', async () => {
    const world = await aWorld({ executes: true });
    const held = await world.executes.executor.hold('r-FOREIGN', {} as ResolvedCommand);
    await world.executes.executor.start(held, { secrets: {}, patterns: [] });
    await world.tick();
    expect(world.executes.stops('r-FOREIGN')).toBe(0);
    expect(world.leftAlone()).toEqual(['r-FOREIGN']);
    world.executes.ends('r-FOREIGN');
    await world.tick();
    expect(world.executes.onDisk()).toEqual(['r-FOREIGN']);
  });

  test('is removed where it never began', async () => {
    const world = await aWorld({ executes: true });
    await world.executes.executor.hold('r-NEVER', {} as ResolvedCommand);
    world.executes.crash();
    await world.tick();
    expect(world.executes.onDisk()).toEqual([]);
  });

  test('is not touched while an operator has yet to accept the store', async () => {
    const world = await aWorld({ executes: true });
    await world.executes.executor.hold('r-NEVER', {} as ResolvedCommand);
    await requireAcceptance(world.app, 'it was put back', world.by('gaia'));
    await world.tick();
    expect(world.executes.onDisk()).toEqual(['r-NEVER']);
  });
});

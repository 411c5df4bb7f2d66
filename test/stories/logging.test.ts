import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/actions/decisions.ts';
import { createKey, revokeKey, rotateKey } from '../../src/actions/keys.ts';
import { pause, requireAcceptance, resume } from '../../src/actions/pauses.ts';
import { loadPolicy } from '../../src/actions/policies.ts';
import { submitRequest } from '../../src/actions/requests.ts';
import { sealLog } from '../../src/actions/seals.ts';
import { createSignInLink, signIn, signOut } from '../../src/actions/sessions.ts';
import { withdrawRequest } from '../../src/actions/withdrawals.ts';
import type { By } from '../../src/core/access/actor.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { chain, genesisHash } from '../../src/core/audit/event.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World, withABrokenLog } from '../support/world.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const asked = { kind: 'question', question: { text: 'One more?' } };

interface Stage {
  world: World;
  /** a pending question and a pending command of the agent builder, both seen by the person local */
  question: Request;
  command: Request;
}
async function aStage(engine: (typeof engines)[number]): Promise<Stage> {
  const world = await aWorld({ engine });
  const builder = await world.agent('builder');
  const question = await builder.asks('May I?');
  const command = await builder.asksToRun(['echo']);
  for (const request of [question, command]) await world.person('local').sees(request);
  return { world, question, command };
}

/** Every audited act, by whoever does it, and the events it leaves. `by` gives the actor a trace. */
const acts: Record<
  string,
  { act: (stage: Stage, by: (actor: By['actor']) => By) => Promise<unknown>; events: string[] }
> = {
  asking: {
    act: ({ world }, by) => submitRequest(world.app, asked, { by: by(agentNamed('builder')), ownerId: null }),
    events: ['request.submitted agent:builder'],
  },
  'asking for what is blocked': {
    act: ({ world }, by) =>
      submitRequest(
        world.app,
        { kind: 'command', command: { argv: ['no-such'], cwd: world.cwd } },
        { by: by(agentNamed('builder')), ownerId: null },
      ),
    events: ['request.blocked agent:builder'],
  },
  'asking for the same': {
    act: ({ world }, by) =>
      submitRequest(
        world.app,
        { kind: 'question', question: { text: 'May I?' } },
        { by: by(agentNamed('builder')), ownerId: null },
      ),
    events: ['request.joined agent:builder'],
  },
  withdrawing: {
    act: ({ world, question }, by) => withdrawRequest(world.app, question.id, by(agentNamed('builder'))),
    events: ['request.withdrawn agent:builder'],
  },
  approving: {
    act: ({ world, command }, by) =>
      decide(
        world.app,
        { requestId: command.id, personId: 'local', verdict: 'approve', digest: command.digest as string },
        by(person('local')),
      ),
    events: ['decision.recorded person:local', 'request.approved person:local', 'permit.issued person:local'],
  },
  denying: {
    act: ({ world, command }, by) =>
      decide(
        world.app,
        { requestId: command.id, personId: 'local', verdict: 'deny', digest: command.digest as string },
        by(person('local')),
      ),
    events: ['decision.recorded person:local', 'request.denied person:local'],
  },
  answering: {
    act: ({ world, question }, by) =>
      decide(
        world.app,
        {
          requestId: question.id,
          personId: 'local',
          verdict: 'answer',
          answer: 'yes',
          digest: question.digest as string,
        },
        by(person('local')),
      ),
    events: ['decision.recorded person:local', 'request.answered person:local'],
  },
  pausing: {
    act: async ({ world }, by) => pause(world.app, { reason: null }, by('admin')),
    events: ['system.paused admin'],
  },
  'making a key': {
    act: ({ world }, by) => createKey(world.app, { name: 'new' }, by('admin')),
    events: ['key.created admin'],
  },
  'loading a policy': {
    act: ({ world }, by) => loadPolicy(world.app, 'version: 1\nbind: ["Makefile"]\n', by('admin')),
    events: ['policy.loaded admin'],
  },
  sealing: { act: ({ world }, by) => sealLog(world.app, privateKey, by('admin')), events: ['log.sealed admin'] },
  'finding a restored store': {
    act: ({ world }, by) => requireAcceptance(world.app, 'Older.', by('gaia')),
    events: ['store.restored gaia'],
  },
};

describe('the log', () => {
  test.each(Object.keys(acts))('keeps what comes of %s: these events and no others', async (name) => {
    const { act, events } = acts[name] as (typeof acts)[string];
    const stage = await aStage('sqlite');
    const before = (await stage.world.allEvents()).length;
    await act(stage, (actor) => stage.world.by(actor));
    const added = (await stage.world.allEvents()).slice(before);
    expect(added.map(({ action, actor }) => `${action} ${actor}`)).toEqual(events);
    expect(new Set(added.map(({ traceId }) => traceId)).size).toBe(1);
  });
});

describe.each(engines)('the log on %s', (engine) => {
  test.each(Object.keys(acts))(
    'is part of %s: where its event cannot be written, nothing has changed',
    async (name) => {
      const { act } = acts[name] as (typeof acts)[string];
      const stage = await aStage(engine);
      const before = await stage.world.everythingKept();
      const inForce = stage.world.app.inForce.digest;
      stage.world.app.db = withABrokenLog(stage.world.db);
      await expect(act(stage, (actor) => stage.world.by(actor))).rejects.toThrow('log.insert_event');
      expect(await stage.world.everythingKept()).toBe(before);
      expect(stage.world.app.inForce.digest).toBe(inForce);
    },
  );

  test('keeps the life of keys and sessions', async () => {
    const world = await aWorld({ engine });
    const { key } = await createKey(world.app, { name: 'builder' }, world.admin);
    await rotateKey(world.app, key.id, world.admin);
    await revokeKey(world.app, key.id, world.admin);
    const { session } = await signIn(world.app, (await createSignInLink(world.app, 'local')).token, {
      source: 'console',
      traceId: 't',
    });
    await signOut(world.app, session, world.by(person('local')));
    await pause(world.app, { reason: null }, world.admin);
    await resume(world.app, {}, world.admin);
    expect((await world.allEvents()).map(({ action }) => action)).toEqual([
      'key.created',
      'key.created',
      'key.rotated',
      'key.revoked',
      'session.opened',
      'session.closed',
      'system.paused',
      'system.resumed',
    ]);
  });

  test('is one chain without gaps, also when many write at once', async () => {
    const world = await aWorld({ engine });
    const agents = await Promise.all(Array.from({ length: 8 }, (_, n) => world.agent(`agent-${n}`)));
    await Promise.all(agents.map((agent) => agent.asks('1?')));
    let head = { seq: 0, hash: genesisHash, at: 0 };
    for (const event of await world.allEvents()) {
      const link = chain(
        head,
        { ...event, source: event.source as By['source'], detail: JSON.parse(event.detail as string) },
        event.at,
      );
      expect(link.event.hash).toBe(event.hash);
      head = link.head;
    }
    expect(head.seq).toBe(8);
  });
});

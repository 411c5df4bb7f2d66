import { describe, expect, test } from 'vitest';
import { explainSubmission } from '../../src/actions/explanations.ts';
import { loadPolicy, readPolicy } from '../../src/actions/policies.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

const careful = 'version: 1\nrules:\n  - name: careful\n    match: { kind: command }\n    tier: high\n';

describe.each(engines)('a policy on %s', (engine) => {
  test('is put in force with an event and a notice of what changed', async () => {
    const world = await aWorld({ engine });
    await world.loadsPolicy('');
    const { changes } = await world.loadsPolicy(careful);
    expect(changes).not.toEqual([]);
    const [first, second] = await world.allEvents();
    expect(first).toMatchObject({ action: 'policy.loaded' });
    expect(JSON.parse(second?.detail as string)).toMatchObject({
      before: readPolicy('').digest,
      digest: readPolicy(careful).digest,
      changes,
    });
    await world.tick();
    expect(world.lines.join('\n')).toContain('careful');
    expect(await world.deliveries()).toHaveLength(1);
  });

  test('loaded again is no news', async () => {
    const world = await aWorld({ engine });
    await world.loadsPolicy(careful);
    expect(await world.loadsPolicy(careful)).toEqual({ changes: [] });
    expect(await world.allEvents()).toHaveLength(1);
  });

  test('with faults is refused with all of them by line; the one before stays in force', async () => {
    const world = await aWorld({ engine });
    await world.loadsPolicy(careful);
    const faulty = 'version: 1\nrules:\n  - name: a\n    tier: highest\n  - match: {}\n    tier: high\ncolour: red\n';
    const { message, extras } = await refusalOf(loadPolicy(world.app, faulty, world.admin));
    expect(extras.reason).toBe('policy_invalid');
    expect(message).toMatch(/^The policy has \d+ faults\.$/);
    expect(extras.faults?.every(({ field }) => /^line \d+:\d+ /.test(field))).toBe(true);
    expect(new Set(extras.faults?.map(({ field }) => field.split(':')[0]))).toEqual(
      new Set(['line 4', 'line 3', 'line 5', 'line 7']),
    );
    expect(world.app.inForce.digest).toBe(readPolicy(careful).digest);
    expect((await (await world.agent('builder')).asksToRun(['echo'])).tier).toBe('high');
    expect((await world.allEvents()).filter(({ action }) => action === 'policy.loaded')).toHaveLength(1);
  });
});

describe('an explanation', () => {
  const command = (world: Awaited<ReturnType<typeof aWorld>>, argv: string[]) => ({
    kind: 'command',
    command: { argv, cwd: world.cwd },
  });

  test('says which rules take part and what they come to; nothing is stored', async () => {
    const world = await aWorld({ policy: careful });
    const asker = (await world.agent('builder')).asker();
    const events = (await world.allEvents()).length;
    const explained = await explainSubmission(world.app, command(world, ['echo']), asker);
    expect(explained).toMatchObject({ verdict: 'ask', blockers: [] });
    expect(explained.sentence).toMatchInlineSnapshot(
      `"Tier high: 1 approval, confirmed by a second act, because careful; a person decides on every request."`,
    );
    expect(explained.rules.find(({ rule }) => rule === 'careful')).toMatchObject({ matched: true });
    expect(await world.allEvents()).toHaveLength(events);
    expect(await world.db.read.select().from(world.db.t.requests)).toEqual([]);
  });

  test('of what is denied or blocked says so', async () => {
    const world = await aWorld({ policy: careful.replace('tier: high', 'deny: "Never."') });
    const asker = (await world.agent('builder')).asker();
    expect(await explainSubmission(world.app, command(world, ['echo']), asker)).toMatchObject({
      verdict: 'deny',
      sentence: 'Denied by “careful”: Never.',
    });
    expect(await explainSubmission(world.app, command(world, ['no-such-program']), asker)).toMatchObject({
      verdict: 'blocked',
      blockers: [{ code: 'executable_not_found' }],
    });
  });

  test('is not given of what does not parse', async () => {
    const world = await aWorld();
    const asker = (await world.agent('builder')).asker();
    expect(await reasonOf(explainSubmission(world.app, { kind: 'act' }, asker))).toBe('invalid_input');
  });
});

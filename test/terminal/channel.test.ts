import { describe, expect, test } from 'vitest';
import { requireAcceptance } from '../../src/actions/pauses.ts';
import { terminalChannel } from '../../src/terminal/channel.ts';
import { getRequestAnswer } from '../../src/views/requests.ts';
import { refusalOf } from '../support/refusal.ts';
import { aWorld, type World } from '../support/world.ts';

/** What the terminal shows, with ids that do not change. */
const shown = (world: World): string =>
  world.lines
    .join('\n')
    .replaceAll(world.bin, 'BIN')
    .replaceAll(/r-[0-9A-Z]{6}/g, 'r-ID');

describe('the terminal', () => {
  test('tells the life of requests in lines that can be read', async () => {
    const world = await aWorld({
      approvers: ['111', '222'],
      policy: 'version: 1\ntiers: { normal: { approvals: 2 } }\n',
    });
    const builder = await world.agent('builder');
    const twice = await builder.asksToRun(['make', 'deploy', 'to here'], { isTest: true });
    const denied = await builder.asksToRun(['rm', '-rf', 'build']);
    const question = await builder.asks('Which branch shall I take?', ['main', 'next']);
    const gone = await builder.asks('Are you there?');
    await builder.asksToRun(['no-such-program']);
    await world.tick();
    await world.person('111').approves(twice);
    await world.tick();
    await world.person('222').approves(twice);
    await world.person('111').denies(denied, 'wrong_target', 'That is the other build.');
    await world.person('222').answers(question, 'next');
    await builder.withdraws(gone);
    await world.tick();
    expect(shown(world)).toMatchInlineSnapshot(`
      "TEST r-ID: builder asks to run make deploy 'to here' (normal, 30 min left)
        http://gaia.test/requests/r-ID
      r-ID: builder asks to run rm -rf build (normal, 30 min left)
        http://gaia.test/requests/r-ID
      r-ID: builder asks “Which branch shall I take?” (normal, 30 min left)
        http://gaia.test/requests/r-ID
      r-ID: builder asks “Are you there?” (normal, 30 min left)
        http://gaia.test/requests/r-ID
      r-ID (builder) was blocked: no-such-program cannot be started: no file of that name in Gaia's PATH (BIN:/usr/bin:/bin).
      TEST r-ID (builder) was approved by 111; missing: 1 more approval
      TEST r-ID (builder) is approved by 111 and 222.
      r-ID (builder) is denied by 111 (wrong_target): That is the other build.
      r-ID (builder) is answered by 222: next
      r-ID (builder) is withdrawn.
      TEST r-ID (builder) is executed as a REHEARSAL: everything was looked up, nothing was started."
    `);
  });

  test('says why something ran out or went stale', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const [unseen, seen, unused] = [
      await builder.asks('1?'),
      await builder.asks('2?'),
      await builder.asksToRun(['echo']),
    ];
    world.writes('list.txt', 'one\n');
    const changed = await builder.asksToRun(['cat', 'list.txt']);
    await world.tick();
    world.lines.splice(0);
    await world.person('local').sees(seen);
    await world.person('local').approves(changed);
    world.writes('list.txt', 'two\n');
    await world.tick();
    await world.person('local').pauses();
    await world.person('local').approves(unused);
    await world.tick();
    world.clock.turn(15 * 60_000);
    await world.tick();
    world.clock.turn(15 * 60_000);
    await world.tick();
    expect(shown(world)).toMatchInlineSnapshot(`
      "r-ID (builder) is approved by local.
      r-ID (builder) is stale (effect_changed): Something it is made of changed after it was approved: the program, the directory, a file it names or what it runs in.
      r-ID (builder) is approved by local.
      Gaia was paused by local. Nothing new starts; decisions go on. To let it go on: gaia resume
      r-ID (builder) is expired (not_started): it was approved, but did not start in time.
      r-ID still waits for a decision, 15 min left: builder asks “1?”
        http://gaia.test/requests/r-ID
      r-ID still waits for a decision, 15 min left: builder asks “2?”
        http://gaia.test/requests/r-ID
      r-ID (builder) is expired (never_shown): nobody who may decide has seen it.
      r-ID (builder) is expired (not_decided): nobody decided in time."
    `);
    expect((await world.now(changed)).state).toBe('stale');
    expect((await world.now(unseen)).state).toBe('expired');
  });

  test('tells what concerns everybody', async () => {
    const world = await aWorld({ policy: 'version: 1\ncaps: { open: 1 }\n' });
    const builder = await world.agent('builder');
    await builder.asks('1?');
    await refusalOf(builder.asks('2?'));
    await world.loadsPolicy('version: 1\ncaps: { open: 1, perMinute: 5 }\n');
    await world.person('local').pauses('Lunch.');
    await world.person('local').resumes();
    await requireAcceptance(
      world.app,
      'The log ends at 3, but head.json has seen 9: an older copy was put back.',
      world.admin,
    );
    await world.tick();
    expect(shown(world)).toMatchInlineSnapshot(`
      "r-ID: builder asks “1?” (normal, 30 min left)
        http://gaia.test/requests/r-ID
      The agent builder reached its limit (1 open requests); more are refused for now.
      Another policy is in force, loaded by the admin key:
        Caps: perMinute 30 → 5.
      Gaia was paused by local (Lunch.). Nothing new starts; decisions go on. To let it go on: gaia resume
      Gaia was resumed by local.
      The log ends at 3, but head.json has seen 9: an older copy was put back. Nothing starts until an operator accepts it: gaia resume --accept-generation"
    `);
  });

  test('says what is true when it is written, not what was true when it was owed', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const request = await builder.asks('1?');
    await builder.withdraws(request);
    await world.tick();
    expect(shown(world)).toBe('r-ID: builder asked “1?”; it is withdrawn by now\nr-ID (builder) is withdrawn.');
  });

  test('cuts what is long, and says so; what hides is made visible', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    await builder.asksToRun(['echo', `a\u202eb\u001b[2J\n${'x'.repeat(300)}`]);
    await world.tick();
    const [line = ''] = world.lines;
    expect(line).toMatch(/… \(\d+ more characters on its page\)/);
    expect(line).not.toMatch(/[\u202e\u001b]/);
    expect(line.split('\n')).toHaveLength(2);
  });

  test('that cannot be written to is tried again', async () => {
    const world = await aWorld();
    await (await world.agent('builder')).asks('1?');
    const broken = terminalChannel({
      write: () => Promise.reject(new Error('EPIPE')),
      look: (id) => getRequestAnswer(world.viewer, id),
      findGrant: async () => undefined,
      now: world.clock.now,
    });
    await world.tick(broken);
    expect(await world.deliveries()).toMatchObject([{ state: 'retrying', error: 'EPIPE' }]);
  });
});

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Request } from '../../../src/core/approval/request.ts';
import type { LocalFake } from '../../../src/github/local-fake/transport.ts';
import { findRequest } from '../../../src/store/requests.ts';
import { aLiveWorld, outcomes } from '../../stories/github/a-live-world.ts';
import { aWorld, type World } from '../../support/world.ts';
import { served } from '../served.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };
const sha = 'a'.repeat(40);

const inFile = (world: World, changeset: object): string => {
  const file = join(world.cwd, 'change.json');
  writeFileSync(file, JSON.stringify(changeset));
  return file;
};
const idIn = (text: string): string => /\b[rg]-[0-9A-Z]{6}\b/.exec(text)?.[0] ?? 'none';
const stored = async (world: Pick<World, 'db'>, id: string): Promise<Request> =>
  (await findRequest(world.db.read, id)) as Request;
const passes = async (world: Pick<World, 'tick' | 'clock'>, seconds: number): Promise<void> => {
  for (let second = 0; second < seconds; second++) {
    await world.tick();
    world.clock.turn(1_000);
  }
};

describe('in the world of Gaia alone, gaia github', () => {
  test('preview shows what would be written and stores nothing; status says what live writes lack', async () => {
    const world = await aWorld();
    const { caller, operator } = await served(world);
    const agent = await caller('builder');
    const preview = await agent(['github', 'preview', inFile(world, { repo: 'local/demo', operations: [issue] })]);
    expect([preview.exit, preview.stderr]).toEqual([0, '']);
    expect(preview.stdout).toMatchInlineSnapshot(`
      "writes to    local/demo, in Gaia's own world: nothing leaves this machine
      operation 1  issue.create · a new issue
                   title:
                   + The build is slow
                   body:
                   + It takes 20 minutes.
                   labels:
                   + bug
                   → Gaia adds its signed mark below it, as a comment that pages do not show.
      Nothing is in the way of it but a decision.
      "
    `);

    const blocked = await agent([
      'github',
      'preview',
      inFile(world, { repo: 'local/demo', operations: [{ ...issue, body: 'Fixes #1' }] }),
    ]);
    expect(blocked.exit).toBe(6);
    expect(blocked.stdout).toContain('closing_keyword (operation 1, issue.create)');

    const status = await operator('github', 'status');
    expect(status.exit).toBe(0);
    expect(status.stdout).toMatchInlineSnapshot(`
      "transport     local_fake
      updater       not enabled
      may write to  nothing
      checkpoint    none
      live lacks    transport_disabled: GITHUB_TRANSPORT is local_fake: nothing leaves this machine.
                    → Set GITHUB_TRANSPORT=live (runbooks/github-live.md), then start Gaia again.
                    updater_disabled: ENABLE_REMOTE_UPDATER is not true: nothing is written to GitHub.
                    → Set ENABLE_REMOTE_UPDATER=true (runbooks/github-live.md), then start Gaia again.
                    checkpoint_missing: No CHECKPOINT_<n>.md lies in the data directory.
                    → Write one and have it approved: \`gaia github checkpoint create\`.
                    repo_not_allowed: No repository and no project is on the list of what this Gaia may write to.
                    → The administrator can add it to GITHUB_ALLOWED_REPOS or GITHUB_ALLOWED_PROJECTS.
      writes        none yet
      "
    `);
  });

  test('preview and request refuse what is no changeset, and say where', async () => {
    const world = await aWorld();
    const { caller } = await served(world);
    const agent = await caller('builder');
    const notJson = join(world.cwd, 'bad.json');
    writeFileSync(notJson, '{repo: local/demo}');
    for (const verb of [
      ['github', 'preview'],
      ['request', 'changeset'],
    ]) {
      const cases: [file: string, exit: number, says: string][] = [
        ['missing.json', 2, 'missing.json cannot be read (ENOENT)'],
        [notJson, 2, 'is not JSON'],
        [inFile(world, { repo: 'local/demo', operations: [issue, { op: 'pr.merge', number: 1 }] }), 2, 'never merges'],
      ];
      for (const [file, exit, says] of cases) {
        const refused = await agent([...verb, file]);
        expect([refused.exit, refused.stdout]).toEqual([exit, '']);
        expect(refused.stderr).toContain(says);
      }
    }
    const merge = await agent([
      'request',
      'changeset',
      inFile(world, { repo: 'local/demo', operations: [{ op: 'pr.merge' }] }),
    ]);
    expect(merge.stderr).toContain('operations[0].op');
  });

  test('publish says what is in the way, and is for operators', async () => {
    const world = await aWorld();
    const { caller, operator } = await served(world);
    const agent = await caller('builder');
    const asked = await agent(['request', 'changeset', inFile(world, { repo: 'local/demo', operations: [issue] })]);
    expect(asked.exit).toBe(0);
    const id = idIn(asked.stdout);

    const pending = await operator('github', 'publish', id);
    expect(pending.exit).toBe(6);
    expect(pending.stdout).toContain('approval_pending: It waits for a decision.');

    const byAgent = await agent(['github', 'publish', id]);
    expect(byAgent.exit).toBe(9);
    expect(byAgent.stderr).toContain('operator');

    await world.person('local').approves(await stored(world, id));
    const published = await operator('github', 'publish', id);
    expect([published.exit, published.stderr]).toEqual([0, '']);
    await passes(world, 3);
    const done = await agent(['show', id]);
    expect(done.stdout).toContain('✓ issue.create, a new issue: done local://github/local/demo/issues/1');

    const again = await operator('github', 'publish', id);
    expect(again.exit).toBe(6);
    expect(again.stdout).toContain('approval_used');

    expect((await operator('github', 'publish', 'r-000000')).stderr).toContain('no request');
    const question = await (await world.agent('asker')).asks('Now?');
    const wrong = await operator('github', 'publish', question.id);
    expect([wrong.exit, wrong.stderr]).toEqual([7, expect.stringContaining('is no changeset')]);
  });

  test('repair says that all of it is there, names what is gone, and proposes it again', async () => {
    const world = await aWorld();
    const { caller, operator } = await served(world);
    const agent = await caller('builder');
    const asked = await agent([
      'request',
      'changeset',
      inFile(world, {
        repo: 'local/demo',
        operations: [issue],
      }),
    ]);
    const id = idIn(asked.stdout);
    await world.person('local').approves(await stored(world, id));
    await passes(world, 3);
    const whole = await operator('github', 'repair', id);
    expect([whole.exit, whole.stdout]).toEqual([0, 'All of it is there.\n']);

    const labels = idIn(
      (
        await agent([
          'request',
          'changeset',
          inFile(world, {
            repo: 'local/demo',
            operations: [{ op: 'issue.label.add', number: 1, labels: ['question'] }],
          }),
        ])
      ).stdout,
    );
    await world.person('local').approves(await stored(world, labels));
    await passes(world, 3);
    await world.app.github.transport.write({
      op: 'issue.label.remove',
      target: 'local/demo',
      number: 1,
      labels: ['question'],
    });
    const gone = await operator('github', 'repair', labels);
    expect(gone.exit).toBe(1);
    expect(gone.stdout).toContain('issue.label.add, issue #1: it is not as it was left');
    expect(gone.stdout).toContain(`gaia github repair ${labels} --propose`);
    expect((await agent(['github', 'repair', labels])).exit).toBe(9);

    const proposed = await operator('github', 'repair', labels, '--propose');
    expect(proposed.exit).toBe(0);
    await world.person('local').approves(await stored(world, idIn(proposed.stdout)));
    await passes(world, 3);
    expect((await operator('github', 'repair', labels)).stdout).toBe('All of it is there.\n');
  });

  test('undo prints the changeset that takes back what was written, asks for it, and names what people must do', async () => {
    const world = await aWorld();
    const { caller, operator } = await served(world);
    const agent = await caller('builder');
    const writes = async (...operations: object[]) => {
      const { stdout } = await agent(['request', 'changeset', inFile(world, { repo: 'local/demo', operations })]);
      await world.person('local').approves(await stored(world, idIn(stdout)));
      await passes(world, 6);
      return idIn(stdout);
    };
    await writes({ ...issue, ref: 'a' }, { op: 'issue.label.add', number: '$a', labels: ['documentation'] });
    const id = await writes(
      { op: 'issue.comment.create', number: 1, body: 'Measured on Monday.' },
      { op: 'issue.label.add', number: 1, labels: ['question'] },
      { op: 'issue.update', number: 1, patch: [{ op: 'replace', path: '/title', value: 'Slower' }] },
    );
    const printed = await operator('github', 'undo', id);
    expect([printed.exit, printed.stderr]).toEqual([
      0,
      expect.stringMatching(/^By hand, on GitHub: issue\.comment\.create, a new comment on issue #1 local:\S+\n$/),
    ]);
    expect(JSON.parse(printed.stdout)).toEqual({
      repo: 'local/demo',
      operations: [
        { op: 'issue.update', number: 1, patch: [{ op: 'replace', path: '/title', value: 'The build is slow' }] },
        { op: 'issue.label.remove', number: 1, labels: ['question'] },
      ],
    });
    const asked = await operator('github', 'undo', id, '--propose');
    expect(asked.exit).toBe(0);
    await world.person('local').approves(await stored(world, idIn(asked.stdout)));
    await passes(world, 6);
    const fake = world.app.github.transport as LocalFake;
    expect(await fake.issue('local/demo', 1)).toMatchObject({
      title: 'The build is slow',
      labels: ['bug', 'documentation'],
    });

    const unchanged = await writes({ op: 'issue.label.add', number: 1, labels: ['bug'] });
    const nothing = await agent(['github', 'undo', unchanged]);
    expect([nothing.exit, nothing.stdout]).toEqual([1, 'There is nothing that Gaia could undo.\n']);
    const question = await (await world.agent('asker')).asks('Now?');
    expect((await operator('github', 'undo', question.id)).exit).toBe(7);
  });

  test('look and resolve refuse what is not unknown, and agents', async () => {
    const world = await aWorld();
    const { caller, operator } = await served(world);
    const agent = await caller('builder');
    const id = idIn(
      (await agent(['request', 'changeset', inFile(world, { repo: 'local/demo', operations: [issue] })])).stdout,
    );
    const look = await operator('github', 'look', id);
    expect(look.exit).toBe(7);
    expect(look.stderr).toContain('only a write whose outcome is unknown');
    expect((await operator('resolve', id, 'resend', '--reason', 'x')).exit).toBe(7);
    expect((await agent(['github', 'look', id])).exit).toBe(9);
  });
});

describe('a run and its gates by gaia github', () => {
  test('go from the start to the handoff by three keys, and each refusal says why', async () => {
    const world = await aWorld();
    const { caller } = await served(world);
    const builder = await caller('builder', { owner: 'local' });
    const tester = await caller('tester', { scopes: ['gate:verification'] });
    const reviewer = await caller('reviewer', { scopes: ['gate:internal_review'] });
    const start = ['github', 'run', 'start', '--repo', 'local/demo', '--head', 'gaia/a', '--base', 'main'];
    const started = await builder(start);
    expect(started.exit).toBe(0);
    expect(started.stderr).toContain('gaia github run verify g-');
    const run = idIn(started.stdout);

    const same = await builder([...start.slice(0, -1), 'gaia/a']);
    expect([same.exit, same.stderr]).toEqual([2, expect.stringContaining('same branch')]);
    expect((await tester(start)).stderr).toContain('may not start a GitHub run');
    writeFileSync(join(world.cwd, 'tests.xml'), '<ok/>');
    const passes = (gate: string, { at = sha, artifact = 'tests.xml' } = {}) => [
      ...['github', 'gate', 'record', run, gate, 'PASS', '--sha', at],
      ...['--artifact', artifact],
    ];
    const early = await tester(passes('verification'));
    expect([early.exit, early.stderr]).toEqual([7, expect.stringContaining('before it entered verification')]);

    expect((await builder(['github', 'run', 'verify', run, '--sha', 'abc'])).exit).toBe(2);
    const verified = await builder(['github', 'run', 'verify', run, '--sha', sha]);
    expect(verified.stdout).toContain(`${run}  verification, epoch 1`);

    expect((await builder(passes('verification'))).exit).toBe(9);
    const foreign = await reviewer(passes('verification'));
    expect([foreign.exit, foreign.stderr]).toEqual([9, expect.stringContaining('gate:verification')]);
    const other = await tester(passes('verification', { at: 'b'.repeat(40) }));
    expect([other.exit, other.stderr]).toEqual([7, expect.stringContaining('another commit')]);
    const none = await tester(passes('verification', { artifact: 'no.xml' }));
    expect([none.exit, none.stderr]).toEqual([2, expect.stringContaining('no.xml cannot be read (ENOENT)')]);
    const bare = await tester(['github', 'gate', 'record', run, 'verification', 'PASS', '--sha', sha]);
    expect([bare.exit, bare.stderr]).toEqual([2, expect.stringContaining('at least one file')]);
    expect((await tester(['github', 'gate', 'record', run, 'verification', 'MAYBE', '--sha', sha])).exit).toBe(2);

    const passed = await tester(passes('verification'));
    expect(passed.exit).toBe(0);
    const reviewed = await reviewer(passes('internal_review'));
    expect(reviewed.stdout.replaceAll(run, 'RUN').replaceAll(world.cwd, 'HERE')).toMatchInlineSnapshot(`
      "RUN  handoff_ready, epoch 1
      branches   gaia/a → main in local/demo
      commit     aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      workspace  HERE (remote origin)
      gates      verification: PASS, by agent:tester, HERE/tests.xml
                 internal_review: PASS, by agent:reviewer, HERE/tests.xml
      "
    `);
    expect((await builder(['github', 'run', 'status', run])).stdout).toBe(reviewed.stdout);

    const ended = await builder(['github', 'run', 'fail', run, '--reason', 'not needed any more']);
    expect(ended.stdout).toContain('because    not needed any more');
    const over = await builder(['github', 'run', 'verify', run, '--sha', sha]);
    expect([over.exit, over.stderr]).toEqual([7, expect.stringContaining('is failed and cannot be verified')]);
    expect((await builder(['github', 'run', 'status', 'g-000000'])).exit).toBe(1);
  });
});

describe('with a GitHub on loopback, gaia github', () => {
  test('checkpoint create, verify and revoke open and close live writes', async () => {
    const world = await aLiveWorld({ withoutCheckpoint: true });
    const { operator, caller } = await served(world);
    const agent = await caller('other');
    const verifies = () => operator('github', 'checkpoint', 'verify');
    const approved = async (text: string) => {
      await world.approves(await stored(world, idIn(text)));
      await world.tick();
    };
    const missing = await verifies();
    expect([missing.exit, missing.stdout]).toEqual([6, expect.stringContaining('checkpoint_missing')]);
    expect((await operator('github', 'checkpoint', 'create', '--again')).exit).toBe(7);

    const created = await operator('github', 'checkpoint', 'create');
    expect(created.exit).toBe(0);
    expect(created.stderr).toContain('CHECKPOINT_1.md');
    expect((await verifies()).stdout).toContain('was not approved by anyone');
    await approved(created.stdout);
    expect([(await verifies()).exit, (await verifies()).stdout]).toEqual([
      0,
      expect.stringContaining('as it lies there'),
    ]);
    expect(outcomes(await world.writes([issue]))).toEqual(['done']);

    appendFileSync(join(world.checkpoints, 'CHECKPOINT_1.md'), 'And this.\n');
    const changed = await verifies();
    expect([changed.exit, changed.stdout]).toEqual([6, expect.stringContaining('checkpoint_changed')]);
    const waiting = await world.writes([{ ...issue, title: 'Another' }]);
    expect(waiting.state).toBe('approved');
    await approved((await operator('github', 'checkpoint', 'create', '--again')).stdout);
    expect((await verifies()).exit).toBe(0);
    await world.passes(30);
    expect((await world.now(waiting)).state).toBe('executed');

    const byAgent = await agent(['github', 'checkpoint', 'revoke', '1']);
    expect([byAgent.exit, byAgent.stderr]).toEqual([9, expect.stringContaining('operator')]);
    const revoked = await operator('github', 'checkpoint', 'revoke', 'CHECKPOINT_1.md');
    expect([revoked.exit, revoked.stdout]).toEqual([0, expect.stringContaining('Checkpoint 1 is revoked')]);
    expect((await verifies()).stdout).toContain('checkpoint_revoked');
    const after = await world.writes([{ ...issue, title: 'A third' }], { seconds: 30 });
    expect(after.state).toBe('approved');
    expect(world.github.created()).toEqual({ issue: 2 });

    const twice = await operator('github', 'checkpoint', 'revoke', '1');
    expect([twice.exit, twice.stderr]).toEqual([1, expect.stringContaining('No approved checkpoint 1')]);
    expect((await operator('github', 'checkpoint', 'revoke', 'latest')).exit).toBe(2);
  });

  test('look finds nothing of a write that never arrived, and resolve has it sent once more', async () => {
    const world = await aLiveWorld();
    const { operator } = await served(world);
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    const lost = await world.writes([issue], { seconds: 100 });
    const status = await operator('github', 'status');
    expect(status.stdout).toContain('transport     live, at 127.0.0.1');
    expect(status.stdout).toMatch(new RegExp(`${lost.id} +1\\. issue\\.create +octo/app +unknown`));
    const look = await operator('github', 'look', lost.id);
    expect(look.exit).toBe(11);
    expect(look.stdout).toContain('Nothing of it was found.');
    expect(look.stdout).toContain(`gaia resolve ${lost.id} resend --reason`);
    const resent = await operator('resolve', lost.id, 'resend', '--reason', 'It is not there.');
    expect([resent.exit, resent.stderr]).toEqual([0, '']);
    await world.passes(5);
    expect((await world.now(lost)).state).toBe('executed');
    expect(world.github.created()).toEqual({ issue: 1 });
  });

  test('look adopts what is there after all, and resolve closes what a person did by hand', async () => {
    const world = await aLiveWorld();
    const { operator } = await served(world);
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_after' });
    const list = world.github.fails({ method: 'GET', path: /\/issues$/, how: 'stale_list', times: Infinity });
    const lost = await world.writes([issue], { seconds: 100 });
    expect(lost.state).toBe('unknown');
    list.end();
    const look = await operator('github', 'look', lost.id);
    expect([look.exit, look.stderr]).toEqual([0, '']);
    expect(look.stdout).toContain('It is there: nothing is sent again.');
    expect(world.github.created()).toEqual({ issue: 1 });

    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    const other = await world.writes([{ ...issue, title: 'Another' }], { seconds: 100 });
    const closed = await operator('resolve', other.id, 'failed', '--reason', 'It is not there.');
    expect([closed.exit, closed.stderr]).toEqual([0, '']);
    expect((await world.now(other)).state).toBe('failed');
    expect(world.github.created()).toEqual({ issue: 1 });
  });
});

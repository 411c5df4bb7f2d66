import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../src/actions/app.ts';
import type { Asker } from '../../src/actions/requests.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { sha256 } from '../../src/core/canonical.ts';
import { type Reach, unfailing } from '../../src/core/fail-point.ts';
import type { Database } from '../../src/store/database.ts';
import { openGitHub } from '../support/github/github.ts';
import { aClock, aGaia, openEngine, type Templates } from './fixture.ts';
import type { Gaia } from './gaia.ts';

/** Who approves, and operates too. */
export const writer = '111';
const policy = `
version: 1
github:
  repos:
    - repo: octo/app
      operations: [pr.create, pr.update, pr.request_reviewers, review_comment.create, issue.create, issue.update,
        issue.comment.create, issue.label.add, issue.label.remove, issue.link, commit_status.create]
      bases: [main]
      heads: ["gaia/*"]
      labels: [bug, ready]
      reviewers: [octocat]
      contexts: ["gaia/*"]
  projects:
    - project: octo/1
      operations: [project.item.add, project.draft_item.create, project.field.update]
      fields: { Status: [Todo, In Progress] }
`;
const branch = 'gaia/run-1';
const gone = new Error('the process is gone');
/** Steps of the clock, each longer than the one before, that outlast every approval. */
const stepsAtMost = 50;

export type AGitHubGaia = Awaited<ReturnType<typeof aGitHubGaia>>;

/** Gaia with everything enabled for live writes, its loop turned by hand, and a GitHub on loopback with people on it. */
export async function aGitHubGaia(gaia: Gaia, from: Templates) {
  const clock = aClock();
  const github = await openGitHub({ clock });
  const repo = github.addRepository('octo/app', { labels: ['bug', 'ready'] });
  github.addProject('octo');
  const token = github.token();
  const directory = mkdtempSync(join(tmpdir(), 'gaia-github-'));
  const [workspace, checkpoints] = [join(directory, 'workspace'), join(directory, 'checkpoints')];
  mkdirSync(join(workspace, '.git'), { recursive: true });
  writeFileSync(join(workspace, '.git', 'config'), `[remote "origin"]\n\turl = ${github.url}/octo/app.git\n`);
  writeFileSync(join(workspace, 'tests.xml'), '<ok/>');
  mkdirSync(checkpoints);
  writeFileSync(join(checkpoints, 'CHECKPOINT_1.md'), 'Looked at everything.\n');
  let deadline = 20_000;
  const side = () =>
    gaia.githubSide({
      transport: new gaia.Live({ apiUrl: github.url, credentials: { token }, now: clock.now, deadline }),
      settings: { mode: 'live', updaterEnabled: true, allowedRepos: ['octo/app'], allowedProjects: ['octo/1'] },
      markerSecret: 'of nobody else',
      checkpoints,
      texts: gaia.readTexts([]),
    });
  const world = await aGaia(gaia, from, { approvers: [writer], policy, clock, github: side() });
  const opened: Database[] = [];
  let app: App = world.app;
  let reach: Reach = unfailing;
  let away = 0;
  const named = async (name: string): Promise<Asker> => ({
    ...(await world.agent(name))(),
    scopes: ['submit:changeset', 'gate:verification', 'gate:internal_review'],
  });
  const builder = await named('builder');
  const asker = (): Asker => ({ ...builder, by: world.by(agentNamed('builder')) });
  const operator = () => world.by(person(writer), 'console');

  const live = {
    where: world.where,
    github,
    repo,
    clock,
    branch,
    get db() {
      return app.db;
    },
    now: async ({ id }: Request): Promise<Request> => (await gaia.findRequest(app.db.read, id)) as Request,
    async approves(request: Request): Promise<void> {
      await gaia.markShown(app, request.id, writer);
      const digest = request.digest as string;
      for (const confirm of request.demand?.confirm ? [false, true] : [false]) {
        const said = { requestId: request.id, personId: writer, digest, verdict: 'approve' as const };
        await gaia.decide(app, { ...said, ...(confirm && { confirm }) }, operator());
      }
    },
    proposes: async (changeset: object): Promise<Request> =>
      (await gaia.submitRequest(app, { kind: 'changeset', changeset }, asker())).request,
    tick: async (): Promise<number> => {
      await gaia.expireDue(app, clock.now());
      return gaia.publishDue(app, clock.now(), reach);
    },
    /** Turns the loop and the clock, ever faster, until only a person can go on, or for ever. */
    async settles(request: Request, between: () => Promise<void>): Promise<Request> {
      let step = 1_000;
      for (let steps = 0; steps < stepsAtMost; steps++) {
        try {
          await live.tick();
        } catch (error) {
          if (error !== gone) throw error;
          await live.restarts();
        }
        await between();
        const now = await live.now(request);
        if (now.endedAt !== null || now.state === 'unknown') return now;
        clock.turn(step);
        step = Math.ceil(step * 1.4);
      }
      throw new Error(`${request.id} is still ${(await live.now(request)).state}`);
    },
    lookAgain: ({ id }: Request) => gaia.lookAgain(app, id, operator()),
    resolve: ({ id }: Request, found: Parameters<Gaia['resolve']>[2]) => gaia.resolve(app, id, found, operator()),
    /** A run whose gates have passed, judged by others, for the head of its branch. */
    async aPassedRun(): Promise<string> {
      const headSha = repo.commit(branch, { 'src/a.ts': 'a' }).sha;
      const { id } = await gaia.startRun(app, { workspace, repo: 'octo/app', head: branch, base: 'main' }, asker());
      await gaia.verifyRun(app, id, { headSha }, asker());
      const verdict = { verdict: 'PASS', headSha, artifacts: [{ path: 'tests.xml', sha256: sha256('<ok/>') }] };
      for (const gate of ['verification', 'internal_review'])
        await gaia.recordGate(app, id, { gate, ...verdict }, await named(gate));
      return id;
    },
    /** From now on a call takes so many milliseconds at most. */
    hurries(ms: number): void {
      deadline = ms;
      app = { ...app, github: side() };
    },
    /** This process ends where it comes to a point so often, and the next one begins so many milliseconds later. */
    dies(point: string, nth: number, awayMs: number): void {
      let met = 0;
      away = awayMs;
      reach = (name) => {
        if (name === point) met += 1;
        if (met >= nth) throw gone;
      };
    },
    deaths: () => opened.length,
    /** Another process on the same store, as after kill -9: what was being sent is lost, and looked for. */
    async restarts(): Promise<void> {
      clock.turn(away);
      const db = await openEngine(gaia, 'sqlite', world.where, clock.now);
      opened.push(db);
      reach = unfailing;
      app = { ...world.app, db, github: side() };
      await gaia.recoverSends(app);
    },
    async close(): Promise<void> {
      await github.close();
      for (const db of opened) await db.close();
      await world.close();
    },
    async remove(): Promise<void> {
      rmSync(directory, { recursive: true });
      await world.remove();
    },
  };
  const { request } = await gaia.submitRequest(app, { kind: 'checkpoint', checkpoint: { number: 1 } }, asker());
  await live.approves(request);
  await live.tick();
  return live;
}

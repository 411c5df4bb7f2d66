import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Request } from '../../../src/core/approval/request.ts';
import type { Settings } from '../../../src/core/change/preconditions.ts';
import { Live } from '../../../src/github/live/transport.ts';
import { aGitHub } from '../../support/github/a-github.ts';
import type { RepositoryOptions } from '../../support/github/repository.ts';
import { aClock, type Clock } from '../../support/store.ts';
import { aWorld } from '../../support/world.ts';

/** Everything that the policy can allow on octo/app and on the first project of octo. */
export const everything = `
version: 1
github:
  repos:
    - repo: octo/app
      operations: [pr.create, pr.update, pr.ready_for_review, pr.request_reviewers, review_comment.create, review_comment.update,
        issue.create, issue.update, issue.comment.create, issue.comment.update, issue.label.add, issue.label.remove, issue.assign,
        issue.link, commit_status.create]
      bases: [main]
      heads: ["gaia/*"]
      labels: [bug, ready]
      reviewers: [octocat]
      assignees: [octocat]
      contexts: ["gaia/*"]
      mentions: [octocat]
  projects:
    - project: octo/1
      operations: [project.item.add, project.draft_item.create, project.draft_item.update, project.field.update]
      fields:
        Status: [Todo, In Progress]
        Notes:
`;

export interface LiveOptions {
  policy?: string;
  /** ENABLE_REMOTE_UPDATER */
  updaterEnabled?: boolean;
  allowedRepos?: string[];
  /** milliseconds one call may take */
  deadline?: number;
  repository?: RepositoryOptions;
  token?: Parameters<Awaited<ReturnType<typeof aGitHub>>['token']>[0];
  /** no checkpoint is approved at the start */
  withoutCheckpoint?: boolean;
}

export type LiveWorld = Awaited<ReturnType<typeof aLiveWorld>>;

/** A whole Gaia that writes for real to a GitHub on loopback, with everything allowed that can be. */
export async function aLiveWorld({
  policy = everything,
  updaterEnabled = true,
  allowedRepos = ['octo/app'],
  deadline = 2_000,
  withoutCheckpoint = false,
  repository,
  token,
}: LiveOptions = {}) {
  const clock = aClock();
  const github = await aGitHub({ clock });
  const repo = github.addRepository('octo/app', { labels: ['bug', 'ready'], ...repository });
  github.addProject('octo', { fields: { Notes: 'text' } });
  const world = await aWritingWorld({
    clock,
    policy,
    fullName: 'octo/app',
    url: github.url,
    token: github.token(token),
    deadline,
    settings: { updaterEnabled, allowedRepos, allowedProjects: ['octo/1'] },
    withoutCheckpoint,
  });
  return { ...world, github, repo };
}

interface WritingOptions {
  clock: Clock;
  policy: string;
  /** the repository of its changesets */
  fullName: string;
  /** the API's root; pages and Git are below it too */
  url: string;
  token: string;
  /** milliseconds one call may take */
  deadline: number;
  settings: Partial<Settings>;
  withoutCheckpoint?: boolean;
}

/** A whole Gaia that writes to the GitHub at an address, whoever made that. */
export async function aWritingWorld({
  clock,
  policy,
  fullName,
  url,
  token,
  deadline,
  settings,
  withoutCheckpoint = false,
}: WritingOptions) {
  const transport = new Live({ apiUrl: url, credentials: { token }, now: clock.now, deadline });
  const world = await aWorld({
    clock,
    policy,
    approvers: ['local', '111111'],
    operators: ['local'],
    github: { transport, settings },
  });
  const workspace = mkdtempSync(join(tmpdir(), 'gaia-workspace-'));
  mkdirSync(join(workspace, '.git'));
  writeFileSync(join(workspace, '.git', 'config'), `[remote "origin"]\n\turl = ${url}/${fullName}.git\n`);

  /** Lets seconds pass, and the loops look each second. */
  const passes = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await world.tick();
      clock.turn(1_000);
    }
  };
  const approves = async (request: Request) => {
    if (request.demand?.confirm) {
      await world.person('local').approves(request);
      await world.person('local').confirms(request);
    } else await world.person('local').approves(request);
  };
  const builder = await world.agent('builder');
  if (!withoutCheckpoint) {
    writeFileSync(join(world.checkpoints, 'CHECKPOINT_1.md'), 'Looked at everything.\n');
    const request = (await builder.submits({ kind: 'checkpoint', checkpoint: { number: 1 } })).request;
    await approves(request);
    await world.tick();
  }
  return {
    ...world,
    workspace,
    builder,
    passes,
    approves,
    /** proposes one changeset on its repository, approves it, and lets the loops run */
    async writes(
      operations: object[],
      { seconds = 8, runId, project }: { seconds?: number; runId?: string; project?: string } = {},
    ) {
      const request = await builder.proposes({
        ...(project ? { project } : { repo: fullName }),
        ...(runId && { runId }),
        operations,
      });
      if (request.state === 'pending') {
        await approves(request);
        await passes(seconds);
      }
      return world.now(request);
    },
  };
}

export const outcomes = ({ outcome }: Request): string[] => outcome?.operations?.map((one) => one.outcome) ?? [];

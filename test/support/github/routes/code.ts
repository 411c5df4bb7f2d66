import { mayPush } from '../access.ts';
import type { Commit } from '../git.ts';
import { forbidden, invalid, notFound, unprocessable } from '../github-error.ts';
import type { Repository, Status } from '../repository.ts';
import {
  apiBranch,
  apiCombinedStatus,
  apiCommit,
  apiComparison,
  apiRef,
  apiShortBranch,
  apiStatus,
} from '../shapes/commits.ts';
import { apiLabel, apiRepository } from '../shapes/repositories.ts';
import { type Context, made, ok, type Routes } from './route.ts';

/** GitHub keeps so many statuses of one context at one commit (REST: create a commit status). */
const statusesCap = 1_000;

/** The repository itself, its refs, commits and labels, and the statuses of commits. */
export const codeRoutes: Routes = {
  'GET /repos/{owner}/{repo}': {
    needs: [['metadata', 'read']],
    run: ({ urls, repository, token }) => ok(apiRepository(urls, repository, token?.account)),
  },
  'GET /repos/{owner}/{repo}/branches': {
    needs: [['contents', 'read']],
    run: ({ urls, repository, query, page }) => {
      const branches = [...repository.branches.values()].filter(
        ({ isProtected }) => !query.has('protected') || query.get('protected') === String(isProtected),
      );
      return page(branches, (branch) => apiShortBranch(urls, repository, branch));
    },
  },
  'GET /repos/{owner}/{repo}/branches/{branch}': {
    needs: [['contents', 'read']],
    run: ({ urls, repository, parameters }) => {
      const branch = repository.branches.get(parameters.branch ?? '');
      if (branch === undefined) throw notFound();
      return ok(apiBranch(urls, repository, branch));
    },
  },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': {
    needs: [['contents', 'read']],
    run: ({ urls, repository, parameters }) => {
      const branch = repository.branches.get((parameters.ref ?? '').replace(/^heads\//, ''));
      if (branch === undefined || !parameters.ref?.startsWith('heads/')) throw notFound();
      return ok(apiRef(urls, repository, branch));
    },
  },
  'GET /repos/{owner}/{repo}/commits': {
    needs: [['contents', 'read']],
    run: ({ urls, repository, query, page }) => {
      const from = commitOf(repository, query.get('sha') ?? repository.defaultBranch);
      if (from === undefined) throw notFound();
      return page(repository.graph.history(from.sha), (commit) => apiCommit(urls, repository, commit));
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}': {
    needs: [['contents', 'read']],
    run: ({ urls, repository, parameters }) => {
      const commit = commitOf(repository, parameters.ref ?? '');
      if (commit === undefined) throw unprocessable(`No commit found for SHA: ${parameters.ref}`);
      return ok(apiCommit(urls, repository, commit));
    },
  },
  'GET /repos/{owner}/{repo}/compare/{basehead}': { needs: [['contents', 'read']], run: compare },
  'GET /repos/{owner}/{repo}/labels': {
    needs: [
      ['issues', 'read'],
      ['pull_requests', 'read'],
    ],
    run: ({ urls, repository, page }) => page(repository.labels, (label) => apiLabel(urls, repository, label)),
  },
  'GET /repos/{owner}/{repo}/labels/{name}': {
    needs: [
      ['issues', 'read'],
      ['pull_requests', 'read'],
    ],
    run: ({ urls, repository, parameters }) => {
      const label = repository.findLabel(parameters.name ?? '');
      if (label === undefined) throw notFound();
      return ok(apiLabel(urls, repository, label));
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/status': {
    needs: [['statuses', 'read']],
    run: ({ urls, repository, parameters, page }) => {
      const commit = commitOf(repository, parameters.ref ?? '');
      if (commit === undefined) throw notFound();
      const newest = new Map<string, Status>();
      for (const status of statusesOf(repository, commit)) {
        const context = status.context.toLowerCase();
        if (!newest.has(context)) newest.set(context, status);
      }
      const shown = [...newest.values()];
      const { headers = {} } = page(shown, () => undefined);
      const combined = apiCombinedStatus(urls, repository, commit.sha, shown);
      return { status: 200, body: { ...combined, repository: apiRepository(urls, repository) }, headers };
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': {
    needs: [['statuses', 'read']],
    run: ({ urls, repository, parameters, page }) => {
      const commit = commitOf(repository, parameters.ref ?? '');
      if (commit === undefined) throw notFound();
      return page(statusesOf(repository, commit), (status) => apiStatus(urls, repository, status));
    },
  },
  'POST /repos/{owner}/{repo}/statuses/{sha}': { needs: [['statuses', 'write']], run: createStatus },
};

/** A commit by branch, full or shortened SHA. */
export const commitOf = ({ branches, graph }: Repository, ref: string): Commit | undefined =>
  graph.find(branches.get(ref.replace(/^(?:refs\/)?heads\//, ''))?.sha ?? ref);

/** the newest first */
const statusesOf = ({ statuses }: Repository, { sha }: Commit): Status[] =>
  statuses.filter((status) => status.sha === sha).reverse();

function compare(context: Context) {
  const { urls, repository, parameters } = context;
  const [base, head] = (parameters.basehead ?? '')
    .split('...')
    .map((ref) => commitOf(repository, ref.replace(`${repository.owner.login}:`, '')));
  if (base === undefined || head === undefined) throw notFound();
  const comparison = repository.graph.compare(base, head);
  if (comparison === undefined) throw notFound();
  const paged = context.query.has('page') || context.query.has('per_page');
  const { body, headers } = context.page(comparison.ahead, (commit) => commit);
  // Without paging it gives the first 250 commits; the files come with the first page only.
  const commits = paged ? (body as Commit[]) : comparison.ahead.slice(0, 250);
  const shown = apiComparison(urls, repository, { base, head, comparison, commits });
  const isFirst = Number(context.query.get('page') ?? 1) <= 1;
  return { status: 200, body: isFirst ? shown : { ...shown, files: [] }, headers: headers ?? {} };
}

function createStatus(context: Context) {
  const { site, urls, repository, parameters, body, actor, token } = context;
  const sha = parameters.sha ?? '';
  if (token !== undefined && !mayPush(token, repository)) throw forbidden('Must have push access to the repository');
  if (!/^[0-9a-f]{40}$/.test(sha) || repository.graph.find(sha) === undefined) {
    throw unprocessable(`No commit found for SHA: ${sha}`);
  }
  const given = body as { state: Status['state']; context?: string; description?: string; target_url?: string };
  const name = given.context ?? 'default';
  if ((given.description ?? '').length > 140) {
    const message = 'description is too long (maximum is 140 characters)';
    throw invalid({ resource: 'Status', code: 'custom', field: 'description', message });
  }
  const same = repository.statuses.filter(
    (each) => each.sha === sha && each.context.toLowerCase() === name.toLowerCase(),
  );
  if (same.length >= statusesCap) {
    const message = 'This SHA and context has reached the maximum number of statuses.';
    throw invalid({ resource: 'Status', code: 'custom', message });
  }
  const status: Status = {
    id: site.nextId(),
    sha,
    state: given.state,
    context: name,
    description: given.description ?? null,
    targetUrl: given.target_url ?? null,
    creator: actor,
    createdAt: site.now(),
  };
  repository.statuses.push(status);
  context.created('status', status.id);
  return made(apiStatus(urls, repository, status));
}

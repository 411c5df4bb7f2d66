import { mayPush, type Needs } from '../access.ts';
import type { Account } from '../accounts.ts';
import { type Flaw, forbidden, GitHubError, invalid, notFound } from '../github-error.ts';
import { type Comment, type Issue, Pull } from '../issue.ts';
import type { Label, Repository } from '../repository.ts';
import { apiComment, apiIssue } from '../shapes/issues.ts';
import { apiLabel } from '../shapes/repositories.ts';
import { checkBody, checkTitle } from '../text-limits.ts';
import { type Context, made, ok, type Routes } from './route.ts';

const reads: Needs = [
  ['issues', 'read'],
  ['pull_requests', 'read'],
];
const writes: Needs = [
  ['issues', 'write'],
  ['pull_requests', 'write'],
];

/** Issues, their labels and assignees, and what is written below them and below pull requests. */
export const issueRoutes: Routes = {
  'GET /repos/{owner}/{repo}/issues': { needs: reads, run: list },
  'POST /repos/{owner}/{repo}/issues': { needs: [['issues', 'write']], run: create },
  'GET /repos/{owner}/{repo}/issues/{issue_number}': {
    needs: reads,
    run: ({ urls, issue }) => ok(apiIssue(urls, issue())),
  },
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': { needs: writes, run: update },
  'GET /repos/{owner}/{repo}/issues/comments': { needs: reads, run: listAllComments },
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}': {
    needs: reads,
    run: (context) => {
      const { issue, comment } = commentOf(context);
      return ok(apiComment(context.urls, issue, comment));
    },
  },
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': {
    needs: writes,
    run: (context) => {
      const { issue, comment } = commentOf(context);
      const text = context.body.body as string;
      checkBody('IssueComment', text);
      if (comment.author !== context.actor && !(context.token && mayPush(context.token, context.repository))) {
        throw forbidden('Must have admin rights to Repository.');
      }
      if (comment.body !== text) issue.rewrites(comment, text);
      context.changed('issue_comment', comment.id);
      return ok(apiComment(context.urls, issue, comment));
    },
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    needs: reads,
    run: ({ urls, issue, query, page }) => {
      const its = issue();
      const shown = its.comments.filter(({ updatedAt }) => updatedAt >= since(query));
      return page(shown, (comment) => apiComment(urls, its, comment));
    },
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    needs: writes,
    run: (context) => {
      const issue = context.issue();
      const text = context.body.body as string;
      checkBody('IssueComment', text, true);
      if (issue.isLocked && !(context.token && mayPush(context.token, context.repository))) {
        throw forbidden('Unable to create comment because issue is locked.');
      }
      const comment = issue.comment(text, context.actor.login, context.via);
      context.created('issue_comment', comment.id);
      return made(apiComment(context.urls, issue, comment));
    },
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/labels': {
    needs: reads,
    run: ({ urls, repository, issue, page }) => page(issue().labels, (label) => apiLabel(urls, repository, label)),
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': { needs: writes, run: addLabels },
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}': {
    needs: writes,
    run: (context) => {
      const { repository, parameters } = context;
      const issue = context.issue();
      demandPush(context);
      const label = repository.findLabel(parameters.name ?? '');
      if (label === undefined || !issue.labels.includes(label)) throw new GitHubError(404, 'Label does not exist');
      issue.labels = issue.labels.filter((each) => each !== label);
      issue.touch();
      context.changed('issue', issue.id);
      return ok(issue.labels.map((each) => apiLabel(context.urls, repository, each)));
    },
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees': {
    needs: writes,
    run: (context) => assign(context, (before, named) => [...new Set([...before, ...named])]),
  },
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees': {
    needs: writes,
    run: (context) => ({
      ...assign(context, (before, named) => before.filter((each) => !named.includes(each))),
      status: 200,
    }),
  },
};

const since = (query: URLSearchParams): number => Date.parse(query.get('since') ?? '') || 0;

function list({ urls, repository, query, page }: Context) {
  const state = query.get('state') ?? 'open';
  const labels = query.get('labels')?.split(',') ?? [];
  const field = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const shown = repository.items
    .filter(({ isDeleted }) => !isDeleted)
    .filter((each) => state === 'all' || each.state === state)
    .filter(({ author }) => !query.has('creator') || author.login === query.get('creator'))
    .filter((each) => labels.every((name) => each.labels.some((label) => label.name === name)))
    .filter(({ updatedAt }) => updatedAt >= since(query))
    .sort((a, b) => b[field] - a[field] || b.number - a.number);
  return page(query.get('direction') === 'asc' ? shown.reverse() : shown, (issue) => apiIssue(urls, issue));
}

/** Who may not push may open an issue, but its labels and assignees are left out without a word. */
function create(context: Context) {
  const { urls, repository, body, actor, via, token } = context;
  if (!repository.hasIssues) throw new GitHubError(410, 'Issues are disabled for this repo');
  const given = body as { title: string | number; body?: string; labels?: (string | { name: string })[] };
  const title = checkTitle('Issue', String(given.title));
  checkBody('Issue', given.body);
  const pushes = token !== undefined && mayPush(token, repository);
  const labels = pushes ? readLabels(given.labels ?? []) : [];
  const issue = repository.addIssue({ title, body: given.body ?? null, by: actor.login, labels }, via);
  if (pushes) issue.assignees = readAssignees(context, body.assignees as string[] | undefined);
  context.created('issue', issue.id);
  return made(apiIssue(urls, issue));
}

function update(context: Context) {
  const { urls, body, repository } = context;
  const issue = context.issue();
  const given = body as { title?: string; body?: string | null; state?: 'open' | 'closed'; labels?: string[] };
  if (issue.author !== context.actor) demandPush(context);
  const before = JSON.stringify(apiIssue(urls, issue));
  if (given.title !== undefined) issue.title = checkTitle('Issue', String(given.title));
  checkBody('Issue', given.body);
  if (given.body !== undefined) issue.body = given.body;
  if (given.labels !== undefined) issue.labels = readLabels(given.labels).map((name) => repository.addLabel(name));
  if (body.assignees !== undefined) issue.assignees = readAssignees(context, body.assignees as string[]);
  if (given.state === 'closed' && issue.state === 'open') issue.close(context.actor.login);
  if (given.state === 'open' && issue.state === 'closed') issue.reopen();
  if (before !== JSON.stringify(apiIssue(urls, issue))) issue.touch();
  context.changed('issue', issue.id);
  return ok(apiIssue(urls, issue));
}

/** Names that the repository does not have become labels of it, as GitHub does it. */
function addLabels(context: Context) {
  const { urls, repository } = context;
  const issue = context.issue();
  demandPush(context);
  const names = readLabels(context.body.labels as (string | { name: string })[] | undefined);
  const labels: Label[] = names.map((name) => {
    const found = repository.findLabel(name);
    if (found !== undefined) return found;
    const fresh = repository.addLabel(name);
    context.created('label', fresh.id);
    return fresh;
  });
  const missing = [...new Set(labels)].filter((label) => !issue.labels.includes(label));
  if (issue.labels.length + missing.length > 100) throw invalid(labelFlaw('Issues may have at most 100 labels'));
  issue.labels.push(...missing);
  if (missing.length > 0) issue.touch();
  context.changed('issue', issue.id);
  return ok(issue.labels.map((label) => apiLabel(urls, repository, label)));
}

function readLabels(labels: readonly (string | { name: string })[] = []): string[] {
  const names = labels.map((each) => (typeof each === 'string' ? each : each.name));
  if (names.some((name) => name === '')) throw invalid({ resource: 'Label', code: 'missing_field', field: 'name' });
  if (names.some((name) => name.length > 50)) throw invalid(labelFlaw('name is too long (maximum is 50 characters)'));
  return names;
}

const labelFlaw = (message: string): Flaw => ({ resource: 'Label', code: 'custom', field: 'name', message });

function assign(context: Context, change: (before: Account[], named: Account[]) => Account[]) {
  const issue = context.issue();
  demandPush(context);
  const next = change(issue.assignees, readAssignees(context, context.body.assignees as string[], true));
  if (next.length > 10) {
    throw invalid({ resource: 'Issue', code: 'custom', field: 'assignees', message: 'at most 10 assignees' });
  }
  if (next.length !== issue.assignees.length) issue.touch();
  issue.assignees = next;
  context.changed('issue', issue.id);
  return made(apiIssue(context.urls, issue));
}

/** @param skipping leaves out who cannot be assigned, as adding does; setting refuses them */
function readAssignees({ site, repository }: Context, logins: readonly string[] = [], skipping = false): Account[] {
  return logins.flatMap((login) => {
    const account = site.findAccount(login);
    if (account !== undefined && repository.roleOf(account) !== undefined) return [account];
    if (skipping) return [];
    throw invalid({ resource: 'Issue', code: 'invalid', field: 'assignees' });
  });
}

function listAllComments({ urls, repository, query, page }: Context) {
  const field = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const shown = repository.items
    .filter(({ isDeleted }) => !isDeleted)
    .flatMap((issue) => issue.comments.map((comment) => ({ issue, comment })))
    .filter(({ comment }) => comment.updatedAt >= since(query))
    .sort((a, b) => a.comment[field] - b.comment[field] || a.comment.id - b.comment.id);
  const isDescending = query.has('sort') && query.get('direction') === 'desc';
  return page(isDescending ? shown.reverse() : shown, ({ issue, comment }) => apiComment(urls, issue, comment));
}

function commentOf({ repository, parameters }: Context): { issue: Issue; comment: Comment } {
  for (const issue of repository.items) {
    const comment = issue.comments.find(({ id }) => id === Number(parameters.comment_id));
    if (comment !== undefined) return { issue, comment };
  }
  throw notFound();
}

function demandPush({ token, repository }: Context): void {
  if (token === undefined || !mayPush(token, repository)) throw forbidden('Must have admin rights to Repository.');
}

/** The issue of a number; a pull request is one too. */
export function issueOf(repository: Repository, number: number): Issue {
  const found = repository.items.find((each) => each.number === number);
  if (found === undefined) throw notFound();
  if (found.isDeleted) throw new GitHubError(410, 'This issue was deleted');
  return found;
}

export function pullOf(repository: Repository, number: number): Pull {
  const found = issueOf(repository, number);
  if (found instanceof Pull) return found;
  throw notFound();
}

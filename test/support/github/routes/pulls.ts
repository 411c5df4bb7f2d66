import { mayPush, type Needs } from '../access.ts';
import type { Account } from '../accounts.ts';
import { type Flaw, forbidden, invalid, notFound, unprocessable } from '../github-error.ts';
import type { Pull, Review, ReviewComment } from '../issue.ts';
import { apiAccount } from '../shapes/accounts.ts';
import { apiCommit, apiFile } from '../shapes/commits.ts';
import { apiPull, apiReview, apiReviewComment, apiSimplePull } from '../shapes/pulls.ts';
import { checkBody, checkTitle } from '../text-limits.ts';
import { type Context, made, ok, type Routes } from './route.ts';

const reads: Needs = [['pull_requests', 'read']];
const writes: Needs = [['pull_requests', 'write']];

/** REST: a pull request lists 3,000 files and 250 commits, whatever it has. */
const filesCap = 3_000;
const commitsCap = 250;

/** Pull requests and what reviewers are asked and say. */
export const pullRoutes: Routes = {
  'GET /repos/{owner}/{repo}/pulls': { needs: reads, run: list },
  'POST /repos/{owner}/{repo}/pulls': { needs: writes, run: create },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { needs: reads, run: ({ urls, pull }) => ok(apiPull(urls, pull())) },
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': { needs: writes, run: update },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': {
    needs: reads,
    run: ({ urls, repository, pull, page }) => {
      const { headSha, files } = compared(pull());
      return page(files.slice(0, filesCap), (file) => apiFile(urls, repository, headSha, file));
    },
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits': {
    needs: reads,
    run: ({ urls, repository, pull, page }) =>
      page(compared(pull()).commits.slice(0, commitsCap), (commit) => apiCommit(urls, repository, commit)),
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': {
    needs: reads,
    run: ({ urls, pull }) =>
      ok({ users: pull().requestedReviewers.map((account) => apiAccount(urls, account)), teams: [] }),
  },
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': {
    needs: writes,
    run: (context) => {
      const pull = context.pull();
      const named = readReviewers(context, pull);
      pull.requestedReviewers = [...new Set([...pull.requestedReviewers, ...named])];
      pull.touch();
      context.changed('pull', pull.pullId);
      return made(apiSimplePull(context.urls, pull));
    },
  },
  'DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': {
    needs: writes,
    run: (context) => {
      const pull = context.pull();
      const logins = context.body.reviewers as string[];
      pull.requestedReviewers = pull.requestedReviewers.filter(({ login }) => !logins.includes(login));
      pull.touch();
      context.changed('pull', pull.pullId);
      return ok(apiSimplePull(context.urls, pull));
    },
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments': {
    needs: reads,
    run: ({ urls, pull, page }) => {
      const its = pull();
      return page(its.reviewComments, (comment) => apiReviewComment(urls, its, comment));
    },
  },
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments': { needs: writes, run: commentOnLine },
  'GET /repos/{owner}/{repo}/pulls/comments/{comment_id}': {
    needs: reads,
    run: (context) => {
      const { pull, comment } = reviewCommentOf(context);
      return ok(apiReviewComment(context.urls, pull, comment));
    },
  },
  'PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}': {
    needs: writes,
    run: (context) => {
      const { pull, comment } = reviewCommentOf(context);
      const text = context.body.body as string;
      checkBody('PullRequestReviewComment', text, true);
      if (comment.body !== text) pull.rewrites(comment, text);
      context.changed('review_comment', comment.id);
      return ok(apiReviewComment(context.urls, pull, comment));
    },
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    needs: reads,
    run: ({ urls, pull, page }) => {
      const its = pull();
      return page(its.reviews, (review) => apiReview(urls, its, review));
    },
  },
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews': { needs: writes, run: review },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}': {
    needs: reads,
    run: (context) => ok(apiReview(context.urls, context.pull(), reviewOf(context))),
  },
  'PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}': {
    needs: writes,
    run: (context) => {
      const found = reviewOf(context);
      const text = context.body.body as string;
      if (found.author !== context.actor) throw forbidden('Must be the author of the review.');
      checkBody('PullRequestReview', text);
      found.body = text;
      context.changed('review', found.id);
      return ok(apiReview(context.urls, context.pull(), found));
    },
  },
};

function list({ urls, repository, query, page }: Context) {
  const state = query.get('state') ?? 'open';
  const sort = query.get('sort') ?? 'created';
  const field = sort === 'updated' ? 'updatedAt' : 'createdAt';
  const [owner, head] = (query.get('head') ?? '').split(':');
  const shown = repository.pulls
    .filter((each) => state === 'all' || each.state === state)
    .filter(({ baseRef }) => !query.has('base') || baseRef === query.get('base'))
    // A head without its owner filters nothing, as on GitHub.
    .filter(({ headRef }) => head === undefined || (owner === repository.owner.login && headRef === head))
    .sort((a, b) => b[field] - a[field] || b.number - a.number);
  const isAscending =
    query.get('direction') === 'asc' || (query.has('sort') && !query.has('direction') && sort !== 'created');
  return page(isAscending ? shown.reverse() : shown, (pull) => apiSimplePull(urls, pull));
}

const flaw = (message: string): Flaw => ({ resource: 'PullRequest', code: 'custom', message });

function create(context: Context) {
  const { urls, repository, body, actor, via, token } = context;
  const given = body as { title?: string; head: string; base: string; body?: string; draft?: boolean; issue?: number };
  if (token === undefined || !mayPush(token, repository)) throw notFound();
  if (given.issue !== undefined) throw unprocessable('the double does not turn issues into pull requests');
  const title = checkTitle('PullRequest', given.title ?? '');
  checkBody('PullRequest', given.body);
  const head = given.head.replace(new RegExp(`^${repository.owner.login}:`, 'i'), '');
  const at = { head: repository.branches.get(head), base: repository.branches.get(given.base) };
  if (at.base === undefined) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  if (at.head === undefined) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  if (at.head === at.base) throw invalid(flaw(`No commits between ${given.base} and ${head}`));
  const { graph } = repository;
  if (graph.compare(graph.get(at.base.sha), graph.get(at.head.sha))?.ahead.length === 0) {
    throw invalid(flaw(`No commits between ${given.base} and ${head}`));
  }
  const isOpen = repository.pulls.some(
    (each) => each.state === 'open' && each.headRef === head && each.baseRef === given.base,
  );
  if (isOpen) throw invalid(flaw(`A pull request already exists for ${repository.owner.login}:${head}.`));
  const options = { title, body: given.body ?? null, by: actor.login, head, base: given.base };
  const pull = repository.addPull({ ...options, isDraft: given.draft ?? false }, via);
  context.created('pull', pull.pullId);
  return made(apiPull(urls, pull));
}

function update(context: Context) {
  const pull = context.pull();
  const given = context.body as { title?: string; body?: string; state?: 'open' | 'closed'; base?: string };
  if (pull.author !== context.actor && !(context.token && mayPush(context.token, context.repository))) throw notFound();
  const before = JSON.stringify(apiPull(context.urls, pull));
  if (given.title !== undefined) pull.title = checkTitle('PullRequest', given.title);
  checkBody('PullRequest', given.body);
  if (given.body !== undefined) pull.body = given.body;
  if (given.base !== undefined) pull.baseRef = given.base;
  if (given.state === 'closed' && pull.state === 'open') pull.close(context.actor.login);
  if (given.state === 'open' && pull.state === 'closed') pull.reopen();
  if (before !== JSON.stringify(apiPull(context.urls, pull))) pull.touch();
  context.changed('pull', pull.pullId);
  return ok(apiPull(context.urls, pull));
}

function compared(pull: Pull) {
  const { graph } = pull.repository;
  const { headSha } = pull;
  const comparison = graph.compare(graph.get(pull.baseSha), graph.get(headSha));
  return { headSha, files: comparison?.files ?? [], commits: comparison?.ahead ?? [] };
}

function readReviewers({ site, repository, body }: Context, pull: Pull): Account[] {
  return ((body.reviewers ?? []) as string[]).map((login) => {
    const account = site.findAccount(login);
    if (account === pull.author) throw unprocessable('Review cannot be requested from pull request author.');
    if (account !== undefined && repository.roleOf(account) !== undefined) return account;
    throw unprocessable(
      `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${repository.fullName} repository.`,
    );
  });
}

function commentOnLine(context: Context) {
  const { site, urls, body, actor, via } = context;
  const pull = context.pull();
  const given = body as { body: string; commit_id: string; path: string; line?: number; subject_type?: string };
  checkBody('PullRequestReviewComment', given.body, true);
  const { files, commits } = compared(pull);
  if (!commits.some(({ sha }) => sha === given.commit_id)) {
    throw invalid({ resource: 'PullRequestReviewComment', code: 'invalid', field: 'commit_id' });
  }
  if (!files.some(({ path }) => path === given.path)) {
    throw invalid({ resource: 'PullRequestReviewComment', code: 'invalid', field: 'path' });
  }
  if (given.line === undefined && given.subject_type !== 'file') {
    throw invalid({ resource: 'PullRequestReviewComment', code: 'missing_field', field: 'line' });
  }
  const now = site.now();
  const review: Review = {
    id: site.nextId(),
    author: actor,
    body: '',
    state: 'COMMENTED',
    commitId: given.commit_id,
    submittedAt: now,
  };
  const comment: ReviewComment = {
    id: site.nextId(),
    body: given.body,
    author: actor,
    via,
    createdAt: now,
    updatedAt: now,
    path: given.path,
    line: given.line,
    commitId: given.commit_id,
    reviewId: review.id,
  };
  pull.reviews.push(review);
  pull.reviewComments.push(comment);
  pull.touch();
  context.created('review_comment', comment.id);
  return made(apiReviewComment(urls, pull, comment));
}

const reviewStates = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

function review(context: Context) {
  const { site, urls, body, actor } = context;
  const pull = context.pull();
  const given = body as { body?: string; event?: keyof typeof reviewStates; commit_id?: string };
  checkBody('PullRequestReview', given.body, given.event === 'COMMENT' || given.event === 'REQUEST_CHANGES');
  if (pull.author === actor && given.event !== undefined && given.event !== 'COMMENT') {
    throw unprocessable('Can not approve or request changes on your own pull request');
  }
  const review: Review = {
    id: site.nextId(),
    author: actor,
    body: given.body ?? '',
    state: given.event === undefined ? 'PENDING' : reviewStates[given.event],
    commitId: given.commit_id ?? pull.headSha,
    submittedAt: given.event === undefined ? undefined : site.now(),
  };
  pull.reviews.push(review);
  pull.touch();
  context.created('review', review.id);
  return ok(apiReview(urls, pull, review));
}

function reviewOf(context: Context): Review {
  const found = context.pull().reviews.find(({ id }) => id === Number(context.parameters.review_id));
  if (found === undefined) throw notFound();
  return found;
}

function reviewCommentOf({ repository, parameters }: Context): { pull: Pull; comment: ReviewComment } {
  for (const pull of repository.pulls) {
    const comment = pull.reviewComments.find(({ id }) => id === Number(parameters.comment_id));
    if (comment !== undefined) return { pull, comment };
  }
  throw notFound();
}

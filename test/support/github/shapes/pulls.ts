import type { Pull, Review, ReviewComment } from '../issue.ts';
import { apiAccount } from './accounts.ts';
import { issuePage, issueUrl } from './issues.ts';
import { apiLabel, apiRepository, authorAssociation, repositoryUrl } from './repositories.ts';
import { instant, instantOrNull, nodeId, type Urls } from './urls.ts';

export const pullUrl = (urls: Urls, { repository, number }: Pull): string =>
  `${repositoryUrl(urls, repository)}/pulls/${number}`;

/** As lists show it. */
export function apiSimplePull(urls: Urls, pull: Pull) {
  const { number, repository, author } = pull;
  const url = pullUrl(urls, pull);
  const page = issuePage(urls, pull);
  const linked = {
    self: url,
    html: page,
    issue: issueUrl(urls, pull),
    comments: `${issueUrl(urls, pull)}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${repositoryUrl(urls, repository)}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${repositoryUrl(urls, repository)}/statuses/${pull.headSha}`,
  };
  const side = (ref: string, sha: string) => ({
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: apiAccount(urls, repository.owner),
    repo: apiRepository(urls, repository),
  });
  return {
    url,
    id: pull.pullId,
    node_id: nodeId('PR', pull.pullId),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: linked.issue,
    commits_url: linked.commits,
    review_comments_url: linked.review_comments,
    review_comment_url: linked.review_comment,
    comments_url: linked.comments,
    statuses_url: linked.statuses,
    number,
    state: pull.state,
    locked: pull.isLocked,
    title: pull.title,
    user: apiAccount(urls, author),
    body: pull.body,
    created_at: instant(pull.createdAt),
    updated_at: instant(pull.updatedAt),
    closed_at: instantOrNull(pull.closedAt),
    merged_at: instantOrNull(pull.mergedAt),
    merge_commit_sha: pull.mergeSha ?? null,
    assignee: pull.assignees[0] ? apiAccount(urls, pull.assignees[0]) : null,
    assignees: pull.assignees.map((assignee) => apiAccount(urls, assignee)),
    requested_reviewers: pull.requestedReviewers.map((reviewer) => apiAccount(urls, reviewer)),
    requested_teams: [],
    labels: pull.labels.map((label) => apiLabel(urls, repository, label)),
    milestone: null,
    draft: pull.isDraft,
    head: side(pull.headRef, pull.headSha),
    base: side(pull.baseRef, pull.baseSha),
    _links: Object.fromEntries(Object.entries(linked).map(([name, href]) => [name, { href }])),
    author_association: authorAssociation(repository, author),
    auto_merge: null,
  };
}

export function apiPull(urls: Urls, pull: Pull) {
  const { graph } = pull.repository;
  const comparison = graph.compare(graph.get(pull.baseSha), graph.get(pull.headSha));
  const files = comparison?.files ?? [];
  return {
    ...apiSimplePull(urls, pull),
    merged: pull.mergedAt !== undefined,
    mergeable: pull.state === 'open' ? true : null,
    rebaseable: null,
    mergeable_state: pull.isDraft ? 'draft' : 'clean',
    merged_by: pull.mergedBy ? apiAccount(urls, pull.mergedBy) : null,
    comments: pull.comments.length,
    review_comments: pull.reviewComments.length,
    maintainer_can_modify: false,
    commits: comparison?.ahead.length ?? 0,
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    changed_files: files.length,
  };
}

export function apiReview(urls: Urls, pull: Pull, review: Review) {
  const page = `${issuePage(urls, pull)}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: apiAccount(urls, review.author),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pullUrl(urls, pull),
    author_association: authorAssociation(pull.repository, review.author),
    _links: { html: { href: page }, pull_request: { href: pullUrl(urls, pull) } },
    ...(review.submittedAt === undefined ? {} : { submitted_at: instant(review.submittedAt) }),
    commit_id: review.commitId,
  };
}

export function apiReviewComment(urls: Urls, pull: Pull, comment: ReviewComment) {
  const self = `${repositoryUrl(urls, pull.repository)}/pulls/comments/${comment.id}`;
  const page = `${issuePage(urls, pull)}#discussion_r${comment.id}`;
  return {
    url: self,
    pull_request_review_id: comment.reviewId,
    id: comment.id,
    node_id: nodeId('PRRC', comment.id),
    diff_hunk: '@@ -1 +1 @@',
    path: comment.path,
    ...(comment.line === undefined ? { subject_type: 'file' } : { line: comment.line, subject_type: 'line' }),
    commit_id: comment.commitId,
    original_commit_id: comment.commitId,
    user: apiAccount(urls, comment.author),
    body: comment.body,
    created_at: instant(comment.createdAt),
    updated_at: instant(comment.updatedAt),
    html_url: page,
    pull_request_url: pullUrl(urls, pull),
    author_association: authorAssociation(pull.repository, comment.author),
    _links: { self: { href: self }, html: { href: page }, pull_request: { href: pullUrl(urls, pull) } },
  };
}

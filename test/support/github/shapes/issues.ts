import { type Comment, type Issue, Pull } from '../issue.ts';
import type { Repository } from '../repository.ts';
import { apiAccount, apiApp } from './accounts.ts';
import { apiLabel, authorAssociation, repositoryUrl } from './repositories.ts';
import { instant, instantOrNull, nodeId, type Urls } from './urls.ts';

export const issueUrl = (urls: Urls, { repository, number }: Issue): string =>
  `${repositoryUrl(urls, repository)}/issues/${number}`;

/** The page of an issue or a pull request. */
export const issuePage = (urls: Urls, issue: Issue): string =>
  `${urls.web}/${issue.repository.fullName}/${issue instanceof Pull ? 'pull' : 'issues'}/${issue.number}`;

export function apiIssue(urls: Urls, issue: Issue) {
  const { id, number, repository, author, title, body, subIssues } = issue;
  const url = issueUrl(urls, issue);
  const page = issuePage(urls, issue);
  const completed = subIssues.filter(({ state }) => state === 'closed').length;
  const isOpen = ({ state }: Issue) => state === 'open';
  const { blockedBy, blocking } = issue;
  return {
    id,
    node_id: nodeId(issue instanceof Pull ? 'PR' : 'I', issue instanceof Pull ? issue.pullId : id),
    url,
    repository_url: repositoryUrl(urls, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    number,
    title,
    body,
    user: apiAccount(urls, author),
    author_association: authorAssociation(repository, author),
    labels: issue.labels.map((label) => apiLabel(urls, repository, label)),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: issue.isLocked,
    active_lock_reason: null,
    assignee: issue.assignees[0] ? apiAccount(urls, issue.assignees[0]) : null,
    assignees: issue.assignees.map((assignee) => apiAccount(urls, assignee)),
    milestone: null,
    comments: issue.comments.length,
    created_at: instant(issue.createdAt),
    updated_at: instant(issue.updatedAt),
    closed_at: instantOrNull(issue.closedAt),
    closed_by: issue.closedBy ? apiAccount(urls, issue.closedBy) : null,
    performed_via_github_app: issue.via ? apiApp(urls, issue.via) : null,
    sub_issues_summary: {
      total: subIssues.length,
      completed,
      percent_completed: subIssues.length === 0 ? 0 : Math.floor((completed * 100) / subIssues.length),
    },
    issue_dependencies_summary: {
      blocked_by: blockedBy.filter(isOpen).length,
      total_blocked_by: blockedBy.length,
      blocking: blocking.filter(isOpen).length,
      total_blocking: blocking.length,
    },
    parent_issue_url: issue.parent ? issueUrl(urls, issue.parent) : null,
    ...(issue instanceof Pull
      ? {
          draft: issue.isDraft,
          pull_request: {
            url: `${repositoryUrl(urls, repository)}/pulls/${number}`,
            html_url: page,
            diff_url: `${page}.diff`,
            patch_url: `${page}.patch`,
            merged_at: instantOrNull(issue.mergedAt),
          },
        }
      : {}),
  };
}

export function apiComment(urls: Urls, issue: Issue, comment: Comment) {
  const repository: Repository = issue.repository;
  return {
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    url: `${repositoryUrl(urls, repository)}/issues/comments/${comment.id}`,
    html_url: `${issuePage(urls, issue)}#issuecomment-${comment.id}`,
    issue_url: issueUrl(urls, issue),
    user: apiAccount(urls, comment.author),
    created_at: instant(comment.createdAt),
    updated_at: instant(comment.updatedAt),
    body: comment.body,
    author_association: authorAssociation(repository, comment.author),
    performed_via_github_app: comment.via ? apiApp(urls, comment.via) : null,
  };
}

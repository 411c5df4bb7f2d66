import type { CommentSeen, IssueSeen, PullSeen } from '../../actions/changes/port.ts';
import type * as shapes from './shapes.ts';

export const issueSeen = (issue: shapes.IssueShape): IssueSeen => ({
  id: issue.id,
  number: issue.number,
  title: issue.title,
  body: issue.body,
  state: issue.state,
  isLocked: issue.locked,
  isPull: issue.pull_request !== undefined && issue.pull_request !== null,
  labels: issue.labels.flatMap((label) => (typeof label === 'string' ? [label] : (label.name ?? []))),
  assignees: (issue.assignees ?? []).map(({ login }) => login),
  author: issue.user ?? null,
  updatedAt: issue.updated_at,
  url: issue.html_url,
});

export const pullSeen = (pull: shapes.PullShape): PullSeen => ({
  id: pull.id,
  nodeId: pull.node_id,
  number: pull.number,
  title: pull.title,
  body: pull.body,
  state: pull.state,
  isDraft: pull.draft,
  head: { ref: pull.head.ref, sha: pull.head.sha, repo: pull.head.repo?.full_name ?? null },
  base: { ref: pull.base.ref },
  reviewers: (pull.requested_reviewers ?? []).map(({ login }) => login),
  author: pull.user ?? null,
  updatedAt: pull.updated_at,
  url: pull.html_url,
});

export const commentSeen = (comment: shapes.CommentShape): CommentSeen => ({
  id: comment.id,
  issue: Number(/\/issues\/(\d+)$/.exec(comment.issue_url)?.[1] ?? 0),
  body: comment.body,
  author: comment.user ?? null,
  updatedAt: comment.updated_at,
  url: comment.html_url,
});

/** A value of a field as people read it. */
export function readable(value: unknown): string | number | null {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (value === null || typeof value !== 'object') return null;
  const { raw, name } = value as { raw?: unknown; name?: unknown };
  return typeof raw === 'string' ? raw : readable(name ?? null);
}

import type { Account, CommentSeen, IssueSeen, ItemSeen, PullSeen } from '../../actions/changes/port.ts';
import type { Written } from '../../core/change/states.ts';
import type { Comment, Issue, Item } from './world.ts';

/** Who writes in this world. */
export const me: Account = { id: 1, login: 'gaia' };

export const issueSeen = (repo: string, issue: Issue): IssueSeen => ({
  id: issue.id,
  number: issue.number,
  title: issue.title,
  body: issue.body,
  state: issue.state,
  isLocked: issue.isLocked,
  isPull: issue.pull !== null,
  labels: [...issue.labels],
  assignees: [...issue.assignees],
  author: me,
  updatedAt: issue.updatedAt,
  url: issueUrl(repo, issue),
});

export const pullSeen = (repo: string, issue: Issue): PullSeen => {
  const { head = '', base = '', headSha = '', isDraft = false, reviewers = [] } = issue.pull ?? {};
  return {
    id: issue.id,
    nodeId: `local-${issue.id}`,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    isDraft,
    head: { ref: head, sha: headSha, repo },
    base: { ref: base },
    reviewers: [...reviewers],
    author: me,
    updatedAt: issue.updatedAt,
    url: issueUrl(repo, issue),
  };
};

export const commentSeen = (repo: string, comment: Comment): CommentSeen => ({
  ...comment,
  author: me,
  url: urlOf(repo, `issues/${comment.issue}#comment-${comment.id}`),
});

export const itemSeen = (project: string, item: Item): ItemSeen => ({
  ...item,
  values: { ...item.values },
  draftNodeId: item.content === null ? `local-${item.id}` : null,
  isArchived: false,
  author: me,
  url: urlOf(project, `items/${item.id}`),
});

export const urlOf = (place: string, path: string): string => `local://github/${place}/${path}`;
const issueUrl = (repo: string, { number, pull }: Issue): string =>
  urlOf(repo, `${pull ? 'pull' : 'issues'}/${number}`);
export const writtenIssue = (repo: string, issue: Issue): Written => ({
  id: issue.id,
  number: issue.number,
  url: issueUrl(repo, issue),
});
export const writtenComment = (repo: string, { id, issue }: Comment): Written => ({
  id,
  number: null,
  url: urlOf(repo, `issues/${issue}#comment-${id}`),
});
export const writtenItem = (project: string, { id }: Item): Written => ({
  id,
  number: null,
  url: urlOf(project, `items/${id}`),
});

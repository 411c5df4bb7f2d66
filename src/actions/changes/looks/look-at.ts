import type { Operation, OperationName, OperationOf } from '../../../core/change/operations.ts';
import {
  lookAtAssign,
  lookAtComment,
  lookAtCommentUpdate,
  lookAtIssueCreate,
  lookAtIssueUpdate,
  lookAtLabels,
  lookAtLink,
} from './issues.ts';
import type { LookContext, Looked } from './look.ts';
import { lookAtDraftCreate, lookAtDraftUpdate, lookAtField, lookAtItemAdd } from './projects.ts';
import { lookAtPullCreate, lookAtPullReady, lookAtPullUpdate, lookAtReviewers } from './pulls.ts';
import { lookAtReviewComment, lookAtReviewUpdate } from './review-comments.ts';
import { lookAtStatus } from './statuses.ts';

const looks: { [Name in OperationName]: (input: OperationOf<Name>, context: LookContext) => Promise<Looked> } = {
  'pr.create': lookAtPullCreate,
  'pr.update': lookAtPullUpdate,
  'pr.ready_for_review': lookAtPullReady,
  'pr.request_reviewers': lookAtReviewers,
  'review_comment.create': lookAtReviewComment,
  'review_comment.update': lookAtReviewUpdate,
  'issue.create': lookAtIssueCreate,
  'issue.update': lookAtIssueUpdate,
  'issue.comment.create': lookAtComment,
  'issue.comment.update': lookAtCommentUpdate,
  'issue.label.add': lookAtLabels,
  'issue.label.remove': lookAtLabels,
  'issue.assign': lookAtAssign,
  'issue.link': lookAtLink,
  'commit_status.create': lookAtStatus,
  'project.item.add': lookAtItemAdd,
  'project.draft_item.create': lookAtDraftCreate,
  'project.draft_item.update': lookAtDraftUpdate,
  'project.field.update': lookAtField,
};

/** Holds an operation against what is there now. Throws a `RemoteFailure` where that cannot be asked. */
export const lookAt = (input: Operation, context: LookContext): Promise<Looked> =>
  (looks[input.op] as (input: Operation, context: LookContext) => Promise<Looked>)(input, context);

/** An operation with the references to earlier ones put in, as far as these are known. */
export function withResults(
  input: Operation,
  results: ReadonlyMap<string, { id: number | null; number: number | null }>,
): Operation {
  const resolved: Record<string, unknown> = { ...input };
  for (const field of ['number', 'parent', 'child'] as const) put(resolved, field, (result) => result.number);
  for (const field of ['comment', 'item'] as const) put(resolved, field, (result) => result.id);
  return resolved as Operation;

  function put(
    operation: Record<string, unknown>,
    field: string,
    of: (result: { id: number | null; number: number | null }) => number | null,
  ): void {
    const value = operation[field];
    if (typeof value !== 'string' || !value.startsWith('$')) return;
    const result = results.get(value.slice(1));
    const known = result && of(result);
    if (known !== undefined && known !== null) operation[field] = known;
  }
}

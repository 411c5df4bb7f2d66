import type { Blocker } from '../approval/blocker.ts';
import type { Request } from '../approval/request.ts';
import type { OperationResult } from './changeset.ts';
import type { IntentState, OperationOutcome, Written } from './states.ts';

/** What of an intent tells how its operation stands. */
export interface IntentStanding {
  place: number;
  state: IntentState;
  outcome: OperationOutcome | null;
  written: Written | null;
  blocker: Blocker | null;
}

/** What GitHub names by an id of its own when it is new; issues and pull requests have numbers, and updates make nothing. */
const namedById = [
  'issue.comment.create',
  'review_comment.create',
  'commit_status.create',
  'project.item.add',
  'project.draft_item.create',
];

/** By what people can name the thing that an operation makes. */
export function namedBy(op: string): 'number' | 'id' | undefined {
  if (op === 'issue.create' || op === 'pr.create') return 'number';
  return namedById.includes(op) ? 'id' : undefined;
}

/** How each operation of a begun changeset stands. */
export function resultsOf(request: Pick<Request, 'effect'>, intents: readonly IntentStanding[]): OperationResult[] {
  if (request.effect?.kind !== 'changeset') return [];
  return request.effect.changeset.operations.map(({ op, on }, place) => {
    const intent = intents.find((one) => one.place === place);
    const outcome =
      intent?.outcome ?? (intent?.state === 'unknown' || intent?.state === 'sent' ? 'unknown' : 'not_started');
    return {
      op,
      on,
      outcome,
      written: intent?.written ?? null,
      code: intent?.blocker?.code ?? null,
      text: intent?.blocker?.message ?? null,
    };
  });
}

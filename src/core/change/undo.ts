import type { OperationResult, ResolvedChangeset } from './changeset.ts';
import type { ChangesetInput, Operation } from './operations.ts';

/** How to take back what was written of a changeset: a changeset for what Gaia can undo, and the rest for people. */
export interface Undo {
  /** null where there is nothing that Gaia could undo */
  changeset: Pick<ChangesetInput, 'repo' | 'project' | 'runId' | 'operations'> | null;
  byHand: { op: string; on: string; url: string | null }[];
}

/** The last of what was done is undone first. What was so already, or was not done, needs no undoing. */
export function undoOf({ target, run, operations }: ResolvedChangeset, results: readonly OperationResult[]): Undo {
  const undone: Operation[] = [];
  const byHand: Undo['byHand'] = [];
  for (const [place, { op, on, url, input, inverse }] of [...operations.entries()].reverse()) {
    const result = results[place];
    if (result?.outcome !== 'done' && result?.outcome !== 'adopted') continue;
    if (inverse) undone.push(inverse);
    else if (!isOnOwn(input)) byHand.push({ op, on, url: result.written?.url ?? url });
  }
  const where = target.kind === 'repo' ? { repo: target.repo } : { project: target.project };
  return {
    changeset: undone.length === 0 ? null : { ...where, ...(run && { runId: run.id }), operations: undone },
    byHand,
  };
}

/** About something that this very changeset made: it goes with that. */
const isOnOwn = (input: Operation): boolean =>
  ['number', 'child', 'comment', 'item'].some((field) =>
    String((input as Record<string, unknown>)[field] ?? '').startsWith('$'),
  );

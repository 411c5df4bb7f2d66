import type { Json } from '../canonical.ts';
import type { Operation, OperationName } from './operations.ts';
import type { OperationOutcome, Written } from './states.ts';
import type { Target } from './target.ts';

export const transportModes = ['local_fake', 'off', 'live'] as const;
export type TransportMode = (typeof transportModes)[number];

/** One field that an operation changes, as people see it. */
export type Change =
  | { field: string; kind: 'text'; before: string | null; after: string }
  | { field: string; kind: 'set'; kept: string[]; added: string[]; removed: string[] }
  | { field: string; kind: 'value'; before: string | null; after: string };

/** An operation with all it refers to looked up, as it would be written. */
export interface ResolvedOperation {
  op: OperationName;
  ref: string | null;
  /** for people: `issue #12`, `a new pull request` */
  on: string;
  url: string | null;
  /** with its texts as they go out */
  input: Operation;
  /** what it stands on; anything else there makes it out of date */
  seen: { [name: string]: Json };
  changes: Change[];
  /** how to undo it, where there is a way */
  inverse: Operation | null;
  /** what was changed in its texts before they were shown, in words */
  guarded: string[];
  /** the key under which the ledger knows this write */
  key: string;
  payloadHash: string;
}

/** A changeset with everything it refers to looked up; what its digest covers. */
export interface ResolvedChangeset {
  transport: TransportMode;
  /** `github.com`, the host of an enterprise server, or `local` */
  host: string;
  target: Target;
  /** the numeric id behind the name; null where it could not be asked */
  targetId: number | null;
  run: { id: string; epoch: number; head: string; base: string; headSha: string | null } | null;
  operations: ResolvedOperation[];
}

/** A document that a person approves word for word. */
export interface ResolvedCheckpoint {
  number: number;
  file: string;
  sha256: string;
  text: string;
}

/** How one operation came out, for agents and cards. */
export interface OperationResult {
  op: OperationName;
  on: string;
  outcome: OperationOutcome;
  written: Written | null;
  /** why it is not done */
  code: string | null;
  text: string | null;
}

/** Whether every operation is there now. */
export const allDone = (results: readonly OperationResult[]): boolean =>
  results.every(({ outcome }) => outcome === 'done' || outcome === 'adopted' || outcome === 'unchanged');

/** What a changeset asks for, on one line: `issue.create, issue.label.add ×2 in owner/name`. */
export function changesetWords({
  target,
  operations,
}: Pick<ResolvedChangeset, 'target'> & { operations: readonly { op: string }[] }): string {
  const counts = new Map<string, number>();
  for (const { op } of operations) counts.set(op, (counts.get(op) ?? 0) + 1);
  const what = [...counts].map(([op, count]) => (count === 1 ? op : `${op} ×${count}`)).join(', ');
  return `${what} in ${target.kind === 'repo' ? target.repo : `project ${target.project}`}`;
}

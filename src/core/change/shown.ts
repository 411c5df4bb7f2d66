import type { Change, ResolvedOperation } from './changeset.ts';
import { type DiffLine, diffLines } from './diff.ts';
import { addingOperations, type Operation } from './operations.ts';

/** One line of what an operation changes: a field's name, a line of a diff, or a remark of Gaia's. */
export interface ShownLine {
  kind: DiffLine['kind'] | 'field' | 'note';
  text: string;
}

/** An operation as every door shows it: what it is, on what, and all that it changes. Nothing is cut. */
export interface ShownOperation {
  /** `1. issue.label.add` */
  name: string;
  on: string;
  url: string | null;
  lines: ShownLine[];
}

export function shownOperation(operation: ResolvedOperation, index: number): ShownOperation {
  const { op, on, url, changes, guarded, inverse } = operation;
  const note = (text: string): ShownLine => ({ kind: 'note', text });
  return {
    name: `${index + 1}. ${op}`,
    on: operation.ref === null ? on : `${on}, called $${operation.ref} below`,
    url,
    lines: [
      ...changes.flatMap(changeLines),
      ...(changes.length === 0 ? [note('Nothing: it is so already.')] : []),
      ...guarded.map((words) => note(`Before it was shown: ${words}.`)),
      ...(addingOperations.includes(op)
        ? [note('Gaia adds its signed mark below it, as a comment that pages do not show.')]
        : []),
      ...(inverse === null ? [] : [note(`To undo: ${undoWords(inverse)}`)]),
    ],
  };
}

function changeLines(change: Change): ShownLine[] {
  const field: ShownLine = { kind: 'field', text: change.field };
  switch (change.kind) {
    case 'text':
      return [
        field,
        ...(change.before === null
          ? change.after.split('\n').map((text) => ({ kind: '+' as const, text }))
          : diffLines(change.before, change.after)),
      ];
    case 'set':
      return [
        field,
        ...change.kept.map((text) => ({ kind: ' ' as const, text })),
        ...change.removed.map((text) => ({ kind: '-' as const, text })),
        ...change.added.map((text) => ({ kind: '+' as const, text })),
      ];
    case 'value':
      return [
        field,
        ...(change.before === null ? [] : [{ kind: '-' as const, text: change.before }]),
        { kind: '+', text: change.after },
      ];
  }
}

/** An operation in a few words, for people who know what it undoes. */
function undoWords(operation: Operation): string {
  switch (operation.op) {
    case 'issue.label.add':
    case 'issue.label.remove':
      return `${operation.op} ${operation.labels.join(', ')}`;
    case 'issue.link':
      return `${operation.op} #${operation.child} below #${operation.parent}`;
    case 'project.field.update':
      return `${operation.op} ${operation.field} = ${operation.value}`;
    default:
      return 'patch' in operation
        ? `${operation.op} with the old ${operation.patch.map(({ path }) => path.slice(1)).join(' and ')}`
        : operation.op;
  }
}

const outcomeWords = {
  done: { sign: '✓', word: 'done' },
  adopted: { sign: '✓', word: 'found there, and adopted' },
  unchanged: { sign: '✓', word: 'was so already' },
  failed: { sign: '✕', word: 'failed' },
  unknown: { sign: '?', word: 'outcome unknown' },
  not_started: { sign: '·', word: 'not started' },
} as const;

/** How an operation came out, in a sign and words. */
export const resultWords = (outcome: keyof typeof outcomeWords): { sign: string; word: string } =>
  outcomeWords[outcome];

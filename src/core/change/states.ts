/** The ledger of writes: what is to be written, and how each try went. */
export const intentStates = ['recorded', 'sent', 'done', 'rejected', 'unknown'] as const;
export type IntentState = (typeof intentStates)[number];

/** The whole life of an intent. A move missing from this table cannot happen. */
export const intentMoves = {
  /** an attempt begins */
  send: { recorded: 'sent' },
  /** GitHub asked to wait: it was no attempt */
  defer: { sent: 'recorded' },
  /** it is there: sent, found, or equal already */
  finish: { recorded: 'done', sent: 'done', unknown: 'done' },
  /** GitHub refused it, or it may not be sent any more */
  reject: { recorded: 'rejected', sent: 'rejected', unknown: 'rejected' },
  /** the answer was lost */
  lose: { sent: 'unknown' },
  /** a person decided to send it once more */
  resend: { unknown: 'recorded' },
  /** sent once more it was refused, which tells nothing of the send whose answer was lost */
  doubt: { recorded: 'unknown', sent: 'unknown' },
} as const satisfies Record<string, Partial<Record<IntentState, IntentState>>>;
export type IntentMove = keyof typeof intentMoves;

/** Where a move leads, or a throw: a caller that gets here with another state has a fault. */
export function intentAfter(move: IntentMove, state: IntentState): IntentState {
  const next = (intentMoves[move] as Partial<Record<IntentState, IntentState>>)[state];
  if (next === undefined) throw new Error(`an intent that is ${state} cannot ${move}`);
  return next;
}

/** How an operation of a changeset came out. */
export const operationOutcomes = ['done', 'adopted', 'unchanged', 'failed', 'unknown', 'not_started'] as const;
export type OperationOutcome = (typeof operationOutcomes)[number];

export const attemptOutcomes = ['sent', 'done', 'rejected', 'unknown', 'deferred'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** What an operation made or changed: enough to name it and to find it again. */
export interface Written {
  /** the database id, where it has one */
  id: number | null;
  number: number | null;
  url: string | null;
}

/** Milliseconds after a lost answer at which Gaia looks again by itself; then a person decides. */
export const patientLooksMs = [2_000, 5_000, 15_000, 60_000] as const;

/** Looks in a row that GitHub did not answer, about an hour of them; then a person decides here too. */
export const looksInOutage = 12;

/** Milliseconds one call may take, all of it. */
export const deadlineMs = 20_000;
/** Milliseconds after which a send that nobody finished counts as lost. */
export const sendLeaseMs = 45_000;
/** Milliseconds between two writes to one repository; GitHub asks for a second at least. */
export const writesApartMs = 1_000;
/** Milliseconds until the next look where GitHub could not be asked; doubled, up to ten minutes. */
export const waitMs = (tries: number): number => Math.min(5_000 * 2 ** Math.min(tries, 7), 600_000);

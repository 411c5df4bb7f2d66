import type { DenyReason } from '../approval/decision.ts';
import { denyReasons } from '../approval/decision.ts';

/** What the buttons of a card offer at the moment. What is shown above them does not depend on it. */
export type Face =
  | { kind: 'open' }
  /** Deny was pressed: the reasons to choose from */
  | { kind: 'reasons' }
  /** somebody pressed Approve, or one of the choices, where two acts are asked for */
  | { kind: 'confirm'; personId: string; confirmBy: number; choice?: number }
  /** an operator pressed “send it again” below a write whose outcome is unknown */
  | { kind: 'confirm_resend'; personId: string; confirmBy: number };

/** What a button stands for. */
export type ButtonAction =
  /** `allow`: approve, and let the agent do exactly this again */
  | { kind: 'approve' | 'allow' | 'deny' | 'confirm' | 'back' }
  | { kind: 'reason'; code: DenyReason }
  /** of a write whose outcome is unknown: look at GitHub again, or send it once more */
  | { kind: 'look' | 'resend' }
  /** an answer of a question, by its place among the choices */
  | { kind: 'choice'; index: number }
  /** on the list of what waits: put this request's card below */
  | { kind: 'show'; requestId: string };

/** The actions that a card of a request can ever offer. */
export const actionsOf = (choices: number, isChangeset = false): ButtonAction[] => [
  { kind: 'approve' },
  { kind: 'allow' },
  { kind: 'deny' },
  { kind: 'confirm' },
  { kind: 'back' },
  ...(isChangeset ? [{ kind: 'look' as const }, { kind: 'resend' as const }] : []),
  ...denyReasons.map((code) => ({ kind: 'reason' as const, code })),
  ...Array.from({ length: choices }, (_, index) => ({ kind: 'choice' as const, index })),
];

/** What is sent first where a channel's limits make things wait. */
export const priorities = { outcome: 1, card: 2, confirmation: 3, reminder: 4, notice: 5 } as const;
export type Priority = (typeof priorities)[keyof typeof priorities];

/** How soon what happened to a request must be seen on its card. */
export function priorityOf(because: string): Priority {
  if (because === 'submitted') return priorities.card;
  if (because === 'vote' || because === 'comment' || because === 'face' || because === 'reconciled')
    return priorities.confirmation;
  return priorities.outcome;
}

/** Edits that only show another vote keep this distance. */
export const voteEditsApartMs = 10_000;

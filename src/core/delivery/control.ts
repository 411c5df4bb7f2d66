/** What a button on an answer to an operator stands for. */
export type Control =
  | { kind: 'requeue'; id: string }
  | { kind: 'requeue_all' }
  /** closing for good needs two acts */
  | { kind: 'discard'; id: string }
  | { kind: 'silence'; alert: string; seconds: number }
  | { kind: 'show'; what: 'status' | 'failed' | 'alerts' | 'pending' }
  | { kind: 'pause' | 'resume' };

/** Whether a press needs an operator; looking does not. */
export const needsOperator = ({ kind }: Control): boolean => kind !== 'show';

/** The second act must follow within this. */
export const armedForMs = 60_000;

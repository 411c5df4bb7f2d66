/** Where a request is. */
export const requestStates = [
  'pending',
  'blocked',
  'approved',
  'denied',
  'answered',
  'expired',
  'withdrawn',
  'executing',
  'executed',
  'failed',
  'unknown',
  'released',
  'recorded',
  'stale',
] as const;
export type RequestState = (typeof requestStates)[number];

export const requestKinds = ['command', 'changeset', 'checkpoint', 'question', 'act'] as const;
export type RequestKind = (typeof requestKinds)[number];

/** The whole life of a request. A move missing from this table cannot happen. */
export const moves = {
  approve: { pending: 'approved' },
  deny: { pending: 'denied' },
  answer: { pending: 'answered' },
  expire: { pending: 'expired', approved: 'expired' },
  withdraw: { pending: 'withdrawn', approved: 'withdrawn' },
  rehearse: { approved: 'executed' },
  outdate: { approved: 'stale' },
  refuse: { approved: 'failed' },
  begin: { approved: 'executing' },
  release: { approved: 'released' },
  finish: { executing: 'executed', unknown: 'executed' },
  fail: { executing: 'failed', unknown: 'failed' },
  lose: { executing: 'unknown' },
  resend: { unknown: 'executing' },
  record: { approved: 'recorded' },
} as const satisfies Record<string, Partial<Record<RequestState, RequestState>>>;
export type Move = keyof typeof moves;

/** Where `move` leads from `state`, or undefined where it cannot happen. */
export const next = (move: Move, state: RequestState): RequestState | undefined =>
  (moves[move] as Partial<Record<RequestState, RequestState>>)[state];

/** States nothing leads out of. `unknown` is open: a person or a look at the world closes it. */
export const ends = [
  'blocked',
  'denied',
  'answered',
  'expired',
  'withdrawn',
  'executed',
  'failed',
  'released',
  'recorded',
  'stale',
] as const satisfies readonly RequestState[];

export const isEnd = (state: RequestState): boolean => (ends as readonly RequestState[]).includes(state);

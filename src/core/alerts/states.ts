/** Where an alert is. `no_data` stands beside: what it watches cannot be read. */
export const alertStates = ['inactive', 'pending', 'firing', 'resolved', 'no_data'] as const;
export type AlertState = (typeof alertStates)[number];

/** The whole life of an alert. A move missing from this table cannot happen. */
export const alertMoves = {
  exceed: { inactive: 'pending', resolved: 'pending', no_data: 'pending' },
  fire: { pending: 'firing' },
  subside: { pending: 'inactive', no_data: 'inactive' },
  resolve: { firing: 'resolved' },
  rest: { resolved: 'inactive' },
  lose: { inactive: 'no_data', pending: 'no_data', firing: 'no_data', resolved: 'no_data' },
} as const satisfies Record<string, Partial<Record<AlertState, AlertState>>>;
export type AlertMove = keyof typeof alertMoves;

/** Where `move` leads from `state`; undefined where it cannot happen. */
export const nextAlertState = (move: AlertMove, state: AlertState): AlertState | undefined =>
  (alertMoves[move] as Partial<Record<AlertState, AlertState>>)[state];

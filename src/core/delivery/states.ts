/** Where a delivery is. `dead` is a permanent failure; a person or the schedule may give it another life. */
export const deliveryStates = ['queued', 'sending', 'sent', 'retrying', 'dead', 'discarded'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export const deliveryMoves = {
  lease: { queued: 'sending', retrying: 'sending', sending: 'sending' },
  confirm: { sending: 'sent' },
  postpone: { sending: 'retrying' },
  giveUp: { sending: 'dead', retrying: 'dead' },
} as const satisfies Record<string, Partial<Record<DeliveryState, DeliveryState>>>;

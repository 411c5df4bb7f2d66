/** Where a delivery is. `dead` is a permanent failure; a person or the schedule may give it another life. */
export const deliveryStates = ['queued', 'sending', 'sent', 'retrying', 'dead', 'discarded'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** The ways to reach people. */
export const channels = ['terminal', 'telegram'] as const;
export type ChannelName = (typeof channels)[number];

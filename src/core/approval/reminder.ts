/** How often people are reminded of a request that waits: at half of its time, and at nine tenths. */
export type ReminderStage = 1 | 2;

/** Of its time, what is over when a reminder is due. */
const shareOver: Record<ReminderStage, number> = { 1: 0.5, 2: 0.9 };

/** The stage that a waiting request has reached; 0: none yet. */
export function stageOf(
  { createdAt, expiresAt }: { createdAt: number; expiresAt: number },
  now: number,
): 0 | ReminderStage {
  const over = (now - createdAt) / (expiresAt - createdAt);
  return over >= shareOver[2] ? 2 : over >= shareOver[1] ? 1 : 0;
}

/** How long people can put reminders of one request off at once. */
export const snoozeMs = { usual: 15 * 60_000, most: 24 * 3_600_000 } as const;

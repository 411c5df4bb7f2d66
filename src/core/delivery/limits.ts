/**
 * How fast Telegram lets a bot talk, and Gaia a little slower, because what left evenly may arrive unevenly. Telegram says
 * (Bot FAQ): about one message a second in a chat, 20 a minute in a group, 30 a second in all; edits count like messages.
 */
export const pace = {
  /** between two calls to one chat, in the long run */
  chatIntervalMs: 1_020,
  /** how many may follow each other at once after a rest; Telegram bears three */
  chatBurst: 2,
  group: { calls: 20, windowMs: 61_000 },
  all: { calls: 25, windowMs: 1_000 },
} as const;

/** Groups, supergroups and channels have negative ids. */
const isGroup = (chat: string): boolean => chat.startsWith('-') || chat.startsWith('@');

/** When the next call to a chat may go, by the instants of those already counted in the last 61 s, the oldest first. */
export function nextCallTo(chat: string, calls: readonly number[]): number {
  let spentUntil = 0;
  for (const at of calls) spentUntil = Math.max(spentUntil, at) + pace.chatIntervalMs;
  const byBurst = spentUntil - (pace.chatBurst - 1) * pace.chatIntervalMs;
  return Math.max(byBurst, isGroup(chat) ? whenFree(calls, pace.group) : 0);
}

/** When the next call to any chat may go, by the instants of the last ones to all chats, the oldest first. */
export const nextCallAtAll = (calls: readonly number[]): number => whenFree(calls, pace.all);

function whenFree(calls: readonly number[], { calls: most, windowMs }: { calls: number; windowMs: number }): number {
  const oldest = calls[calls.length - most];
  return oldest === undefined ? 0 : oldest + windowMs;
}

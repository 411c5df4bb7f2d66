import type { Blocker } from '../../core/approval/blocker.ts';
import { blocker, type Where } from '../../core/change/blockers.ts';
import { GaiaError } from '../../core/errors.ts';

/** Why what holds a text may not proceed that could not be read; undefined where it was something else that went wrong. */
export function unreadBlocker(error: unknown, where: Where): Blocker | undefined {
  if (!(error instanceof GaiaError)) return undefined;
  const { reason, remedy } = error.extras;
  if (reason !== 'text_unread' && reason !== 'texts_busy') return undefined;
  // one that was approved was read before, so it may be that only the machine was busy: it is read again
  const more = { phase: 'submit' as const, retryable: true, ...(remedy && { remedy }) };
  return blocker(reason === 'text_unread' ? 'payload_invalid' : 'timeout', error.message, where, more);
}

import { conflict, type GaiaError } from '../errors.ts';
import type { Request } from './request.ts';

/** A reply older than this may be about something its author no longer sees. */
export const replyCountsForMs = 120_000;

/** Why a reply `approve` does not count like the tap, or undefined where it does. */
export function replyMisfit(of: {
  request: Request;
  wholeAt: number | null;
  sentAt: number;
  now: number;
}): GaiaError | undefined {
  const { request, wholeAt, sentAt, now } = of;
  if (wholeAt === null) {
    return conflict('Not all of this request has arrived yet.', {
      reason: 'not_shown',
      remedy: 'Wait for the card with the buttons.',
    });
  }
  if (now - sentAt > replyCountsForMs) {
    return conflict('Your reply reached Gaia more than two minutes after you wrote it.', {
      reason: 'reply_too_old',
      remedy: 'Look at the card and press Approve, or reply again.',
    });
  }
  if (request.demand?.tier !== 'normal') {
    return conflict('A request of this tier is not approved by reply.', {
      reason: 'reply_not_enough',
      remedy: 'Press Approve on the card.',
    });
  }
  return undefined;
}

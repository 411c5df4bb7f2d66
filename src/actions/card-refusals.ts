import type { By } from '../core/access/actor.ts';
import type { Request } from '../core/approval/request.ts';
import { conflict, forbidden, type GaiaError } from '../core/errors.ts';
import type { Card } from '../store/cards.ts';
import type { Tx } from '../store/database.ts';
import { eventBy } from './app.ts';

/** What does not count changes nothing but the log. */
export function noteRefusal(tx: Tx, by: By, subject: string, because: GaiaError, request?: Request): void {
  tx.record(
    eventBy(by, 'decision.refused', subject, {
      because: because.extras.reason ?? because.code,
      state: request?.state ?? null,
    }),
  );
}

/** What an event about a card is about. */
export const subjectOf = (card: Card): string =>
  card.requestId === null ? `chat:${card.chat}` : `request:${card.requestId}`;

export const unknownButton = () =>
  forbidden('This button is none of Gaia’s.', {
    reason: 'unknown_button',
    remedy: 'Use the buttons of the newest card; /pending lists what waits.',
  });
export const foreignChat = () =>
  forbidden('This card belongs to another chat.', {
    reason: 'foreign_chat',
    remedy: 'Decide in the chat it was sent to.',
  });
export const forwarded = () =>
  forbidden('This is a copy that somebody sent on.', {
    reason: 'forwarded',
    remedy: 'Decide on the card itself; /pending lists what waits.',
  });
/** Said where a message came in the name of a chat. */
export const anonymous = () =>
  forbidden('Nobody can tell who wrote this: it came in the name of a chat.', {
    reason: 'anonymous',
    remedy: 'Write as yourself (turn “Remain anonymous” off).',
  });
export const newCopy = () =>
  conflict('Gaia did not know of this copy of the card; it is being brought up to date.', {
    reason: 'new_copy',
    remedy: 'Read it again and press once more in a moment.',
  });
export const nothingToConfirm = () =>
  conflict('There is nothing to confirm any more.', {
    reason: 'confirmation_missing',
    remedy: 'Press Approve first, then Confirm within 60 seconds.',
  });
export const someoneElseConfirms = () =>
  forbidden('Only the person who pressed Approve can confirm it.', {
    reason: 'not_yours_to_confirm',
    remedy: 'Press Back, then Approve yourself.',
  });

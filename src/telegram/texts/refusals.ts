import type { GaiaError } from '../../core/errors.ts';
import { visible } from '../../core/text/visible.ts';
import { brief, line, type Text } from './text.ts';
import { told } from './told.ts';

/** Refusals in as few words as a phone shows at once. A reason that is missing here is told by its own message. */
const short: Readonly<Record<string, string>> = {
  not_an_approver: 'You are not an approver here. Nothing was decided.',
  not_an_operator: 'Only an operator may do this.',
  not_a_person_here: 'This Gaia does not know you. /start tells you your id.',
  person_removed: 'You are no longer one of the people of this Gaia.',
  own_request: 'You asked for this yourself; someone else must decide.',
  not_named: 'The policy names other people for this one.',
  agents_cannot_decide: 'Agents cannot decide.',
  expired: 'Its time was over before you decided. The asker may ask again.',
  digest_mismatch: 'This card is out of date. Decide on the newest one.',
  not_shown: 'It has not arrived whole yet. Wait for the last message, then decide.',
  confirmation_missing: 'More than 60 seconds passed. Press Approve again, then Confirm.',
  not_approvable: 'A question is answered, not approved.',
  not_answerable: 'Only a question can be answered. Press Approve or Deny.',
  secret_detected: 'That looks like a secret, and answers are kept for good. Say where it is, not what it is.',
  no_such_request: 'There is no such request here.',
  version_conflict: 'Someone else acted in the same instant. Look again.',
  store_held: 'Gaia is busy. Tap again in a moment.',
  lease_lost: 'Gaia is busy. Tap again in a moment.',
  commit_unknown: 'It is not certain that this was recorded. Look at the card, then tap again if needed.',
  acceptance_needed: 'An operator must accept the store first. Nothing starts until then.',
  foreign_chat: 'This card belongs to another chat. Decide there.',
  new_copy: 'You pressed an older copy. It is being brought up to date; read it and press again.',
  unknown_button: 'This button says nothing to Gaia any more. /pending lists what waits.',
  not_yours_to_confirm: 'Somebody else pressed Approve. Press Back, then Approve yourself.',
  reply_too_old: 'Your reply came more than 2 minutes late. Press the button instead.',
  reply_not_enough: 'This one is risky: a reply does not approve it. Press Approve on the card.',
};

/** A refusal in short words. Nothing in it comes from outside unseen. */
export function refusalWords({ message, extras }: GaiaError): string {
  const known = short[extras.reason ?? ''];
  if (known !== undefined) return known;
  return visible(extras.remedy ? `${message} ${extras.remedy}` : message);
}

/** What a refused command is answered: why, and what can be done. */
export const refusalText = ({ message, remedy }: { message: string; remedy: string | null }): Text =>
  told([line(brief(message, 600)), ...(remedy === null ? [] : [line(brief(remedy, 600))])]);

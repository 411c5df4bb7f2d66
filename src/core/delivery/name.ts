import type { Delivery, NamedDelivery } from './delivery.ts';

/** A delivery in few words: `the card of r-7F3K2Q to -1001234567890`. */
export const nameDelivery = ({ id, kind, subject, body, chat, channel }: Delivery): NamedDelivery => {
  const about =
    body.about === 'request'
      ? `${kind === 'card' ? 'the card' : 'a notice'} of ${body.requestId}`
      : kind === 'card'
        ? 'the list of what waits'
        : `${words[body.about]}${subject.startsWith('alert:') ? ` ${subject.slice(6)}` : ''}`;
  return { id, what: `${about} to ${channel === 'terminal' ? 'the terminal' : `the chat ${chat}`}` };
};

const words: Readonly<Record<Exclude<Delivery['body']['about'], 'request'>, string>> = {
  caps: 'a notice of a limit',
  policy: 'a notice of another policy',
  paused: 'a notice of a pause',
  resumed: 'a notice that Gaia goes on',
  acceptance: 'a notice that the store must be accepted',
  unknown: 'a notice of an unknown outcome',
  grant_given: 'a notice of a grant',
  grant_used: 'a notice that a grant was used',
  grants: 'the list of grants',
  agents: 'the list of agents',
  snoozed: 'an answer to /snooze',
  login_asked: 'the question whether a terminal may sign in',
  logged_in: 'an answer to /login',
  terminal_opened: 'a notice that a terminal signed in',
  comment: 'a comment',
  reminder: 'a reminder',
  reminders: 'a reminder of several requests',
  ids: 'an answer to /start',
  help: 'an answer to /help',
  status: 'an answer to /status',
  pending: 'an answer to /pending',
  log: 'an answer to /audit',
  output: 'the output of a command',
  console: 'a link into the console',
  refusal: 'an answer that says what is wrong',
  away: 'a notice that Gaia was away',
  trouble: 'a notice of trouble',
  requeued: 'a notice of what was requeued',
  discarded: 'a notice of what was discarded',
  failed: 'an answer to /failed',
  alerts: 'an answer to /alerts',
  alert: 'the alert',
  silenced: 'a notice of a silence',
  seal: 'the seal of the day',
};

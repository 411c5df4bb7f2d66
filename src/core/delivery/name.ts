import type { Delivery, NamedDelivery } from './delivery.ts';

/** A delivery in few words: `the card of r-7F3K2Q to -1001234567890`. */
export const nameDelivery = ({ id, kind, subject, body, chat, channel }: Delivery): NamedDelivery => {
  const about =
    body.about === 'request'
      ? `${kind === 'card' ? 'the card' : 'a notice'} of ${body.requestId}`
      : kind === 'card'
        ? 'the list of what waits'
        : `${words[body.about] ?? `a notice (${body.about})`}${subject.startsWith('alert:') ? ` ${subject.slice(6)}` : ''}`;
  return { id, what: `${about} to ${channel === 'terminal' ? 'the terminal' : `the chat ${chat}`}` };
};

const words: Readonly<Record<string, string>> = {
  caps: 'a notice of a limit',
  policy: 'a notice of another policy',
  paused: 'a notice of a pause',
  resumed: 'a notice that Gaia goes on',
  acceptance: 'a notice that the store must be accepted',
  away: 'a notice that Gaia was away',
  trouble: 'a notice of trouble',
  alert: 'the alert',
  requeued: 'a notice of what was requeued',
  discarded: 'a notice of what was discarded',
  seal: 'the seal of the day',
};

import type { AlertRule } from '../alerts/rule.ts';
import type { ChannelName, DeliveryState } from './states.ts';

/** What a delivery says; the channel finds the words. */
export type Message =
  /** the request as it stands when the message is sent */
  | { about: 'request'; requestId: string; because: string }
  | { about: 'caps'; agent: string; cap: 'open' | 'per_minute'; limit: number }
  | { about: 'policy'; by: string; changes: string[] }
  | { about: 'paused' | 'resumed'; by: string; reason: string | null }
  | { about: 'acceptance'; reason: string }
  /** nobody knows what became of a command; said again every day */
  | { about: 'unknown'; requestId: string }
  | { about: 'grant_given'; grantId: string }
  | { about: 'grant_used'; grantId: string; requestId: string }
  | { about: 'grants' }
  | { about: 'agents' }
  | { about: 'snoozed'; requestId: string; until: number }
  /** a terminal waits with this code; the person is asked before it can act as them */
  | { about: 'login_asked'; code: string; begunAt: number; expiresAt: number }
  | { about: 'logged_in'; personId: string }
  /** a terminal acts as somebody from now on */
  | { about: 'terminal_opened'; personId: string; expiresAt: number }
  /** somebody asked or answered something about a request */
  | { about: 'comment'; requestId: string; commentId: number }
  /** it still waits, and how much of its time is over: 1 half of it, 2 nine tenths */
  | { about: 'reminder'; requestId: string; stage: 1 | 2 }
  /** several at once that still wait */
  | { about: 'reminders'; requestIds: string[] }
  /** answers to what somebody wrote; they go to the chat it was written in */
  | { about: 'ids'; personId: string; chat: string }
  | { about: 'help'; personId: string }
  | { about: 'status' }
  | { about: 'pending'; offset: number }
  | { about: 'log'; requestId: string | null }
  /** all that a command has written, as a file */
  | { about: 'output'; requestId: string }
  /** a sign-in link is made when the message is sent, so that no secret waits in the store */
  | { about: 'console'; personId: string }
  | { about: 'refusal'; message: string; remedy: string | null }
  /** Gaia could not hear anyone for a while; taps are kept by Telegram for 150 s only */
  | { about: 'away'; from: number; to: number }
  | { about: 'trouble'; trouble: string }
  | RequeuedMessage
  | { about: 'discarded'; by: string; delivery: NamedDelivery; reason: string }
  /** the list of what could not be delivered, with buttons */
  | { about: 'failed' }
  | { about: 'alerts' }
  | AlertMessage
  | { about: 'silenced'; by: string; alert: string; until: number | null; reason: string | null }
  /** the log's head as it is when this is sent, signed */
  | { about: 'seal' };

/** What was given another life, and what was left; `left` says why. The counts say how many stand in neither list. */
export interface RequeuedMessage {
  about: 'requeued';
  by: string;
  requeued: NamedDelivery[];
  left: (NamedDelivery & { because: string })[];
  remaining?: number;
  unnamed?: number;
}

/** A change of an alert, with all it takes to tell of it, also when its rule has changed meanwhile. */
export interface AlertMessage {
  about: 'alert';
  name: string;
  episode: number;
  change: AlertChange;
  value: number | null;
  at: number;
  /** since when it fires, or fired */
  firedAt: number | null;
  rule: Pick<AlertRule, 'summary' | 'severity' | 'metric' | 'when' | 'limit' | 'windowMs'>;
  /** why it comes this way and not the usual one */
  fallback?: string;
  /** why it is over, where that is not by what was read */
  because?: string;
}

/** What a message about an alert tells of. `edit` brings the message of the firing alert up to date. */
export type AlertChange = 'firing' | 'repeat' | 'resolved' | 'no_data' | 'edit';

/** A delivery as notices name it. */
export interface NamedDelivery {
  id: string;
  /** what it is about, and where it goes */
  what: string;
}

export interface Delivery {
  id: string;
  channel: ChannelName;
  kind: 'card' | 'notice';
  /** where it goes; empty on the terminal */
  chat: string;
  topic: number | null;
  /** the card it brings up to date */
  cardId: string | null;
  subject: string;
  body: Message;
  state: DeliveryState;
  priority: number;
  attempts: number;
  /** how often it was sent and the answer was lost */
  ambiguous: number;
  /** how often it was requeued */
  retries: number;
  /** when it last got another life */
  requeuedAt: number | null;
  dueAt: number;
  /** rises with every lease; only the holder of the newest may settle the delivery */
  fence: number;
  leasedBy: string | null;
  error: string | null;
  createdAt: number;
  settledAt: number | null;
}

/** After this long of tries a delivery is dead. */
export const deliveryPatienceMs = 24 * 3_600_000;

/** The instant from which its tries count. */
export const bornAt = ({ createdAt, requeuedAt }: Pick<Delivery, 'createdAt' | 'requeuedAt'>): number =>
  requeuedAt ?? createdAt;

/** Full jitter: anywhere between nothing and 2 s × 2ⁿ, 15 min at most. `random` is in [0, 1). */
export const backoffMs = (attempts: number, random: number): number =>
  Math.ceil(random * Math.min(900_000, 2_000 * 2 ** Math.min(attempts, 20)));

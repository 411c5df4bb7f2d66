import type { Request } from '../core/approval/request.ts';
import { actionsOf, priorities, priorityOf, voteEditsApartMs } from '../core/delivery/card.ts';
import { backoffMs, bornAt, type Delivery, deliveryPatienceMs, type Message } from '../core/delivery/delivery.ts';
import type { ChannelName } from '../core/delivery/states.ts';
import { type Card, insertButton, insertCard, listCards } from '../store/cards.ts';
import { presentChat } from '../store/channels.ts';
import { countOne } from '../store/counters.ts';
import type { Tx } from '../store/database.ts';
import {
  findWaitingForCard,
  hastenDelivery,
  insertDelivery,
  leaseDelivery,
  listDueHeld,
  listQueuedNotices,
  settleDelivery,
} from '../store/deliveries.ts';
import { type App, eventBy, gaiaItself, newRef, newShortId, newTraceId } from './app.ts';

/** What sending came to. `transient` is tried again, `permanent` is dead at once. */
export type Sent = { ok: true } | { ok: false; kind: 'transient' | 'permanent'; error: string };

/** A way to reach people. One delivery at a time; never throws for what the outside did. */
export interface Channel {
  name: Delivery['channel'];
  send(delivery: Delivery): Promise<Sent>;
}

/** How long a sender may take before another may try. */
const leaseMs = 30_000;
const atOnce = 20;

/** Who is told of what happens: the terminal Gaia runs in, or chats. */
export type Audience =
  | { kind: 'terminal' }
  | {
      kind: 'telegram';
      /** where approvers see requests, unless the policy names another chat */
      chat: string;
      /** where notices go */
      noticeChat: string;
      /** where a request's card goes as well when little of its time is left, and alerts that cannot be told there */
      escalationChat?: string;
    };

/** Owes people a notice; written with the change it tells of, or not at all. */
export async function notify(app: App, tx: Tx, subject: string, message: Message): Promise<void> {
  const { audience } = app;
  const place =
    audience.kind === 'terminal'
      ? { channel: 'terminal' as const, chat: '' }
      : { channel: 'telegram' as const, ...(await presentPlace(tx, audience.noticeChat)) };
  await owe(app, tx, {
    topic: null,
    ...place,
    kind: 'notice',
    cardId: null,
    subject,
    body: message,
    priority: priorities.notice,
    dueAt: tx.now,
  });
}

/** Owes whoever wrote something an answer, where it was written. */
export const answerIn = async (
  app: App,
  tx: Tx,
  { chat, topic }: Pick<Delivery, 'chat' | 'topic'>,
  body: Message,
): Promise<void> =>
  void (await owe(app, tx, {
    channel: 'telegram',
    kind: 'notice',
    chat,
    topic,
    cardId: null,
    subject: `chat:${chat}`,
    body,
    priority: priorities.confirmation,
    dueAt: tx.now,
  }));

/** Owes a chat one notice about a request; what still waits there to say the same kind of thing says this instead. */
export async function oweOne(
  app: App,
  tx: Tx,
  { chat, topic }: Pick<Delivery, 'chat' | 'topic'>,
  body: Extract<Message, { about: 'comment' | 'reminder' | 'reminders' }>,
): Promise<void> {
  const subject = body.about === 'reminders' ? `chat:${chat}` : `request:${body.requestId}`;
  const queued = await listQueuedNotices(tx, { chat, subject });
  const waiting = queued.find((each) => each.body.about === body.about && each.topic === topic);
  if (waiting) {
    const merged =
      body.about === 'reminders' && waiting.body.about === 'reminders'
        ? { ...body, requestIds: [...new Set([...waiting.body.requestIds, ...body.requestIds])] }
        : body;
    await hastenDelivery(tx, { ...waiting, body: merged });
    return;
  }
  const priority = priorities.reminder;
  const notice = { channel: 'telegram' as const, kind: 'notice' as const, cardId: null, priority, dueAt: tx.now };
  await owe(app, tx, { ...notice, chat, topic, subject, body });
}

/**
 * Sees to it that every card of a request will show how it stands, in the order that matters most; the first time makes
 * its card. What waits to be sent anyway is hastened, not doubled.
 */
export async function refreshCards(app: App, tx: Tx, request: Request, because: string): Promise<void> {
  const subject = `request:${request.id}`;
  const body = { about: 'request' as const, requestId: request.id, because };
  const { audience } = app;
  const isQuiet = request.grantId !== null && !troubles.includes(because); // people allowed it in advance
  if (audience.kind === 'terminal') {
    if (isQuiet) return;
    const priority = priorities.card; // a terminal is read from top to bottom
    await owe(app, tx, {
      channel: 'terminal',
      kind: 'card',
      chat: '',
      topic: null,
      cardId: null,
      subject,
      body,
      priority,
      dueAt: tx.now,
    });
    return;
  }
  const cards = await listCards(tx, request.id);
  if (cards.length === 0) {
    if (isQuiet) return;
    if (because === 'blocked' || request.grantId !== null) return notify(app, tx, subject, body);
    const { chat, topic } = placeOf(request.demand?.chat ?? audience.chat);
    cards.push(await makeCard(app, tx, request, await presentChat(tx, chat), topic));
  }
  for (const card of cards) await refreshCard(app, tx, card, body);
}

/** What people are told of even where they allowed the request in advance. */
const troubles = ['failed', 'unknown', 'stale', 'expired'];

/** Brings one card up to date, now or at `dueAt`. */
export async function refreshCard(
  app: App,
  tx: Tx,
  card: Card,
  body: Message & { because: string },
  dueAt = body.because === 'vote' ? Math.max(tx.now, (card.editedAt ?? 0) + voteEditsApartMs) : tx.now,
): Promise<void> {
  const priority = priorityOf(body.because);
  const waiting = await findWaitingForCard(tx, card.id);
  if (waiting) {
    // a retry keeps its distance: only what was merely queued is brought forward
    const soonest = waiting.state === 'queued' ? Math.min(waiting.dueAt, dueAt) : waiting.dueAt;
    // that somebody is to be shown the whole card outlives what happens meanwhile
    const asked = 'because' in waiting.body && waiting.body.because === 'submitted' ? waiting.body : body;
    const most = Math.min(waiting.priority, priority);
    await hastenDelivery(tx, { id: waiting.id, dueAt: soonest, priority: most, body: asked });
    return;
  }
  const subject = card.requestId === null ? `chat:${card.chat}` : `request:${card.requestId}`;
  await owe(app, tx, {
    channel: 'telegram',
    kind: 'card',
    chat: card.chat,
    topic: card.topic,
    cardId: card.id,
    subject,
    body,
    priority,
    dueAt,
  });
}

/** A card for a request in a chat, with a reference for everything its buttons can ever mean. */
export async function makeCard(app: App, tx: Tx, request: Request, chat: string, topic: number | null): Promise<Card> {
  const card: Card = {
    id: newRef(app),
    requestId: request.id,
    chat,
    topic,
    face: { kind: 'open' },
    wholeAt: null,
    editedAt: null,
    createdAt: tx.now,
  };
  await insertCard(tx, card);
  const choices = request.effect?.kind === 'question' ? (request.effect.question.choices?.length ?? 0) : 0;
  for (const action of actionsOf(choices, request.kind === 'changeset'))
    await insertButton(tx, { ref: newRef(app), cardId: card.id, action });
  return card;
}

async function presentPlace(tx: Tx, place: string): Promise<{ chat: string; topic: number | null }> {
  const { chat, topic } = placeOf(place);
  return { chat: await presentChat(tx, chat), topic };
}

/** `-100123:45` names topic 45 of a chat. */
export function placeOf(place: string): { chat: string; topic: number | null } {
  const [chat = '', topic] = place.split(':');
  return { chat, topic: topic === undefined ? null : Number(topic) };
}

/** Writes down one message owed; answers its id. */
export async function owe(
  app: App,
  tx: Tx,
  delivery: Omit<Parameters<typeof insertDelivery>[1], 'id' | 'createdAt'>,
): Promise<string> {
  for (;;) {
    const id = newShortId(app, 'd');
    if (await insertDelivery(tx, { ...delivery, id, createdAt: tx.now })) return id;
  }
}

/** Takes what is due on a channel, the most urgent first, each with a fence that only this taker can settle. */
export const leaseDue = (app: App, channel: ChannelName, holder: string): Promise<Delivery[]> =>
  app.db.write(async (tx) => {
    const leased: Delivery[] = [];
    for (const delivery of await listDueHeld(tx, channel, atOnce)) {
      leased.push(await leaseDelivery(tx, delivery, holder, tx.now + leaseMs));
    }
    return leased;
  });

/** Records what sending came to. The outcome of a lease that ran out does not count. */
export const settle = (app: App, delivery: Delivery, sent: Sent, random: number): Promise<void> =>
  app.db.write(async (tx) => {
    const settled = { id: delivery.id, fence: delivery.fence, dueAt: tx.now, error: null, settledAt: tx.now };
    if (sent.ok) {
      await settleDelivery(tx, { ...settled, state: 'sent' });
      return;
    }
    const dead = sent.kind === 'permanent' || tx.now - bornAt(delivery) >= deliveryPatienceMs;
    const counted = await settleDelivery(tx, {
      ...settled,
      state: dead ? 'dead' : 'retrying',
      error: sent.error,
      dueAt: dead ? tx.now : tx.now + backoffMs(delivery.attempts, random),
      settledAt: dead ? tx.now : null,
    });
    if (counted) await countSendError(tx, delivery);
    if (dead && counted) await died(app, tx, delivery, sent.error);
  });

/** The log says that a message will not arrive, and why. */
export async function died(app: App, tx: Tx, { id, subject, attempts, body }: Delivery, error: string): Promise<void> {
  const by = gaiaItself(newTraceId(app));
  await countOne(tx, body.about === 'alert' ? 'alert_send_errors' : 'delivery_moved_dead');
  tx.record(eventBy(by, 'delivery.died', `delivery:${id}`, { error, about: subject, attempts }));
}

/** Counts a call that failed. What tells of alerts is counted apart, so that no alert is about alerts. */
export const countSendError = (tx: Tx, { body }: Delivery): Promise<void> =>
  countOne(tx, body.about === 'alert' ? 'alert_send_errors' : 'delivery_send_errors');

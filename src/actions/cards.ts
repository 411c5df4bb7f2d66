import { type By, person } from '../core/access/actor.ts';
import { alreadySettled, type Decision, deciders, mayNotDecide, type Verdict } from '../core/approval/decision.ts';
import { replyMisfit } from '../core/approval/on-reply.ts';
import type { Request } from '../core/approval/request.ts';
import { isEnd } from '../core/approval/states.ts';
import type { ButtonAction, Face } from '../core/delivery/card.ts';
import { conflict, forbidden, GaiaError } from '../core/errors.ts';
import {
  type Card,
  findButton,
  findCard,
  findCardMessage,
  insertCardMessage,
  listCards,
  saveCard,
} from '../store/cards.ts';
import { presentChat, saveName, takeUpdate } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { listVotes } from '../store/decisions.ts';
import { getRequest } from '../store/requests.ts';
import { type App, eventBy, newTraceId } from './app.ts';
import { type Decided, decideIn } from './decisions.ts';
import { makeCard, refreshCard } from './deliveries.ts';

/** Somebody in a chat, by the id that decides, and the name that is shown. */
export interface Sender {
  id: string;
  name: string;
}

/** A press of a button, as the channel told of it. */
export interface Tap {
  updateId: number;
  /** what the button holds */
  ref: string;
  chat: string;
  messageId: number;
  from: Sender;
}

export type TapOutcome =
  /** this very update was handled before */
  | { kind: 'known' }
  | { kind: 'decided'; verdict: Verdict; decided: Decided }
  /** the card now offers something else */
  | { kind: 'turned'; face: Face; request: Request }
  /** the card asked for will come */
  | { kind: 'shown'; requestId: string }
  | { kind: 'refused'; because: GaiaError; request?: Request };

/**
 * A tap: the update, what it decides, its events and the cards it changes are one transaction. What does not count
 * changes nothing but the log; everyone is answered.
 */
export function tap(app: App, { updateId, ref, chat, messageId, from }: Tap): Promise<TapOutcome> {
  const by: By = { actor: person(from.id), source: 'telegram', traceId: newTraceId(app) };
  return app.db.write(async (tx): Promise<TapOutcome> => {
    if (!(await takeUpdate(tx, updateId))) return { kind: 'known' };
    await saveName(tx, from.id, from.name);
    const button = await findButton(tx, ref);
    const card = button && (await findCard(tx, button.cardId));
    if (!button || !card) return refuse(tx, by, `button:${ref.slice(0, 16)}`, unknownButton());
    if ((await presentChat(tx, chat)) !== card.chat) return refuse(tx, by, subjectOf(card), foreignChat());
    const { action } = button;
    if (action.kind === 'show') {
      await putCard(app, tx, action.requestId, card.chat, card.topic);
      return { kind: 'shown', requestId: action.requestId };
    }

    const request = await getRequest(tx, card.requestId as string);
    const known = await findCardMessage(tx, chat, messageId);
    if (known === undefined) {
      await adopt(app, tx, card, messageId);
      if (!isEnd(request.state)) return refuse(tx, by, subjectOf(card), newCopy(), request);
    }
    return press(app, tx, { card, request, action, from, by });
  });
}

interface Press {
  card: Card;
  request: Request;
  action: Exclude<ButtonAction, { kind: 'show' }>;
  from: Sender;
  by: By;
}

async function press(app: App, tx: Tx, { card, request, action, from, by }: Press): Promise<TapOutcome> {
  const refusal = (because: GaiaError) => refuse(tx, by, subjectOf(card), because, request);
  const decideAs = async (verdict: Verdict, more: Partial<Decision> = {}, choice?: number): Promise<TapOutcome> => {
    const decision = { requestId: request.id, personId: from.id, verdict, digest: request.digest ?? '', ...more };
    const decided = await decideIn(app, tx, decision, by);
    if (decided instanceof GaiaError) return { kind: 'refused', because: decided, request };
    const { confirmBy } = decided;
    if (confirmBy !== undefined)
      return turn({ kind: 'confirm', personId: from.id, confirmBy, ...(choice === undefined ? {} : { choice }) });
    if (card.face.kind !== 'open') await saveCard(tx, { ...card, face: { kind: 'open' } });
    return { kind: 'decided', verdict, decided };
  };
  const turn = async (face: Face): Promise<TapOutcome> => {
    const turned = { ...card, face };
    await saveCard(tx, turned);
    await refreshCard(app, tx, turned, { about: 'request', requestId: request.id, because: 'face' });
    return { kind: 'turned', face, request };
  };
  const choose = (index: number | undefined, more: Partial<Decision> = {}) => {
    const answer = request.effect?.kind === 'question' ? request.effect.question.choices?.[index ?? -1] : undefined;
    return answer === undefined ? refusal(unknownButton()) : decideAs('answer', { answer, ...more }, index);
  };
  switch (action.kind) {
    case 'approve':
      return decideAs('approve');
    case 'confirm': {
      const { face } = card;
      if (face.kind !== 'confirm') return refusal(nothingToConfirm());
      if (face.personId !== from.id) return refusal(someoneElseConfirms());
      return request.kind === 'question'
        ? choose(face.choice, { confirm: true })
        : decideAs('approve', { confirm: true });
    }
    case 'choice':
      return choose(action.index);
    case 'reason':
      return decideAs('deny', { reason: { code: action.code } });
    case 'deny':
    case 'back': {
      const barred =
        request.state === 'pending'
          ? mayNotDecide(deciders(request), from.id, app.people)
          : alreadySettled(request, await listVotes(tx, request.id));
      if (barred) return refusal(barred);
      return turn(action.kind === 'deny' ? { kind: 'reasons' } : { kind: 'open' });
    }
  }
}

/** A reply to a message of a card, as the channel told of it. */
export interface Reply {
  updateId: number;
  chat: string;
  /** the message replied to */
  messageId: number;
  from: Sender;
  sentAt: number;
  says: { kind: 'approve' } | { kind: 'deny'; text?: string } | { kind: 'text'; text: string };
}

export type ReplyOutcome =
  | { kind: 'known' }
  | { kind: 'ignored' }
  | Extract<TapOutcome, { kind: 'decided' | 'refused' }>;

/**
 * A reply: `approve` counts like the tap where it may, `deny` always, a text only as the answer of a question that has
 * no choices. A reply to anything else than a card is nobody's decision.
 */
export function reply(app: App, { updateId, chat, messageId, from, sentAt, says }: Reply): Promise<ReplyOutcome> {
  const by: By = { actor: person(from.id), source: 'telegram', traceId: newTraceId(app) };
  return app.db.write(async (tx): Promise<ReplyOutcome> => {
    if (!(await takeUpdate(tx, updateId))) return { kind: 'known' };
    const message = await findCardMessage(tx, chat, messageId);
    const card = message && (await findCard(tx, message.cardId));
    if (!card?.requestId) return { kind: 'ignored' };
    await saveName(tx, from.id, from.name);
    const request = await getRequest(tx, card.requestId);
    const isFree = request.effect?.kind === 'question' && request.effect.question.choices === undefined;
    if (says.kind === 'text' && !isFree) return { kind: 'ignored' };
    const misfit =
      says.kind === 'approve' ? replyMisfit({ request, wholeAt: card.wholeAt, sentAt, now: tx.now }) : undefined;
    if (misfit)
      return refuse(tx, by, subjectOf(card), misfit, request) as Promise<Extract<TapOutcome, { kind: 'refused' }>>;
    const said: Pick<Decision, 'verdict'> & Partial<Decision> =
      says.kind === 'text'
        ? { verdict: 'answer', answer: says.text }
        : says.kind === 'approve'
          ? { verdict: 'approve' }
          : { verdict: 'deny', reason: { code: 'other', ...(says.text ? { text: says.text } : {}) } };
    const decision = { requestId: request.id, personId: from.id, digest: request.digest ?? '', ...said };
    const decided = await decideIn(app, tx, decision, by);
    if (decided instanceof GaiaError) return { kind: 'refused', because: decided, request };
    return { kind: 'decided', verdict: decision.verdict, decided };
  });
}

/** Puts a request's card into a chat where it has none yet, or brings the one it has up to date. */
export async function putCard(app: App, tx: Tx, requestId: string, chat: string, topic: number | null): Promise<void> {
  const request = await getRequest(tx, requestId);
  const known = (await listCards(tx, requestId)).find((card) => card.chat === chat);
  const card = known ?? (await makeCard(app, tx, request, chat, topic));
  await refreshCard(app, tx, card, { about: 'request', requestId, because: 'submitted' });
}

/** A copy that Gaia did not know of (the answer to its sending was lost) becomes one it keeps truthful. */
async function adopt(app: App, tx: Tx, card: Card, messageId: number): Promise<void> {
  await insertCardMessage(tx, {
    cardId: card.id,
    chat: card.chat,
    messageId,
    part: 'copy',
    place: 0,
    rendering: null,
    sentAt: tx.now,
  });
  await refreshCard(app, tx, card, { about: 'request', requestId: card.requestId as string, because: 'adopted' });
}

function refuse(tx: Tx, by: By, subject: string, because: GaiaError, request?: Request): Promise<TapOutcome> {
  tx.record(
    eventBy(by, 'decision.refused', subject, {
      because: because.extras.reason ?? because.code,
      state: request?.state ?? null,
    }),
  );
  return Promise.resolve({ kind: 'refused', because, ...(request ? { request } : {}) });
}

const subjectOf = (card: Card): string => (card.requestId === null ? `chat:${card.chat}` : `request:${card.requestId}`);

const unknownButton = () =>
  forbidden('This button is none of Gaia’s.', {
    reason: 'unknown_button',
    remedy: 'Use the buttons of the newest card; /pending lists what waits.',
  });
const foreignChat = () =>
  forbidden('This card belongs to another chat.', {
    reason: 'foreign_chat',
    remedy: 'Decide in the chat it was sent to.',
  });
const newCopy = () =>
  conflict('Gaia did not know of this copy of the card; it is being brought up to date.', {
    reason: 'new_copy',
    remedy: 'Read it again and press once more in a moment.',
  });
const nothingToConfirm = () =>
  conflict('There is nothing to confirm any more.', {
    reason: 'confirmation_missing',
    remedy: 'Press Approve first, then Confirm within 60 seconds.',
  });
const someoneElseConfirms = () =>
  forbidden('Only the person who pressed Approve can confirm it.', {
    reason: 'not_yours_to_confirm',
    remedy: 'Press Back, then Approve yourself.',
  });

import { type By, person } from '../core/access/actor.ts';
import {
  alreadySettled,
  confirmWithinMs,
  type Decision,
  deciders,
  mayNotDecide,
  type Verdict,
} from '../core/approval/decision.ts';
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
import { listNames, presentChat, saveName } from '../store/channels.ts';
import { findControl, type StoredControl } from '../store/controls.ts';
import type { Tx } from '../store/database.ts';
import { listVotes } from '../store/decisions.ts';
import { getRequest } from '../store/requests.ts';
import { type App, eventBy, newTraceId } from './app.ts';
import { askForLookIn, notUnknown, resendIn } from './changes/unknown.ts';
import { commentIn } from './comments.ts';
import { type Operated, operate } from './controls.ts';
import { type Decided, decideIn } from './decisions.ts';
import { answerIn, makeCard, refreshCard } from './deliveries.ts';
import { mustOperate } from './operators.ts';
import { confirmLoginIn } from './sessions.ts';
import { type Turn, takeTurn } from './updates.ts';

/** Somebody in a chat, by the id that decides, and the name that is shown. */
export interface Sender {
  id: string;
  name: string;
}

/** A press of a button, as the channel told of it. */
export interface Tap extends Turn {
  /** what the button holds */
  ref: string;
  chat: string;
  messageId: number;
  from: Sender;
  /** the message is not Gaia's own, but what somebody sent on */
  isForwarded?: boolean;
}

export type TapOutcome =
  /** this very update was handled before */
  | { kind: 'known' }
  | { kind: 'decided'; verdict: Verdict; decided: Decided }
  /** the card now offers something else */
  | { kind: 'turned'; face: Face; request: Request }
  /** an unknown write is looked for, or sent once more */
  | { kind: 'asked'; what: 'look' | 'resend'; request: Request }
  /** the card asked for will come */
  | { kind: 'shown'; requestId: string }
  /** a terminal acts as whoever pressed */
  | { kind: 'logged_in' }
  /** a button on an answer to an operator was pressed */
  | { kind: 'operated'; operated: Operated }
  | { kind: 'refused'; because: GaiaError; request?: Request };

/**
 * A tap: the update, what it decides, its events and the cards it changes are one transaction. What does not count
 * changes nothing but the log; everyone is answered.
 */
export function tap(app: App, { ref, chat, messageId, from, isForwarded, ...turn }: Tap): Promise<TapOutcome> {
  const by: By = { actor: person(from.id), source: 'telegram', traceId: newTraceId(app) };
  return app.db.write(async (tx): Promise<TapOutcome> => {
    if (!(await takeTurn(tx, turn))) return { kind: 'known' };
    await saveName(tx, from.id, from.name);
    const code = loginButton.codeOf(ref);
    if (code !== undefined) return confirmsTerminal(app, tx, { code, chat, from, by });
    const control = await findControl(tx, ref);
    if (control) return pressControl(app, tx, control, { chat, isForwarded: isForwarded ?? false }, by);
    const button = await findButton(tx, ref);
    const card = button && (await findCard(tx, button.cardId));
    if (!button || !card) return refuse(tx, by, `button:${ref.slice(0, 16)}`, unknownButton());
    if ((await presentChat(tx, chat)) !== card.chat) return refuse(tx, by, subjectOf(card), foreignChat());
    if (isForwarded) return refuse(tx, by, subjectOf(card), forwarded());
    const { action } = button;
    if (action.kind === 'show') {
      await putCard(app, tx, action.requestId, card.chat, card.topic);
      return { kind: 'shown', requestId: action.requestId };
    }

    const request = await getRequest(tx, card.requestId as string);
    const known = await findCardMessage(tx, chat, messageId);
    if (known && known.cardId !== card.id) return refuse(tx, by, subjectOf(card), unknownButton(), request);
    if (known === undefined) {
      await adopt(app, tx, card, messageId);
      if (!isEnd(request.state)) return refuse(tx, by, subjectOf(card), newCopy(), request);
    }
    return press(app, tx, { card, request, action, from, by });
  });
}

/**
 * The button under “does this terminal act as you?”. It names the code, for it gives nothing that the person who presses
 * it could not give by the code; it counts in their own chat with the bot alone.
 */
export const loginButton = {
  refFor: (code: string): string => `login:${code}`,
  codeOf: (ref: string): string | undefined => /^login:([A-Z]{4}-[A-Z]{4})$/.exec(ref)?.[1],
};

async function confirmsTerminal(
  app: App,
  tx: Tx,
  { code, chat, from, by }: { code: string; chat: string; from: Sender; by: By },
): Promise<TapOutcome> {
  const { approvers, operators } = app.people;
  try {
    if (chat !== from.id) throw foreignChat(); // a private chat has its person's id (Bot API)
    if (![...approvers, ...operators].includes(from.id)) throw unknownButton();
    await confirmLoginIn(tx, code, by);
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    return refuse(tx, by, `chat:${chat}`, error);
  }
  await answerIn(app, tx, { chat, topic: null }, { about: 'logged_in', personId: from.id });
  return { kind: 'logged_in' };
}

/** A press on an answer to an operator, judged again; what bars it changes nothing but the log. */
async function pressControl(
  app: App,
  tx: Tx,
  control: StoredControl,
  { chat, isForwarded }: { chat: string; isForwarded: boolean },
  by: By,
): Promise<TapOutcome> {
  try {
    if (isForwarded) throw forwarded();
    return { kind: 'operated', operated: await operate(app, tx, control, chat, by) };
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    const detail = { command: control.action.kind, because: error.extras.reason ?? error.code };
    tx.record(eventBy(by, 'command.refused', `chat:${chat}`, detail));
    return { kind: 'refused', because: error };
  }
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
  /** what only operators do; whom it is not for, or when, is refused and changes nothing but the log */
  const operating = async (act: () => Promise<TapOutcome>): Promise<TapOutcome> => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof GaiaError) return refusal(error);
      throw error;
    }
  };
  switch (action.kind) {
    case 'approve':
      return decideAs('approve');
    case 'allow':
      return decideAs('approve', { allow: true });
    case 'confirm': {
      const { face } = card;
      if (face.kind !== 'confirm' && face.kind !== 'confirm_resend') return refusal(nothingToConfirm());
      if (face.personId !== from.id) return refusal(someoneElseConfirms());
      if (face.kind === 'confirm_resend') {
        if (tx.now >= face.confirmBy) return refusal(nothingToConfirm());
        await saveCard(tx, { ...card, face: { kind: 'open' } });
        return operating(async () => ({
          kind: 'asked',
          what: 'resend',
          request: await resendIn(app, tx, request, by),
        }));
      }
      return request.kind === 'question'
        ? choose(face.choice, { confirm: true })
        : decideAs('approve', { confirm: true });
    }
    case 'choice':
      return choose(action.index);
    case 'reason':
      return decideAs('deny', { reason: { code: action.code } });
    case 'look':
      return operating(async () => ({
        kind: 'asked',
        what: 'look',
        request: await askForLookIn(app, tx, request, by),
      }));
    case 'resend':
      return operating(() => {
        mustOperate(app, by);
        if (request.state !== 'unknown') throw notUnknown(request);
        return turn({ kind: 'confirm_resend', personId: from.id, confirmBy: tx.now + confirmWithinMs });
      });
    case 'deny':
    case 'back': {
      if (action.kind === 'back' && request.state === 'unknown')
        return operating(() => {
          mustOperate(app, by);
          return turn({ kind: 'open' });
        });
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
export interface Reply extends Turn {
  chat: string;
  /** the message replied to */
  messageId: number;
  from: Sender;
  /** written in the name of a chat or channel, so that nobody knows by whom */
  isAnonymous: boolean;
  sentAt: number;
  says:
    | { kind: 'approve' }
    | { kind: 'deny'; text?: string }
    | { kind: 'text'; text: string }
    | { kind: 'ask'; text: string };
}

export type ReplyOutcome =
  | { kind: 'known' }
  /** it says nothing to a card; the update is not taken */
  | { kind: 'ignored' }
  | { kind: 'asked'; requestId: string }
  | Extract<TapOutcome, { kind: 'decided' | 'refused' }>;

/**
 * A reply: `approve` counts like the tap where it may, `deny` always, a text only as the answer of a question that has
 * no choices. What does not count is answered where it was written. A reply to anything else than a card is nobody's
 * decision.
 */
export function reply(
  app: App,
  { chat, messageId, from, isAnonymous, sentAt, says, ...turn }: Reply,
): Promise<ReplyOutcome> {
  const by: By = { actor: person(from.id), source: 'telegram', traceId: newTraceId(app) };
  return app.db.write(async (tx): Promise<ReplyOutcome> => {
    const message = await findCardMessage(tx, chat, messageId);
    const card = message && (await findCard(tx, message.cardId));
    if (!card?.requestId) return { kind: 'ignored' };
    const request = await getRequest(tx, card.requestId);
    const isFree = request.effect?.kind === 'question' && request.effect.question.choices === undefined;
    if (says.kind === 'text' && !isFree) return { kind: 'ignored' };
    if (!(await takeTurn(tx, turn))) return { kind: 'known' };

    const refused = async (because: GaiaError): Promise<ReplyOutcome> => {
      const told = await withNames(tx, because);
      await answerIn(app, tx, card, { about: 'refusal', message: told, remedy: because.extras.remedy ?? null });
      return { kind: 'refused', because, request };
    };
    const refusedUnheard = (because: GaiaError) => {
      noteRefusal(tx, by, subjectOf(card), because, request);
      return refused(because);
    };
    if (isAnonymous) return refusedUnheard(anonymous());
    await saveName(tx, from.id, from.name);
    if (says.kind === 'ask') {
      const asked = await commentIn(app, tx, request.id, says.text, by);
      return asked instanceof GaiaError ? refusedUnheard(asked) : { kind: 'asked', requestId: request.id };
    }
    const misfit =
      says.kind === 'approve' ? replyMisfit({ request, wholeAt: card.wholeAt, sentAt, now: tx.now }) : undefined;
    if (misfit) return refusedUnheard(misfit);
    const said: Pick<Decision, 'verdict'> & Partial<Decision> =
      says.kind === 'text'
        ? { verdict: 'answer', answer: says.text }
        : says.kind === 'approve'
          ? { verdict: 'approve' }
          : { verdict: 'deny', reason: { code: 'other', ...(says.text ? { text: says.text } : {}) } };
    const decision = { requestId: request.id, personId: from.id, digest: request.digest ?? '', ...said };
    const decided = await decideIn(app, tx, decision, by);
    if (decided instanceof GaiaError) return refused(decided);
    return { kind: 'decided', verdict: decision.verdict, decided };
  });
}

/** The message of a refusal, with the names of those who decided in the place of their ids. */
async function withNames(tx: Tx, { message, extras }: GaiaError): Promise<string> {
  const decidedBy = extras.facts?.decidedBy;
  if (!Array.isArray(decidedBy) || decidedBy.length === 0) return message;
  const names = await listNames(tx);
  return decidedBy.reduce((said: string, id: string) => said.replace(id, names.get(id) ?? id), message);
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

async function refuse(
  tx: Tx,
  by: By,
  subject: string,
  because: GaiaError,
  request?: Request,
): Promise<Extract<TapOutcome, { kind: 'refused' }>> {
  noteRefusal(tx, by, subject, because, request);
  return { kind: 'refused', because, ...(request ? { request } : {}) };
}

function noteRefusal(tx: Tx, by: By, subject: string, because: GaiaError, request?: Request): void {
  tx.record(
    eventBy(by, 'decision.refused', subject, {
      because: because.extras.reason ?? because.code,
      state: request?.state ?? null,
    }),
  );
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
const forwarded = () =>
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

import { type By, person } from '../core/access/actor.ts';
import {
  alreadySettled,
  confirmWithinMs,
  type Decision,
  deciders,
  mayNotDecide,
  type Verdict,
} from '../core/approval/decision.ts';
import type { Request } from '../core/approval/request.ts';
import { isEnd } from '../core/approval/states.ts';
import type { ButtonAction, Face } from '../core/delivery/card.ts';
import { GaiaError } from '../core/errors.ts';
import { type Card, findButton, findCard, findCardMessage, saveCard } from '../store/cards.ts';
import { presentChat, saveName } from '../store/channels.ts';
import { findControl, type StoredControl } from '../store/controls.ts';
import type { Tx } from '../store/database.ts';
import { listVotes } from '../store/decisions.ts';
import { getRequest } from '../store/requests.ts';
import { type App, eventBy, newTraceId } from './app.ts';
import {
  foreignChat,
  forwarded,
  newCopy,
  noteRefusal,
  nothingToConfirm,
  someoneElseConfirms,
  subjectOf,
  unknownButton,
} from './card-refusals.ts';
import { adopt, putCard } from './cards.ts';
import { askForLookIn, notUnknown, resendIn } from './changes/unknown.ts';
import { type Operated, operate } from './controls.ts';
import { type Decided, decideIn } from './decisions.ts';
import { answerIn, refreshCard } from './deliveries.ts';
import { mustOperate } from './operators.ts';
import { confirmLoginIn } from './sessions.ts';
import { type Sender, type Turn, takeTurn } from './updates.ts';

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

import { type By, person } from '../core/access/actor.ts';
import type { Decision } from '../core/approval/decision.ts';
import { replyMisfit } from '../core/approval/on-reply.ts';
import { GaiaError } from '../core/errors.ts';
import { findCard, findCardMessage } from '../store/cards.ts';
import { listNames, saveName } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { getRequest } from '../store/requests.ts';
import { type App, newTraceId } from './app.ts';
import { anonymous, noteRefusal, subjectOf } from './card-refusals.ts';
import { commentIn } from './comments.ts';
import { decideIn } from './decisions.ts';
import { answerIn } from './deliveries.ts';
import type { TapOutcome } from './taps.ts';
import { type Sender, type Turn, takeTurn } from './updates.ts';

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

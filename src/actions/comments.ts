import { agentOf, type By, personOf } from '../core/access/actor.ts';
import { type Comment, commentInput, commentMisfit } from '../core/approval/comment.ts';
import type { Request } from '../core/approval/request.ts';
import { forbidden, GaiaError, invalid } from '../core/errors.ts';
import { redact } from '../core/secrets/redact.ts';
import { listCards } from '../store/cards.ts';
import { insertComment, listComments } from '../store/comments.ts';
import type { Tx } from '../store/database.ts';
import { getRequest, noSuchRequest } from '../store/requests.ts';
import { type App, eventBy } from './app.ts';
import { oweOne, refreshCards } from './deliveries.ts';

export interface Commented {
  request: Request;
  comment: Comment;
}

/**
 * Says something about a request: a person asks, its asker answers. It stays as it is; the cards show what was said, and
 * whoever waits for the request hears of it.
 */
export async function comment(app: App, id: string, text: string, by: By): Promise<Commented> {
  const said = await app.db.write((tx) => commentIn(app, tx, id, text, by));
  if (said instanceof GaiaError) throw said;
  return said;
}

/** The same within a work that does more; why it is not taken is returned. */
export async function commentIn(app: App, tx: Tx, id: string, text: string, by: By): Promise<Commented | GaiaError> {
  const request = await getRequest(tx, id);
  const barred = mayNotComment(app, request, by);
  if (barred) return barred;
  const unfit = textMisfit(text);
  if (unfit) return unfit;
  const comments = await listComments(tx, id);
  const misfit = commentMisfit(request, by.actor, comments);
  if (misfit) return misfit;
  const kept = redact(text, app.inForce.policy.secrets);
  const comment = await insertComment(tx, {
    requestId: id,
    author: by.actor,
    text: kept,
    source: by.source,
    at: tx.now,
  });
  tx.record(eventBy(by, 'request.commented', `request:${id}`, { text: kept, at: tx.now }));
  await refreshCards(app, tx, request, 'comment');
  if (agentOf(by.actor) !== undefined) await tellOfAnswer(app, tx, comment);
  return { request, comment };
}

/** Why a text is no comment, whichever door it came through; it is never cut in silence. */
function textMisfit(text: string): GaiaError | undefined {
  const fault = commentInput.safeParse({ text }).error?.issues[0]?.message;
  if (fault === undefined) return undefined;
  return invalid(`The comment is not taken: ${fault}.`, {
    reason: 'invalid_input',
    remedy: 'Say it in fewer words, or in several comments.',
    faults: [{ field: 'text', message: fault }],
  });
}

/**
 * An edited card makes no phone ring, so an answer is also told where the request is shown. What waits to be told there
 * tells the newest instead: the card shows them all.
 */
async function tellOfAnswer(app: App, tx: Tx, { requestId, id }: Comment): Promise<void> {
  const body = { about: 'comment' as const, requestId, commentId: id };
  for (const { chat, topic } of await listCards(tx, requestId)) await oweOne(app, tx, { chat, topic }, body);
}

function mayNotComment(app: App, { id, askedBy }: Request, by: By): GaiaError | undefined {
  if (askedBy === by.actor) return undefined;
  const personId = personOf(by.actor);
  if (personId === undefined) return noSuchRequest(id);
  if ([...app.people.approvers, ...app.people.operators].includes(personId)) return undefined;
  return forbidden('You are not one of the people of this Gaia.', {
    reason: 'not_an_approver',
    remedy: 'Ask whoever runs it to add your id to the approvers.',
  });
}

import type { People } from '../core/access/actor.ts';
import type { Blocker } from '../core/approval/blocker.ts';
import { type Change, changesBetween } from '../core/approval/changes.ts';
import type { Comment } from '../core/approval/comment.ts';
import { tally, type Vote } from '../core/approval/decision.ts';
import { grantMisfit } from '../core/approval/grant.ts';
import type { Request } from '../core/approval/request.ts';
import { pausedBlocker } from '../core/approval/start.ts';
import { isEnd, type RequestState } from '../core/approval/states.ts';
import type { OperationResult } from '../core/change/changeset.ts';
import { resultsOf } from '../core/change/results.ts';
import { invalid } from '../core/errors.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import { listComments } from '../store/comments.ts';
import type { Database, Handle } from '../store/database.ts';
import { listVotes } from '../store/decisions.ts';
import { getInstallation } from '../store/installation.ts';
import { listIntents } from '../store/intents.ts';
import { listPending, listRequests } from '../store/request-lists.ts';
import { findRequest, noSuchRequest } from '../store/requests.ts';
import { findStanding } from '../store/standings.ts';

/** What views need: the store, the people, and where pages are. */
export interface Viewer {
  db: Database;
  people: People;
  /** without a slash at the end */
  publicUrl: string;
}

/** A request as every door shows it. Throws not_found; `askedBy` narrows to one asker's own. */
export async function getRequestAnswer(viewer: Viewer, id: string, askedBy?: string): Promise<RequestAnswer> {
  const request = await findRequest(viewer.db.read, id);
  if (!request || (askedBy !== undefined && request.askedBy !== askedBy)) throw noSuchRequest(id);
  return answerFor(viewer, request);
}

export async function answerFor(viewer: Viewer, request: Request): Promise<RequestAnswer> {
  const read = viewer.db.read;
  const votes = await listVotes(read, request.id);
  return compose(viewer, request, {
    votes,
    paused: await isPaused(read),
    ...(await toldWith(read, request)),
    publishing: await publishingOf(read, request),
  });
}

/** What was said about a request, and what is different from the one it replaces. */
async function toldWith(
  read: Handle,
  { id, supersedes, effect }: Request,
): Promise<Pick<Beside, 'comments' | 'changes'>> {
  const comments = await listComments(read, id);
  if (supersedes === null) return { comments, changes: null };
  const earlier = await findRequest(read, supersedes);
  return { comments, changes: earlier?.effect && effect ? changesBetween(earlier.effect, effect) : null };
}

export interface RequestPage {
  state?: RequestState;
  askedBy?: string;
  cursor?: string;
  limit: number;
}

/** Requests, the newest first, a page at a time. */
export async function listRequestAnswers(
  viewer: Viewer,
  { cursor, limit, ...filter }: RequestPage,
): Promise<{ requests: RequestAnswer[]; next: string | null }> {
  const read = viewer.db.read;
  const found = await listRequests(read, {
    ...filter,
    ...(cursor ? { before: readCursor(cursor) } : {}),
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    requests: await composeAll(viewer, page),
    next: found.length > limit && last ? `${last.createdAt}.${last.id}` : null,
  };
}

/** What waits for people, the longest waiting first. */
export async function listInbox(viewer: Viewer, limit: number): Promise<RequestAnswer[]> {
  return composeAll(viewer, await listPending(viewer.db.read, limit));
}

async function composeAll(viewer: Viewer, requests: readonly Request[]): Promise<RequestAnswer[]> {
  const paused = await isPaused(viewer.db.read);
  const answers: RequestAnswer[] = [];
  for (const request of requests) {
    const composed = compose(viewer, request, {
      votes: await listVotes(viewer.db.read, request.id),
      paused,
      ...(await toldWith(viewer.db.read, request)),
      publishing: await publishingOf(viewer.db.read, request),
    });
    answers.push(withoutOutput(composed));
  }
  return answers;
}

/** A list of two hundred outcomes would be tens of megabytes; each request has its own whole. */
const withoutOutput = (answer: RequestAnswer): RequestAnswer =>
  answer.outcome === null || answer.outcome.stdout.length + answer.outcome.stderr.length === 0
    ? answer
    : { ...answer, outcome: { ...answer.outcome, stdout: '', stderr: '', outputLeftOut: true } };

/** How far each operation of a changeset is, and what still stands in the way of it, or of a checkpoint. */
interface Publishing {
  operations: OperationResult[] | undefined;
  blockers: Blocker[];
}

async function publishingOf(read: Handle, request: Request): Promise<Publishing> {
  if (request.kind !== 'changeset' && request.kind !== 'checkpoint') return { operations: undefined, blockers: [] };
  const intents = request.decidedAt === null ? [] : await listIntents(read, request.id);
  const standing = isEnd(request.state) ? undefined : await findStanding(read, request.id);
  return {
    operations: intents.length > 0 ? resultsOf(request, intents) : undefined,
    blockers: standing?.blockers ?? [],
  };
}

async function isPaused(read: Handle): Promise<boolean> {
  const installation = await getInstallation(read);
  return installation.pausedAt !== null || installation.acceptanceReason !== null;
}

/** What stands beside a request in other tables. */
interface Beside {
  /** what became of each operation, and what still keeps it from being written */
  publishing: Publishing;
  votes: readonly Vote[];
  paused: boolean;
  comments: readonly Comment[];
  changes: Change[] | null;
}

function compose(
  { people, publicUrl }: Viewer,
  request: Request,
  { votes, paused, comments, changes, publishing: { operations, blockers } }: Beside,
): RequestAnswer {
  const { demand } = request;
  const count = demand && tally(votes, request, demand, people);
  const ended = isEnd(request.state);
  return {
    id: request.id,
    kind: request.kind,
    state: request.state,
    ended,
    title: request.title,
    reason: request.reason,
    askedBy: request.askedBy,
    owner: request.ownerId,
    digest: request.digest,
    effectDigest: request.effectDigest,
    tier: request.tier,
    approvals: demand &&
      count && {
        needed: demand.approvals,
        given: count.counted.length,
        confirm: demand.confirm,
        missing: ended ? '' : count.missing,
        approvers: demand.approvers ?? null,
      },
    rules: demand?.rules ?? [],
    mode: request.mode,
    isTest: request.isTest,
    effect: request.effect,
    remarks: request.remarks,
    blockers: request.blockers,
    missing: ended
      ? []
      : [
          ...(paused && request.kind !== 'question' ? [pausedBlocker] : []),
          ...blockers.filter(({ code }) => code !== 'paused'),
        ],
    votes: votes.map((vote) => ({
      person: vote.personId,
      verdict: vote.verdict,
      reason:
        vote.reasonCode === null && vote.reasonText === null ? null : { code: vote.reasonCode, text: vote.reasonText },
      answer: vote.answer,
      at: vote.decidedAt,
      source: vote.source,
    })),
    createdAt: request.createdAt,
    expiresAt: request.expiresAt,
    shownAt: request.shownAt,
    decidedAt: request.decidedAt,
    effectBy: request.effectBy,
    endedAt: request.endedAt,
    end: ended ? { code: request.endCode, text: request.endText } : null,
    answer: request.answer,
    outcome: request.outcome,
    ...(operations && { operations }),
    supersedes: request.supersedes,
    changes,
    grantable: request.state === 'pending' && grantMisfit(request) === undefined,
    grant: request.grantId,
    comments: comments.map(({ id, author, text, at }) => ({ id, author, text, at })),
    agentRunId: request.agentRunId,
    joins: request.joins,
    url: `${publicUrl}/requests/${request.id}`,
  };
}

function readCursor(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,16})\.(r-[0-9A-Z]{6})$/.exec(cursor) ?? [];
  if (!createdAt || !id) {
    throw invalid('The cursor is not one of ours.', {
      faults: [{ field: 'cursor', message: 'must be the `next` of an earlier page' }],
    });
  }
  return { createdAt: Number(createdAt), id };
}

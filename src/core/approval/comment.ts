import { z } from 'zod';
import { agentOf } from '../access/actor.ts';
import { conflict, type GaiaError } from '../errors.ts';
import { text } from '../wire/text.ts';
import type { Request } from './request.ts';
import { isEnd } from './states.ts';

/** Something a person or the asker said about a request. */
export interface Comment {
  id: number;
  requestId: string;
  /** `person:ID` or `agent:NAME` */
  author: string;
  text: string;
  source: string;
  at: number;
}

/** What `POST /v1/requests/{id}/comments` takes. */
export const commentInput = z.strictObject({
  text: text({ min: 1, max: 2_000 }).describe('a question to the agent, or its answer'),
});

/** Comments on one request; more would be a chat. */
export const mostComments = 40;

/** Why a comment is not taken; undefined where it is. */
export function commentMisfit(
  request: Pick<Request, 'id' | 'state' | 'askedBy'>,
  author: string,
  comments: readonly Pick<Comment, 'author'>[],
): GaiaError | undefined {
  if (isEnd(request.state)) {
    return conflict(`Request ${request.id} is ${request.state}; nothing is asked about it any more.`, {
      reason: 'already_settled',
      remedy: 'A new request can say more: `gaia request again ID`, with its own reason.',
      facts: { state: request.state },
    });
  }
  if (comments.length >= mostComments) {
    return conflict(`Request ${request.id} has ${mostComments} comments already.`, {
      reason: 'too_many_comments',
      remedy: 'Decide it, or withdraw it and ask anew.',
    });
  }
  if (agentOf(author) !== undefined && openQuestion(comments, request.askedBy) === undefined) {
    return conflict(`Nobody has asked anything about request ${request.id} that you have not answered.`, {
      reason: 'no_open_question',
      remedy: 'Say what people must know in the reason of the request; answer when a person asks.',
    });
  }
  return undefined;
}

/** The question a person asked that the asker has not answered yet. */
export function openQuestion<Said extends { author: string }>(
  comments: readonly Said[],
  askedBy: string,
): Said | undefined {
  const last = comments.at(-1);
  return last && last.author !== askedBy ? last : undefined;
}

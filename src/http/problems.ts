import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { GaiaError, problems } from '../core/errors.ts';
import type { ProblemAnswer } from '../core/wire/answers-problem.ts';

/** A refusal as RFC 9457 says it. */
export function problemOf(error: GaiaError): { status: ContentfulStatusCode; problem: ProblemAnswer } {
  const { reason, remedy, faults, facts } = error.extras;
  const code = reason ?? error.code;
  const { status, title } = problems[error.code];
  return {
    status,
    problem: {
      type: `urn:gaia:problem:${code}`,
      title,
      status,
      detail: error.message,
      code,
      ...(remedy ? { remedy } : {}),
      ...(faults ? { faults } : {}),
      ...(facts ? { facts } : {}),
    },
  };
}

/** Answers a refusal to a program. */
export function answerProblem(c: Context, error: GaiaError): Response {
  const { status, problem } = problemOf(error);
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (error.extras.retryAfterSeconds) headers['retry-after'] = String(error.extras.retryAfterSeconds);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return c.body(JSON.stringify(problem), status, headers);
}

/** What a caller learns of a bug: that there was one, and what to quote. */
export const bugReport = (traceId: string) =>
  new GaiaError(
    'unavailable',
    'Something went wrong inside Gaia. Nothing was changed by this call, or all of it was.',
    {
      reason: 'internal_error',
      remedy: `Look at the request before you try again; whoever runs this Gaia finds the cause in its log under trace ${traceId}.`,
    },
  );

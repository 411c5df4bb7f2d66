import { GaiaProblem, GaiaUnreachable } from '../client/problem.ts';
import { GaiaError, problems } from '../core/errors.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';

/** What `gaia` ends with. Fixed: scripts rely on it. */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  /** expired or withdrawn */
  over: 4,
  pending: 5,
  /** blocked or stale */
  blocked: 6,
  conflict: 7,
  unreachable: 8,
  notAllowed: 9,
  rehearsal: 10,
  unknown: 11,
} as const;
export type Exit = (typeof exits)[keyof typeof exits];

/** What commands that run another program end with beside its own code, as env(1) does. */
export const runExits = {
  /** nothing was run */
  refused: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

/** What a request has come to. `rehearsalAsked`: the caller wanted no more than a rehearsal. */
export function exitOfRequest(
  { state, outcome, isTest }: Pick<RequestAnswer, 'state' | 'outcome' | 'isTest'>,
  { rehearsalAsked = false }: { rehearsalAsked?: boolean } = {},
): Exit {
  switch (state) {
    case 'denied':
      return exits.denied;
    case 'expired':
    case 'withdrawn':
      return exits.over;
    case 'pending':
    case 'approved':
    case 'executing':
      return exits.pending;
    case 'blocked':
    case 'stale':
      return exits.blocked;
    case 'failed':
      return exits.failed;
    case 'unknown':
      return exits.unknown;
    case 'executed':
      return outcome?.dryRun && !rehearsalAsked && !isTest ? exits.rehearsal : exits.done;
    case 'answered':
    case 'released':
    case 'recorded':
      return exits.done;
  }
}

export function exitOfError(error: unknown): Exit {
  if (error instanceof GaiaUnreachable) return exits.unreachable;
  if (error instanceof GaiaProblem) return exitOfStatus(error.status);
  if (error instanceof GaiaError) return exitOfStatus(problems[error.code].status);
  return exits.failed;
}

function exitOfStatus(status: number): Exit {
  if (status === 400) return exits.usage;
  if (status === 401 || status === 403 || status === 429) return exits.notAllowed;
  if (status === 409) return exits.conflict;
  if (status === 502 || status === 503 || status === 504) return exits.unreachable;
  return exits.failed;
}

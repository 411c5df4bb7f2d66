import type { BlockerCode } from './blockers.ts';

/** What went wrong between Gaia and GitHub, told by status and headers, never by the text of a message. */
export interface Failure {
  code: Extract<
    BlockerCode,
    | 'auth_failed'
    | 'permission_denied'
    | 'not_found'
    | 'remote_validation_failed'
    | 'rate_limited'
    | 'secondary_rate_limited'
    | 'timeout'
    | 'network_unavailable'
    | 'remote_unavailable'
    | 'remote_mismatch'
    | 'remote_ambiguous'
    | 'host_mismatch'
    | 'repo_identity_changed'
    | 'route_unmapped'
    | 'transport_disabled'
  >;
  message: string;
  status: number | null;
  /** GitHub's own name of the call */
  requestId: string | null;
  /** the instant before which nothing should be tried */
  retryAfter?: number;
  evidence?: string[];
}

/** Thrown by transports for what the outside did. */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface AnsweredBadly {
  status: number;
  headers: Readonly<Record<string, string | number | undefined>>;
  /** what was called, for people: `POST /repos/{owner}/{repo}/issues` */
  route: string;
  /** fields that a 422 names */
  fields?: readonly string[];
}

/** GitHub asks for at least a minute where it does not say when. */
const leastPauseMs = 60_000;
/** It never asks for more; what asks for more is not waited for, but asked again. */
const longestPauseMs = 3_600_000;

/** What an answer that is no success means. */
export function failureOf({ status, headers, route, fields = [] }: AnsweredBadly, now: number): Failure {
  const requestId = textOf(headers['x-github-request-id']);
  const base = { status, requestId };
  const limited = limitOf(status, headers, now);
  if (limited) return { ...base, ...limited };
  const needed = textOf(headers['x-accepted-github-permissions']);
  const evidence = needed === null ? {} : { evidence: [`needed: ${needed}`] };
  switch (status) {
    case 401:
      return { ...base, code: 'auth_failed', message: `GitHub does not accept Gaia's token (401 on ${route}).` };
    case 403:
      return {
        ...base,
        ...evidence,
        code: 'permission_denied',
        message: `GitHub refuses ${route} (403)${needed === null ? '' : `; it needs ${needed}`}.`,
      };
    case 404:
    case 410:
      return {
        ...base,
        ...evidence,
        code: 'not_found',
        message: `GitHub finds nothing there (${status} on ${route})${needed === null ? '' : `; it may need ${needed}`}.`,
      };
    case 400:
    case 422:
      return {
        ...base,
        code: 'remote_validation_failed',
        message: `GitHub finds ${fields.length === 0 ? 'something' : fields.join(', ')} invalid (${status} on ${route}).`,
        evidence: [...fields],
      };
    case 301:
    case 302:
    case 307:
    case 308:
      return {
        ...base,
        code: 'repo_identity_changed',
        message: `GitHub sends ${route} elsewhere (${status}): it was renamed or moved.`,
      };
    default:
      return { ...base, code: 'remote_unavailable', message: `GitHub answered ${status} on ${route}.` };
  }
}

/** Whether the answer to a write proves that nothing was written. */
export const isRefusal = ({ code }: Failure): boolean =>
  [
    'auth_failed',
    'permission_denied',
    'not_found',
    'remote_validation_failed',
    'route_unmapped',
    'host_mismatch',
    'transport_disabled',
    'repo_identity_changed',
  ].includes(code);

/** Whether it only asks to wait: it was not carried out, and it is no attempt. */
export const isLimit = ({ code }: Failure): boolean => code === 'rate_limited' || code === 'secondary_rate_limited';

function limitOf(
  status: number,
  headers: AnsweredBadly['headers'],
  now: number,
): Pick<Failure, 'code' | 'message' | 'retryAfter'> | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const retryAfter = numberOf(headers['retry-after']);
  const remaining = numberOf(headers['x-ratelimit-remaining']);
  const reset = numberOf(headers['x-ratelimit-reset']);
  if (retryAfter !== undefined) {
    const at = now + Math.min(Math.max(retryAfter, 1) * 1_000, longestPauseMs);
    return { code: 'secondary_rate_limited', message: 'GitHub asks Gaia to write more slowly.', retryAfter: at };
  }
  if (remaining === 0) {
    const at =
      reset === undefined ? now + leastPauseMs : Math.min(Math.max(reset * 1_000, now + 1_000), now + longestPauseMs);
    return { code: 'rate_limited', message: "Gaia's calls to GitHub are used up for now.", retryAfter: at };
  }
  if (status === 429)
    return {
      code: 'secondary_rate_limited',
      message: 'GitHub asks Gaia to write more slowly.',
      retryAfter: now + leastPauseMs,
    };
  return undefined;
}

const textOf = (header: string | number | undefined): string | null =>
  header === undefined ? null : String(header).slice(0, 200);

const numberOf = (header: string | number | undefined): number | undefined => {
  const value = header === undefined ? Number.NaN : Number(header);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
};

import type { CommentAnswer, RequestAnswer } from '../core/wire/answers.ts';
import type { GaiaProblem, GaiaUnreachable } from './problem.ts';

export interface DecisionInput {
  verdict: 'approve' | 'deny' | 'answer';
  /** of the request as it was shown */
  digest: string;
  reason?: { code?: string; text?: string };
  answer?: string;
  confirm?: boolean;
  /** with an approval: the same agent may do exactly this again, within the limits of a grant */
  allow?: boolean;
}

/** What came of a command that the caller ran itself. */
export interface ReportInput {
  exitCode: number | null;
  signal?: string | null;
  stdout?: string;
  stderr?: string;
  truncated?: boolean;
  durationMs: number;
}

export interface KeyInput {
  name: string;
  owner?: string;
  scopes?: string[];
  expiresInDays?: number;
}

export interface EventQuery {
  after?: number | undefined;
  before?: number | undefined;
  subject?: string | undefined;
  action?: string | undefined;
  actor?: string | undefined;
  limit?: number | undefined;
}

export interface WaitOptions {
  /** how long to wait in all; without it, until the request has ended */
  seconds?: number | undefined;
  /** `decided`: no longer than until people have decided; else until the request has ended */
  until?: 'ended' | 'decided' | undefined;
  /** how many comments the caller has seen: more of them end the waiting; those there were at first unless told */
  comments?: number | undefined;
  signal?: AbortSignal | undefined;
  /** told of every look at the request, and of every look that failed and is repeated */
  onTick?: (tick: RequestAnswer | GaiaUnreachable | GaiaProblem) => void;
}

/** How `run` asks and waits. */
export interface RunOptions extends Pick<WaitOptions, 'signal' | 'onTick'> {
  /** answers what a person asks about it; without it questions wait for somebody who does */
  onQuestion?: (comment: CommentAnswer, request: RequestAnswer) => string | undefined | Promise<string | undefined>;
}

/** Which failed messages to requeue, in exactly one way. */
export type RequeueInput = ({ id: string } | { index: number } | { all: true } | { auto: true }) & { dryRun?: boolean };

import { randomBytes, randomFillSync } from 'node:crypto';
import type { By, People } from '../core/access/actor.ts';
import type { Blocker } from '../core/approval/blocker.ts';
import { shortId } from '../core/approval/short-id.ts';
import type { NewEvent } from '../core/audit/event.ts';
import type { CommandInput, CommandMode, ResolvedCommand, Unbound } from '../core/command/command.ts';
import type { Isolation } from '../core/command/sandbox.ts';
import type { RequeueLimits } from '../core/delivery/requeue.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Database } from '../store/database.ts';
import type { GitHubSide } from './changes/port.ts';
import type { Audience } from './deliveries.ts';
import type { Executor } from './executor.ts';

/** What looking up a command gives: all it refers to, or why it cannot be looked up. */
export type Resolution = { command: ResolvedCommand; unbound: Unbound[]; remarks: string[] } | { blockers: Blocker[] };

/**
 * Looks up what a command refers to on this host: program, directory, files. Reads files, so never inside a work. Askers take
 * turns; what nobody is named for is looked up for Gaia itself, before theirs.
 */
export type ResolveCommand = (
  command: CommandInput,
  how: { bind: readonly string[]; mode: CommandMode },
  asker?: string,
) => Promise<Resolution>;

/** A policy with the digest of the text it was read from. */
export interface PolicyInForce {
  policy: Policy;
  digest: string;
}

/** What it takes to start commands. */
export interface Execution {
  /** whether commands are started (ALLOW_COMMAND_EXECUTION=1); those that run already are looked after anyway */
  isEnabled: boolean;
  executor: Executor;
  /** reads a file that the policy names as a secret's; undefined where it cannot */
  readSecret: (file: string) => Promise<string | undefined>;
  /** signs the log's head, before an effect starts */
  seal: () => Promise<unknown>;
}

/** Everything an action needs; built once by `main`, and by the world of the tests. */
export interface App {
  db: Database;
  people: People;
  /** who is told of what happens */
  audience: Audience;
  /** replaced as a whole by `loadPolicy` */
  inForce: PolicyInForce;
  resolveCommand: ResolveCommand;
  /** absent where this system cannot run any */
  execution?: Execution;
  /** the host that commands are looked up on, and started on */
  host: string;
  /** what the schedule may requeue by itself; as usual unless told */
  requeueLimits?: RequeueLimits;
  /** the generation that `head.json` named at the start: the one after an acceptance is later than both */
  witnessedGeneration?: number;
  random: (bytes: number) => Uint8Array;
  /** the way to GitHub, or to Gaia's own world in its place */
  github: GitHubSide;
}

/** Random bytes of the system. Few at a time come from a page drawn in advance: each draw is a system call; keys never do. */
export function systemRandom(bytes: number): Uint8Array {
  if (bytes > drawnAtMost) return randomBytes(bytes);
  if (taken + bytes > drawn.length) {
    randomFillSync(drawn);
    taken = 0;
  }
  taken += bytes;
  return drawn.slice(taken - bytes, taken);
}

const drawnAtMost = 16;
const drawn = new Uint8Array(1_024);
let taken = drawn.length;

export const newShortId = (app: App, prefix: string): string => shortId(prefix, app.random(8));

/** 256 random bits as 43 characters. */
export const newSecret = (app: App): string => Buffer.from(app.random(32)).toString('base64url');

/** An opaque reference of 96 bits, as 16 characters. */
export const newRef = (app: App): string => Buffer.from(app.random(12)).toString('base64url');

export const newTraceId = (app: Pick<App, 'random'>): string => Buffer.from(app.random(8)).toString('hex');

/** A fact by whoever acts. */
export const eventBy = (by: By, action: string, subject: string, detail: NewEvent['detail']): NewEvent => ({
  action,
  actor: by.actor,
  source: by.source,
  traceId: by.traceId,
  subject,
  detail,
});

/** Gaia itself, in a loop, carrying on the trace of what it works on. */
export const gaiaItself = (traceId: string): By => ({ actor: 'gaia', source: 'loop', traceId });

/** How commands are kept apart, for those who show it. */
export const executionOf = ({
  execution,
}: Pick<App, 'execution'>): { execution?: { isolation: Isolation; user?: string } } => {
  if (!execution?.isEnabled) return {};
  const { isolation, user } = execution.executor;
  return { execution: { isolation, ...(user === undefined ? {} : { user }) } };
};

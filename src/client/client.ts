import type { Submission } from '../core/approval/submission.ts';
import type {
  AgentListAnswer,
  CommentAnswer,
  CommentedAnswer,
  DecidedAnswer,
  DeliveryListAnswer,
  EventAnswer,
  EventListAnswer,
  ExplanationAnswer,
  GrantAnswer,
  GrantListAnswer,
  KeyListAnswer,
  LoginAnswer,
  LoginFinishedAnswer,
  NewKeyAnswer,
  OutputAnswer,
  PausedAnswer,
  PolicyAnswer,
  PolicyRulesAnswer,
  RequestAnswer,
  RequestListAnswer,
  SealAnswer,
  SignInLinkAnswer,
  StatusAnswer,
  SubmittedAnswer,
  ToConfirmAnswer,
  WaitAnswer,
} from '../core/wire/answers.ts';
import type {
  GitHubStatusAnswer,
  LookedAgainAnswer,
  PreviewAnswer,
  PublishedAnswer,
  RepairAnswer,
  RunAnswer,
} from '../core/wire/answers-github.ts';
import type {
  AlertCheckAnswer,
  AlertListAnswer,
  DiscardedAnswer,
  FailedAnswer,
  MetricsAnswer,
  RequeuedAnswer,
  SilencedAnswer,
  SimulationAnswer,
} from '../core/wire/operating-answers.ts';
import { readEventStream } from './event-stream.ts';
import { GaiaProblem, GaiaUnreachable } from './problem.ts';
import { callMs, Transport, type TransportOptions } from './transport.ts';

export type { Submission } from '../core/approval/submission.ts';
export type { CommentAnswer, GrantAnswer, RequestAnswer, SubmittedAnswer, WaitAnswer } from '../core/wire/answers.ts';
export { GaiaProblem, GaiaUnreachable } from './problem.ts';

export interface GaiaClientOptions extends TransportOptions {
  /** waits between two tries; tests hand in one that does not wait */
  delay?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

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

/** One long poll, in seconds: below the minute after which many proxies cut a silent connection. */
const pollSeconds = 50;
/** For how long a wait and a stream look for a Gaia that went away (it may be starting again), in milliseconds. */
const patienceMs = 60_000;
/** What the answer to a poll may take beyond the poll itself once the caller's own time is over, in milliseconds. */
const graceMs = 5_000;
/** Gaia says that it lives every 15 s; a stream this silent is dead. */
const silenceMs = 45_000;

/** The HTTP API of one Gaia, typed. Every method throws GaiaProblem for a refusal and GaiaUnreachable for silence. */
/** Which failed messages to requeue, in exactly one way. */
export type RequeueInput = ({ id: string } | { index: number } | { all: true } | { auto: true }) & { dryRun?: boolean };

export class GaiaClient {
  readonly #transport: Transport;
  readonly #delay: NonNullable<GaiaClientOptions['delay']>;

  constructor(options: GaiaClientOptions) {
    this.#transport = new Transport(options);
    this.#delay = options.delay ?? delay;
  }

  /** Asks. With an `idempotencyKey` a lost answer is asked for once more: the same key gives the same request. */
  async submit(
    submission: Submission,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<SubmittedAnswer> {
    try {
      return await this.#post<SubmittedAnswer>('/v1/requests', submission, { signal });
    } catch (error) {
      if (!(error instanceof GaiaUnreachable) || submission.idempotencyKey === undefined) throw error;
      return this.#post<SubmittedAnswer>('/v1/requests', submission, { signal });
    }
  }

  /** Asks, under an idempotency key of its own where none is given: a lost answer never makes two requests of one. */
  request(submission: Submission, how: { signal?: AbortSignal | undefined } = {}): Promise<SubmittedAnswer> {
    const idempotencyKey = submission.idempotencyKey ?? globalThis.crypto.randomUUID();
    return this.submit({ ...submission, idempotencyKey }, how);
  }

  /**
   * Asks and waits for the end: the answer says what became of it (`state`, `end`, `answer`, `outcome`). Aborted, it takes
   * the request back and throws what the signal was aborted with.
   */
  async run(submission: Submission, { signal, onTick, onQuestion }: RunOptions = {}): Promise<RequestAnswer> {
    const asked = await this.request(submission, { signal });
    let seen: RequestAnswer = asked;
    try {
      while (!seen.ended && seen.state !== 'unknown') {
        const known = seen.comments.length;
        seen = await this.wait(asked.id, {
          signal,
          ...(onTick && { onTick }),
          ...(onQuestion && { comments: known }),
        });
        for (const comment of seen.comments.slice(known)) {
          const reply = comment.author === seen.askedBy ? undefined : await onQuestion?.(comment, seen);
          if (reply !== undefined && !seen.ended) seen = await this.comment(asked.id, reply);
        }
      }
      return seen;
    } catch (error) {
      if (signal?.aborted && !asked.joined) await this.#takeBack(asked.id);
      throw error;
    }
  }

  /** What was aborted shall not be decided any more; where it is over, or Gaia away, nothing is left to be done. */
  async #takeBack(id: string): Promise<void> {
    try {
      await this.withdraw(id);
    } catch (error) {
      if (!(error instanceof GaiaProblem) && !(error instanceof GaiaUnreachable)) throw error;
    }
  }

  listRequests(
    query: { state?: string | undefined; cursor?: string | undefined; limit?: number | undefined } = {},
  ): Promise<RequestListAnswer> {
    return this.#get('/v1/requests', query);
  }

  getRequest(id: string): Promise<RequestAnswer> {
    return this.#get(`/v1/requests/${encodeURIComponent(id)}`);
  }

  /**
   * Waits until the request has ended, is `unknown`, somebody says something about it, or the given time is over; survives a
   * restart of Gaia. It takes no more than five seconds beyond its time, whatever becomes of Gaia.
   */
  async wait(
    id: string,
    { seconds = Number.POSITIVE_INFINITY, until, comments, signal, onTick }: WaitOptions = {},
  ): Promise<WaitAnswer> {
    const deadline = performance.now() + seconds * 1000;
    const patience = new Patience(this.#delay, signal, deadline);
    let known = comments;
    for (;;) {
      const leftMs = Math.max(0, deadline - performance.now());
      const left = Math.ceil(leftMs / 1000);
      const poll = Math.min(left, pollSeconds);
      try {
        const path = `/v1/requests/${encodeURIComponent(id)}/wait`;
        const answer = await this.#get<WaitAnswer>(
          path,
          { seconds: poll, until, comments: known },
          { signal, timeoutMs: Math.min(poll * 1000 + callMs, Math.ceil(leftMs) + graceMs) },
        );
        patience.renew();
        onTick?.(answer);
        if (answer.ended || !answer.timedOut || answer.state === 'unknown' || poll >= left) return answer;
        known ??= answer.comments.length; // what is said between two polls is heard by the second
      } catch (error) {
        if (!mayPass(error)) throw error;
        onTick?.(error);
        await patience.spend(error);
      }
    }
  }

  /** Takes the one-use permit of an approved command of mode `client`: whoever gets an answer may run it, once. */
  takePermit(id: string): Promise<RequestAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/permit`);
  }

  /** Says what came of a command that the caller ran itself. The same again is harmless, so a lost answer is asked for once more. */
  async report(id: string, outcome: ReportInput): Promise<RequestAnswer> {
    const path = `/v1/requests/${encodeURIComponent(id)}/report`;
    try {
      return await this.#post<RequestAnswer>(path, outcome);
    } catch (error) {
      if (!(error instanceof GaiaUnreachable)) throw error;
      return this.#post<RequestAnswer>(path, outcome);
    }
  }

  /** The last of what a running command has written. */
  output(id: string): Promise<OutputAnswer> {
    return this.#get(`/v1/requests/${encodeURIComponent(id)}/output`);
  }

  /** Ends a running command. */
  stopCommand(id: string): Promise<RequestAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/stop`);
  }

  /** Says what became of a command whose outcome is unknown. */
  resolve(
    id: string,
    found: { verdict: 'executed' | 'failed' | 'resend'; reason: string; number?: number },
  ): Promise<RequestAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/resolve`, found);
  }

  /** What a changeset would write, and what is in the way; nothing is stored. */
  previewChangeset(changeset: unknown): Promise<PreviewAnswer> {
    return this.#post('/v1/github/preview', changeset);
  }

  githubStatus(): Promise<GitHubStatusAnswer> {
    return this.#get('/v1/github/status');
  }

  /** Looks at an approved changeset now, instead of at the next look. */
  publish(id: string): Promise<PublishedAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/publish`);
  }

  /** Looks at GitHub again for a write whose outcome is unknown. */
  lookAgain(id: string): Promise<LookedAgainAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/look`);
  }

  repair(id: string): Promise<RepairAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/repair`);
  }

  startRun(run: unknown): Promise<RunAnswer> {
    return this.#post('/v1/github/runs', run);
  }

  getRun(id: string): Promise<RunAnswer> {
    return this.#get(`/v1/github/runs/${encodeURIComponent(id)}`);
  }

  /** Enters verification for a commit: a new epoch. */
  verifyRun(id: string, headSha: string): Promise<RunAnswer> {
    return this.#post(`/v1/github/runs/${encodeURIComponent(id)}/verify`, { headSha });
  }

  recordGate(id: string, gate: unknown): Promise<RunAnswer> {
    return this.#post(`/v1/github/runs/${encodeURIComponent(id)}/gates`, gate);
  }

  failRun(id: string, reason?: string): Promise<RunAnswer> {
    return this.#post(`/v1/github/runs/${encodeURIComponent(id)}/fail`, { ...(reason !== undefined && { reason }) });
  }

  revokeCheckpoint(number: number): Promise<{ number: number; revoked: number }> {
    return this.#post(`/v1/github/checkpoints/${number}/revoke`);
  }

  withdraw(id: string): Promise<RequestAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/withdraw`);
  }

  /** Says something about a request: a person asks, the agent answers. */
  comment(id: string, text: string): Promise<CommentedAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/comments`, { text });
  }

  /** Puts the reminders of a request off, as the person of this session. */
  snooze(id: string, seconds: number): Promise<{ until: number }> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/snooze`, { seconds });
  }

  /** What agents may do without asking; `all`: also what is over. */
  listGrants({ all = false }: { all?: boolean } = {}): Promise<GrantListAnswer> {
    return this.#get('/v1/grants', { ...(all && { all: 'true' }) });
  }

  revokeGrant(id: string): Promise<GrantAnswer> {
    return this.#post(`/v1/grants/${encodeURIComponent(id)}/revoke`);
  }

  listAgents(): Promise<AgentListAnswer> {
    return this.#get('/v1/agents');
  }

  /** A new request from the stored payload of an earlier one, looked up afresh. */
  askAgain(id: string): Promise<SubmittedAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/again`);
  }

  /** Says that all of the request with this digest was put before the person of this session. */
  markShown(id: string, digest: string): Promise<RequestAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/shown`, { digest });
  }

  /** Decides as the person of this session. The first of two acts answers with `confirmBy` and decides nothing yet. */
  decide(id: string, decision: DecisionInput): Promise<DecidedAnswer | ToConfirmAnswer> {
    return this.#post(`/v1/requests/${encodeURIComponent(id)}/decisions`, decision);
  }

  status(): Promise<StatusAnswer> {
    return this.#get('/v1/status');
  }

  pause({ reason, kill = false }: { reason?: string; kill?: boolean } = {}): Promise<PausedAnswer> {
    return this.#post('/v1/pause', { ...(reason !== undefined && { reason }), ...(kill && { kill }) });
  }

  resume({ acceptGeneration = false }: { acceptGeneration?: boolean } = {}): Promise<PausedAnswer> {
    return this.#post('/v1/resume', { ...(acceptGeneration && { acceptGeneration }) });
  }

  listDeliveries(query: { state?: string } = {}): Promise<DeliveryListAnswer> {
    return this.#get('/v1/deliveries', query);
  }

  listFailed(): Promise<FailedAnswer> {
    return this.#get('/v1/deliveries/failed');
  }

  /** Gives failed messages another life. */
  requeue(which: RequeueInput): Promise<RequeuedAnswer> {
    return this.#post('/v1/requeues', which);
  }

  discard(id: string, reason: string): Promise<DiscardedAnswer> {
    return this.#post(`/v1/deliveries/${encodeURIComponent(id)}/discard`, { reason });
  }

  metrics(): Promise<MetricsAnswer> {
    return this.#get('/v1/metrics');
  }

  listAlerts(): Promise<AlertListAnswer> {
    return this.#get('/v1/alerts');
  }

  checkAlerts(check: {
    window?: string;
    thresholds?: Record<string, number>;
    dryRun?: boolean;
  }): Promise<AlertCheckAnswer> {
    return this.#post('/v1/alerts/check', check);
  }

  /** Lets an alert be quiet for a while (`1h`); null lets it speak again. */
  silence(alert: string, length: string | null, reason?: string): Promise<SilencedAnswer> {
    return this.#post(`/v1/alerts/${encodeURIComponent(alert)}/silence`, {
      for: length,
      ...(reason !== undefined && { reason }),
    });
  }

  /** What a policy would have asked of past requests. */
  simulatePolicy(policy: string, limit?: number): Promise<SimulationAnswer> {
    return this.#post('/v1/policy/simulate', { policy, ...(limit !== undefined && { limit }) });
  }

  listKeys(): Promise<KeyListAnswer> {
    return this.#get('/v1/keys');
  }

  createKey(key: KeyInput): Promise<NewKeyAnswer> {
    return this.#post('/v1/keys', key);
  }

  rotateKey(id: string): Promise<NewKeyAnswer> {
    return this.#post(`/v1/keys/${encodeURIComponent(id)}/rotate`);
  }

  revokeKey(id: string): Promise<unknown> {
    return this.#post(`/v1/keys/${encodeURIComponent(id)}/revoke`);
  }

  listEvents(query: EventQuery = {}): Promise<EventListAnswer> {
    return this.#get('/v1/events', { ...query });
  }

  /**
   * Events as they are appended, from after `after` on, each once and in order. Where the stream breaks off it is taken
   * up again behind the last event seen. Ends when `signal` does.
   */
  async *events({ signal, ...query }: EventQuery & { signal?: AbortSignal } = {}): AsyncGenerator<EventAnswer> {
    let last = query.after;
    const patience = new Patience(this.#delay, signal);
    while (!signal?.aborted) {
      let broken: GaiaUnreachable | GaiaProblem = new GaiaUnreachable(
        this.#transport.url,
        'the stream of events broke off',
      );
      try {
        const stream = await this.#transport.stream({
          path: '/v1/events',
          query: { ...query, after: last },
          headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': String(last) }) },
          signal,
        });
        for await (const { data } of readEventStream(stream, { silenceMs })) {
          const event = JSON.parse(data) as EventAnswer;
          if (!Number.isSafeInteger(event.seq) || (last !== undefined && event.seq <= last)) continue;
          last = event.seq;
          patience.renew();
          yield event;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (mayPass(error)) broken = error;
        else if (!isBrokenStream(error)) throw error;
      }
      await patience.spend(broken).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      });
    }
  }

  /** Signs the log's head. */
  seal(): Promise<SealAnswer> {
    return this.#post('/v1/seal');
  }

  /** The policy in force, and the caps of whoever asks. */
  policy(): Promise<PolicyRulesAnswer> {
    return this.#get('/v1/policy');
  }

  reloadPolicy(): Promise<PolicyAnswer> {
    return this.#post('/v1/policy/reload');
  }

  /** What the policy would say to a request, without asking. */
  explain(submission: Submission): Promise<ExplanationAnswer> {
    return this.#post('/v1/policy/explain', submission);
  }

  createSignInLink(person?: string): Promise<SignInLinkAnswer> {
    return this.#post('/v1/sign-in-links', { ...(person !== undefined && { person }) });
  }

  beginLogin(): Promise<LoginAnswer> {
    return this.#post('/v1/logins', {});
  }

  finishLogin(token: string): Promise<LoginFinishedAnswer> {
    return this.#post('/v1/logins/finish', { token });
  }

  /** Ends the session this client acts with. */
  logOut(): Promise<{ ended: boolean }> {
    return this.#post('/v1/logout', {});
  }

  async #get<Answer>(
    path: string,
    query: Record<string, string | number | undefined> = {},
    how: { signal?: AbortSignal | undefined; timeoutMs?: number } = {},
  ): Promise<Answer> {
    return (await this.#transport.json<Answer>({ path, query, ...how })).answer;
  }

  async #post<Answer>(
    path: string,
    body: unknown = {},
    how: { signal?: AbortSignal | undefined } = {},
  ): Promise<Answer> {
    return (await this.#transport.json<Answer>({ method: 'POST', path, body, ...how })).answer;
  }
}

/** Tries again after growing pauses, until Gaia has been away for a minute or the caller's own time is over. */
class Patience {
  readonly #delay: NonNullable<GaiaClientOptions['delay']>;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  /** when the first of the looks that failed in a row did, on the monotonic clock */
  #failedAt: number | undefined;
  #sleptMs = 0;
  #nextMs = 500;

  constructor(
    delay: NonNullable<GaiaClientOptions['delay']>,
    signal: AbortSignal | undefined,
    deadline = Number.POSITIVE_INFINITY,
  ) {
    this.#delay = delay;
    this.#signal = signal;
    this.#deadline = deadline;
  }

  renew(): void {
    this.#failedAt = undefined;
    this.#sleptMs = 0;
    this.#nextMs = 500;
  }

  async spend(error: GaiaUnreachable | GaiaProblem): Promise<void> {
    const now = performance.now();
    this.#failedAt ??= now;
    const awayMs = Math.max(this.#sleptMs, now - this.#failedAt); // a look that hangs takes its time as well
    const leftMs = this.#deadline - now;
    if (awayMs >= patienceMs || leftMs <= 0) throw error;
    const asked = error instanceof GaiaProblem ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const ms = Math.min(Math.max(this.#nextMs, Math.min(asked, patienceMs)), leftMs);
    this.#sleptMs += ms;
    this.#nextMs = Math.min(this.#nextMs * 2, 5_000);
    await this.#delay(ms, this.#signal);
  }
}

/** Whether a look that failed may succeed a little later. */
const mayPass = (error: unknown): error is GaiaUnreachable | GaiaProblem =>
  error instanceof GaiaUnreachable || (error instanceof GaiaProblem && [429, 502, 503, 504].includes(error.status));

/** What is thrown where a body breaks off in the middle: by fetch a TypeError, by a socket an error with its code. */
const isBrokenStream = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof SyntaxError ||
  (error instanceof Error && !(error instanceof GaiaProblem) && 'code' in error);

function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', over);
      resolve();
    }, ms);
    if (signal?.aborted) over();
    else signal?.addEventListener('abort', over, { once: true });
  });
}

import type { Submission } from '../core/approval/submission.ts';
import type {
  CommentAnswer,
  CommentedAnswer,
  DecidedAnswer,
  OutputAnswer,
  RequestAnswer,
  RequestListAnswer,
  SubmittedAnswer,
  ToConfirmAnswer,
  WaitAnswer,
} from '../core/wire/answers.ts';
import type {
  AgentListAnswer,
  GrantAnswer,
  GrantListAnswer,
  KeyListAnswer,
  LoginAnswer,
  LoginFinishedAnswer,
  NewKeyAnswer,
  SignInLinkAnswer,
} from '../core/wire/answers-access.ts';
import type {
  GitHubStatusAnswer,
  LookedAgainAnswer,
  PreviewAnswer,
  PublishedAnswer,
  RepairAnswer,
  RunAnswer,
} from '../core/wire/answers-github.ts';
import type { EventAnswer, EventListAnswer, SealAnswer } from '../core/wire/answers-log.ts';
import type {
  AlertCheckAnswer,
  AlertListAnswer,
  DiscardedAnswer,
  FailedAnswer,
  MetricsAnswer,
  RequeuedAnswer,
  SilencedAnswer,
  SimulationAnswer,
} from '../core/wire/answers-operating.ts';
import type { ExplanationAnswer, PolicyAnswer, PolicyRulesAnswer } from '../core/wire/answers-policy.ts';
import type { DeliveryListAnswer, PausedAnswer, StatusAnswer } from '../core/wire/answers-status.ts';
import { followEvents } from './follow-events.ts';
import type {
  DecisionInput,
  EventQuery,
  KeyInput,
  ReportInput,
  RequeueInput,
  RunOptions,
  WaitOptions,
} from './inputs.ts';
import { type Delay, delay } from './patience.ts';
import { GaiaProblem, GaiaUnreachable } from './problem.ts';
import { Transport, type TransportOptions } from './transport.ts';
import { waitForRequest } from './wait-for-request.ts';

export type { Submission } from '../core/approval/submission.ts';
export type { CommentAnswer, RequestAnswer, SubmittedAnswer, WaitAnswer } from '../core/wire/answers.ts';
export type { GrantAnswer } from '../core/wire/answers-access.ts';
export type {
  DecisionInput,
  EventQuery,
  KeyInput,
  ReportInput,
  RequeueInput,
  RunOptions,
  WaitOptions,
} from './inputs.ts';
export { GaiaProblem, GaiaUnreachable } from './problem.ts';

export interface GaiaClientOptions extends TransportOptions {
  /** waits between two tries; tests hand in one that does not wait */
  delay?: Delay;
}

/** The HTTP API of one Gaia, typed. Every method throws GaiaProblem for a refusal and GaiaUnreachable for silence. */
export class GaiaClient {
  readonly #transport: Transport;
  readonly #delay: Delay;

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
    let heard = asked.comments.length;
    try {
      while (!seen.ended && seen.state !== 'unknown') {
        seen = await this.wait(asked.id, {
          signal,
          ...(onTick && { onTick }),
          ...(onQuestion && { comments: heard }),
        });
        // a reply is answered with whatever was asked meanwhile
        for (; heard < seen.comments.length; heard++) {
          const comment = seen.comments[heard] as CommentAnswer;
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
  wait(id: string, options: WaitOptions = {}): Promise<WaitAnswer> {
    return waitForRequest(this.#transport, this.#delay, id, options);
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
  events(options: EventQuery & { signal?: AbortSignal } = {}): AsyncGenerator<EventAnswer> {
    return followEvents(this.#transport, this.#delay, options);
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

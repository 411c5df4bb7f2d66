import type { Fault } from '../core/errors.ts';
import type { ProblemAnswer } from '../core/wire/answers-problem.ts';

/** A refusal, as Gaia said it (RFC 9457), or found before anything was sent. Its message is safe to show. */
export class GaiaProblem extends Error {
  override readonly name = 'GaiaProblem';
  /** the HTTP status it has or would have had */
  readonly status: number;
  /** permanent snake_case code for programs */
  readonly code: string;
  /** a few words for people, where Gaia sent some */
  readonly title: string | undefined;
  /** what the reader can do about it */
  readonly remedy: string | undefined;
  readonly faults: readonly Fault[];
  readonly facts: Readonly<Record<string, unknown>>;
  /** when another try makes sense, where Gaia said so */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    problem: Partial<ProblemAnswer> & { status: number; code: string; detail: string },
    retryAfterSeconds?: number,
  ) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.remedy = problem.remedy;
    this.faults = problem.faults ?? [];
    this.facts = problem.facts ?? {};
    this.retryAfterSeconds = retryAfterSeconds;
  }

  toJSON(): ProblemAnswer {
    return {
      type: `urn:gaia:problem:${this.code}`,
      title: this.title ?? this.code.replaceAll('_', ' '),
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.remedy && { remedy: this.remedy }),
      ...(this.faults.length > 0 && { faults: [...this.faults] }),
      ...(Object.keys(this.facts).length > 0 && { facts: { ...this.facts } }),
    };
  }
}

/** Nothing answered, or the answer broke off: whether Gaia did what was asked is not known. */
export class GaiaUnreachable extends Error {
  override readonly name = 'GaiaUnreachable';
  readonly url: string;
  readonly remedy =
    'Look whether it runs (gaia status on its machine, gaia start to start it) and whether GAIA_URL is its address.';

  constructor(url: string, why: string) {
    super(`Gaia cannot be reached at ${url}: ${why}.`);
    this.url = url;
  }

  toJSON(): ProblemAnswer {
    return {
      type: 'urn:gaia:problem:unreachable',
      title: 'Gaia cannot be reached',
      status: 503,
      detail: this.message,
      code: 'unreachable',
      remedy: this.remedy,
    };
  }
}

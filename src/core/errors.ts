/** What a caller can act on. Everything else is a bug and travels up to the one boundary of its edge. */
export type ErrorCode =
  | 'invalid'
  | 'not_found'
  | 'forbidden'
  | 'conflict'
  | 'unauthenticated'
  | 'too_many'
  | 'unavailable';

/** How every edge says a code: the status it has over HTTP (RFC 9110), and its title for people. */
export const problems = {
  invalid: { status: 400, title: 'The input is not valid' },
  unauthenticated: { status: 401, title: 'Nobody is signed in' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  too_many: { status: 429, title: 'Too many' },
  unavailable: { status: 503, title: 'Not available now' },
} as const satisfies Record<ErrorCode, { status: number; title: string }>;

/** The title of a problem of which only the status is known. */
export const titleOfStatus = (status: number): string =>
  Object.values(problems).find((problem) => problem.status === status)?.title ?? 'Something went wrong';

/** One fault of an input: where it is (`command.argv[2]`), what is wrong, and what to do. */
export interface Fault {
  field: string;
  message: string;
}

export interface ErrorExtras {
  /** What the reader can do about it, as a sentence. */
  remedy?: string;
  /** A permanent snake_case code for programs, finer than `code`. */
  reason?: string;
  faults?: Fault[];
  /** Seconds after which another try makes sense (`too_many`, `unavailable`). */
  retryAfterSeconds?: number;
  /** Structured facts a program may want (the winner of a race, the state found). Never secrets. */
  facts?: Record<string, unknown>;
}

/** A refusal whose message is safe to show to whoever asked. */
export class GaiaError extends Error {
  override readonly name = 'GaiaError';
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message);
    this.code = code;
    this.extras = extras;
  }
}

export const invalid = (message: string, extras?: ErrorExtras) => new GaiaError('invalid', message, extras);
export const notFound = (message: string, extras?: ErrorExtras) => new GaiaError('not_found', message, extras);
export const forbidden = (message: string, extras?: ErrorExtras) => new GaiaError('forbidden', message, extras);
export const conflict = (message: string, extras?: ErrorExtras) => new GaiaError('conflict', message, extras);
export const unauthenticated = (message: string, extras?: ErrorExtras) =>
  new GaiaError('unauthenticated', message, extras);
export const tooMany = (message: string, extras?: ErrorExtras) => new GaiaError('too_many', message, extras);
export const unavailable = (message: string, extras?: ErrorExtras) => new GaiaError('unavailable', message, extras);

/** One entry of `errors` in a 422, as GitHub words them. */
export interface Flaw {
  resource: string;
  field?: string;
  code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  message?: string;
}

/** A refusal as GitHub answers it: a status, a message, sometimes flaws and headers that a client can act on. */
export class GitHubError extends Error {
  readonly status: number;
  readonly flaws: readonly Flaw[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, flaws?: readonly Flaw[], headers: Record<string, string> = {}) {
    super(message);
    this.name = 'GitHubError';
    this.status = status;
    this.flaws = flaws;
    this.headers = headers;
  }

  get body(): Record<string, unknown> {
    return {
      message: this.message,
      ...(this.flaws === undefined ? {} : { errors: this.flaws }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

export const notFound = (): GitHubError => new GitHubError(404, 'Not Found');
export const badCredentials = (): GitHubError => new GitHubError(401, 'Bad credentials');
export const requiresAuthentication = (): GitHubError => new GitHubError(401, 'Requires authentication');
export const forbidden = (message: string, headers?: Record<string, string>): GitHubError =>
  new GitHubError(403, message, undefined, headers);
export const invalid = (...flaws: Flaw[]): GitHubError => new GitHubError(422, 'Validation Failed', flaws);
export const unprocessable = (message: string): GitHubError => new GitHubError(422, message);

/** @param headers x-ratelimit-* of the token, with nothing remaining */
export const limitExceeded = (userId: number, headers: Record<string, string>): GitHubError =>
  forbidden(`API rate limit exceeded for user ID ${userId}.`, headers);

/** @param retryAfter seconds; GitHub does not always say it */
export const secondaryLimit = (retryAfter: number | undefined, status: 403 | 429 = 403): GitHubError =>
  new GitHubError(
    status,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    undefined,
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  );

import { Octokit } from '@octokit/rest';
import { expect } from 'vitest';
import { aGitHub } from './a-github.ts';
import type { TokenOptions } from './accounts.ts';
import type { RepositoryOptions } from './repository.ts';

/** The repository of these tests. */
export const at = { owner: 'octo', repo: 'app' };

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** GitHub's own client, without retries and without a word on the console. */
export const clientOf = (baseUrl: string, auth?: string) =>
  new Octokit({ baseUrl, log: silent, ...(auth === undefined ? {} : { auth }) });

/** A double with octo/app, and a client with a token of Gaia's rights. */
export async function aClient({
  token,
  repository,
  ...options
}: { token?: TokenOptions; repository?: RepositoryOptions } & Parameters<typeof aGitHub>[0] = {}) {
  const github = await aGitHub(options);
  const app = github.addRepository('octo/app', { labels: ['bug', 'ready'], ...repository });
  return { github, app, client: clientOf(github.url, github.token(token)) };
}

export interface Refusal {
  status: number;
  message: string;
  response: { headers: Record<string, string>; data: unknown };
}

/** How a request of the client was refused; fails the test where it was not. */
export async function refusal(act: Promise<unknown>): Promise<Refusal> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'HttpError' });
  return error as Refusal;
}

import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Write } from '../../../src/actions/changes/port.ts';
import { RemoteFailure } from '../../../src/core/change/failure.ts';
import { rightsOf } from '../../../src/github/live/rights.ts';
import { Live } from '../../../src/github/live/transport.ts';
import { aGitHub } from '../../support/github/a-github.ts';
import { aClock } from '../../support/store.ts';

afterEach(() => void vi.useRealTimers());

const hour = 3_600_000;
const tokens = { method: 'POST', path: /\/access_tokens$/ };
const issue: Write = { op: 'issue.create', target: 'octo/app', title: 'Slow', body: 'Very.', labels: [] };

/** A Gaia that writes as a GitHub App, and a GitHub whose clock may be off from this machine's. */
async function anApp({ skewMs = 0, ...install }: { skewMs?: number; rights?: Record<string, 'none' | 'write'> } = {}) {
  vi.useFakeTimers({ toFake: ['Date'] });
  const clock = aClock(Date.now() + skewMs);
  const github = await aGitHub({ clock });
  const repo = github.addRepository('octo/app');
  const app = github.addApp('gaia');
  const installation = github.install(app, install);
  const options = {
    apiUrl: github.url,
    credentials: { appId: String(app.id), privateKey: app.privateKey, installationId: String(installation.id) },
    now: () => Date.now(),
  };
  return {
    github,
    repo,
    app,
    installation,
    options,
    transport: new Live(options),
    passes: (ms: number) => {
      clock.turn(ms);
      vi.setSystemTime(Date.now() + ms);
    },
  };
}
const failureOf = async (act: Promise<unknown>): Promise<RemoteFailure> => {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RemoteFailure);
  return error as RemoteFailure;
};

describe('as a GitHub App, Gaia', () => {
  test('fetches one token for all its calls, and writes in the name of the App', async () => {
    const { github, repo, transport } = await anApp();
    expect(await transport.me()).toMatchObject({ login: 'gaia[bot]' });
    await transport.repository('octo/app');
    await transport.write(issue);
    expect(repo.issue(1).author.login).toBe('gaia[bot]');
    expect(github.requests(tokens)).toHaveLength(1);
  });

  test('fetches another before the hour of the first is over', async () => {
    const { github, transport, passes } = await anApp();
    await transport.repository('octo/app');
    passes(hour - 30_000);
    await transport.write(issue);
    passes(2 * hour);
    await transport.repository('octo/app');
    expect(github.requests(tokens)).toHaveLength(3);
    expect(github.created()).toMatchObject({ issue: 1 });
  });

  test.each([-5 * 60_000, 5 * 60_000])('is let in where GitHub’s clock is off by %i ms', async (skewMs) => {
    const { github, transport } = await anApp({ skewMs });
    await transport.write(issue);
    expect(github.created()).toMatchObject({ issue: 1 });
  });

  test.each<[string, (world: Awaited<ReturnType<typeof anApp>>) => unknown, string]>([
    [
      'is suspended',
      ({ installation }) => Object.assign(installation, { suspendedAt: Date.now() }),
      'permission_denied',
    ],
    ['is not accepted', ({ github }) => github.fails({ ...tokens, how: { status: 401 }, times: 9 }), 'auth_failed'],
    [
      'cannot be asked for',
      ({ github }) => github.fails({ ...tokens, how: { status: 502 }, times: 9 }),
      'remote_unavailable',
    ],
    [
      'is sent elsewhere',
      ({ github }) => github.fails({ ...tokens, how: { redirect: '/app' }, times: 9 }),
      'repo_identity_changed',
    ],
  ])('says why where its token %s, and names no key and no token', async (_, act, code) => {
    const world = await anApp();
    act(world);
    const error = await failureOf(world.transport.write(issue));
    expect(error.failure.code).toBe(code);
    expect(world.github.created()).not.toHaveProperty('issue');
    const told = JSON.stringify([error.failure, error.message, error.stack, error.cause ?? null]);
    expect(told).not.toMatch(/PRIVATE KEY|ghs_|eyJ|bearer/i);
    for (const line of world.app.privateKey.split('\n').filter((part) => part.length > 20))
      expect(told).not.toContain(line);
  });

  test('waits for a token no longer than for anything else', async () => {
    const { github, options } = await anApp();
    const fault = github.fails({ ...tokens, how: 'hang_before' });
    const error = await failureOf(new Live({ ...options, deadline: 100 }).write(issue));
    expect(['timeout', 'network_unavailable']).toContain(error.failure.code);
    fault.end();
    expect(github.created()).not.toHaveProperty('issue');
  });

  test('says which rights it lacks, and which it should not have', async () => {
    const { options } = await anApp({ rights: { issues: 'none', contents: 'write' } });
    const found = await rightsOf(options, ['octo/app', 'octo/gone']);
    expect(found.login).toBe('gaia[bot]');
    expect(found.tooLittle).toEqual(['issues: write']);
    expect(found.tooMuch).toEqual(['contents: write']);
    expect(found.unreachable).toEqual([expect.stringContaining('octo/gone')]);
  });
});

import { describe, expect, test } from 'vitest';
import { githubChecks } from '../../../../src/cli/local/doctor/github.ts';
import type { GitHubConfig } from '../../../../src/config-github.ts';
import { Secret } from '../../../../src/config-secret.ts';
import { aGitHub } from '../../../support/github/a-github.ts';

const look = async (config: Partial<GitHubConfig>) =>
  githubChecks(
    { transport: 'live', updaterEnabled: true, allowedRepos: ['octo/app'], allowedProjects: [], apiUrl: '', ...config },
    Date.now,
  )[0]!.look(new AbortController().signal);

describe('the doctor, of GitHub', () => {
  test('says that nothing leaves the machine with the defaults', async () =>
    expect(await look({ transport: 'local_fake' })).toMatchObject({
      verdict: 'ok',
      message: expect.stringContaining('nothing leaves'),
    }));

  test('says as whom Gaia writes, and of rights it should not have', async () => {
    const github = await aGitHub();
    github.addRepository('octo/app');
    const broad = await look({ apiUrl: github.url, token: new Secret(github.token({ kind: 'classic' })) });
    expect(broad).toMatchObject({
      verdict: 'warn',
      message: expect.stringContaining(`as gaia-bot at ${new URL(github.url).host}, to octo/app`),
    });
    expect(broad.message).toContain('the scope repo');
    expect((await look({ apiUrl: github.url, token: new Secret(github.token()) })).verdict).toBe('ok');
  });

  test('says which repository cannot be reached, and what a wrong token is', async () => {
    const github = await aGitHub();
    const gone = await look({ apiUrl: github.url, token: new Secret(github.token()) });
    expect(gone).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('octo/app: GitHub finds nothing there'),
    });
    const wrong = await look({ apiUrl: github.url, token: new Secret('x'.repeat(40)) });
    expect(wrong).toMatchObject({ verdict: 'fail', message: expect.stringContaining("does not accept Gaia's token") });
  });
});

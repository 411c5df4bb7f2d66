import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { describe, expect, test } from 'vitest';
import { aClock } from '../store.ts';
import { aClient, at, clientOf, refusal } from './a-client.ts';
import type { Rights } from './accounts.ts';

describe('a token', () => {
  test('that is unknown, expired or revoked is none', async () => {
    const { github } = await aClient();
    const expiring = github.token({ expiresAt: github.clock.now() + 1_000 });
    const revoked = github.token();
    github.tokenOf(revoked).isRevoked = true;
    expect((await clientOf(github.url, expiring).users.getAuthenticated()).status).toBe(200);
    github.clock.turn(1_000);
    for (const secret of [expiring, revoked, 'github_pat_unknown']) {
      const refused = await refusal(clientOf(github.url, secret).users.getAuthenticated());
      expect([refused.status, refused.response.data]).toEqual([
        401,
        expect.objectContaining({ message: 'Bad credentials' }),
      ]);
    }
  });

  test('does not see what it has no part in', async () => {
    const { github, client } = await aClient({ token: { repositories: [] } });
    github.addRepository('other/secret', { roles: {} });
    expect((await refusal(client.repos.get(at))).status).toBe(404);
    expect((await refusal(client.issues.create({ ...at, title: 'a' }))).status).toBe(404);
    expect((await refusal(client.repos.get({ owner: 'other', repo: 'secret' }))).status).toBe(404);
    expect((await refusal(client.repos.get({ owner: 'octo', repo: 'none' }))).status).toBe(404);
  });

  test.each<[Rights, (client: Octokit) => Promise<unknown>, string]>([
    [{ issues: 'read' }, (client) => client.issues.create({ ...at, title: 'a' }), 'issues=write'],
    [
      { issues: 'none', pull_requests: 'none' },
      (client) => client.issues.createComment({ ...at, issue_number: 1, body: 'a' }),
      'issues=write; pull_requests=write',
    ],
    [
      { pull_requests: 'read' },
      (client) => client.pulls.create({ ...at, title: 'a', head: 'b', base: 'main' }),
      'pull_requests=write',
    ],
    [
      { statuses: 'none' },
      (client) => client.repos.createCommitStatus({ ...at, sha: 'a'.repeat(40), state: 'success' }),
      'statuses=write',
    ],
    [{ contents: 'none' }, (client) => client.git.getRef({ ...at, ref: 'heads/main' }), 'contents=read'],
    [
      { organization_projects: 'read' },
      (client) => client.projects.addItemForOrg({ org: 'octo', project_number: 1, type: 'Issue', id: 1 }),
      'organization_projects=write',
    ],
  ])('with only %j is told which right is missing', async (rights, act, accepted) => {
    const { github, app, client } = await aClient({ token: { rights } });
    app.addIssue({ title: 'a' });
    github.addProject('octo');
    const { status, message, response } = await refusal(act(client));
    expect([status, response.headers['x-accepted-github-permissions']]).toEqual([403, accepted]);
    expect(message).toContain('Resource not accessible by personal access token');
    expect(github.created()).toEqual({});
  });

  test('with the right to pull requests alone writes below those, and below no issue', async () => {
    const { app, client } = await aClient({ token: { rights: { issues: 'none' } } });
    app.commit('gaia/run-1', { a: 'a' });
    app.addIssue({ title: 'a' });
    app.addPull({ title: 'b', head: 'gaia/run-1' });
    const say = (number: number) => client.issues.createComment({ ...at, issue_number: number, body: 'a' });
    expect((await say(2)).status).toBe(201);
    const { status, response } = await refusal(say(1));
    expect([status, response.headers['x-accepted-github-permissions']]).toEqual([403, 'issues=write']);
  });

  test('may read a public repository that is not its own, and no more', async () => {
    const { github, client } = await aClient();
    const open = { owner: 'other', repo: 'open' };
    github.addRepository('other/open', { isPrivate: false, roles: {} });
    const stranger = clientOf(github.url);
    expect((await stranger.repos.get(open)).status).toBe(200);
    expect((await refusal(stranger.issues.create({ ...open, title: 'a' }))).status).toBe(401);
    expect((await client.issues.listForRepo(open)).status).toBe(200);
    expect((await refusal(client.issues.create({ ...open, title: 'a' }))).status).toBe(403);
  });

  test('changes nothing in a repository that was archived, or a conversation that was locked', async () => {
    const { github, app, client } = await aClient({ token: { login: 'grace' } });
    app.roles.set('grace', 'read');
    app.addIssue({ title: 'a' }).isLocked = true;
    expect((await refusal(client.issues.createComment({ ...at, issue_number: 1, body: 'a' }))).status).toBe(403);
    app.isArchived = true;
    expect((await refusal(client.issues.create({ ...at, title: 'a' }))).status).toBe(403);
    expect(github.created()).toEqual({});
  });

  test('of the classic kind shows its scopes', async () => {
    const { client } = await aClient({ token: { kind: 'classic', scopes: ['repo'] } });
    expect((await client.users.getAuthenticated()).headers['x-oauth-scopes']).toBe('repo');
  });

  test('comes with a user agent and a version of the API that exists', async () => {
    const { client } = await aClient();
    const asking = (headers: Record<string, string>) => client.request('GET /user', { headers });
    expect((await asking({ 'x-github-api-version': '2022-11-28' })).status).toBe(200);
    expect((await refusal(asking({ 'x-github-api-version': '2021-01-01' }))).status).toBe(400);
    expect((await refusal(asking({ 'user-agent': '' }))).status).toBe(403);
  });
});

describe('an app', () => {
  test('signs in with its key, gets a token for an hour, and writes in its own name', async () => {
    const { github, app } = await aClient();
    const gaia = github.addApp('gaia');
    const installation = github.install(gaia, { rights: { statuses: 'none' }, repositories: ['octo/app'] });
    const client = new Octokit({
      baseUrl: github.url,
      authStrategy: createAppAuth,
      auth: { appId: gaia.id, privateKey: gaia.privateKey, installationId: installation.id },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    expect((await client.apps.getAuthenticated()).data).toMatchObject({ slug: 'gaia' });
    expect((await client.apps.getRepoInstallation(at)).data).toMatchObject({ id: installation.id });
    expect((await client.apps.listInstallations()).data).toHaveLength(1);
    expect((await client.apps.listReposAccessibleToInstallation()).data.repositories).toMatchObject([
      { full_name: 'octo/app' },
    ]);
    const { data: issue } = await client.issues.create({ ...at, title: 'a', labels: ['bug'] });
    expect((await client.users.getByUsername({ username: 'gaia[bot]' })).data.id).toBe(issue.user?.id);
    expect((await refusal(client.users.getAuthenticated())).status).toBe(403);
    expect(issue).toMatchObject({
      user: { login: 'gaia[bot]', type: 'Bot' },
      performed_via_github_app: { slug: 'gaia' },
    });
    expect(app.issue(1).labels).toHaveLength(1);
    const status = client.repos.createCommitStatus({ ...at, sha: app.branch('main').sha, state: 'success' });
    expect((await refusal(status)).message).toContain('Resource not accessible by integration');
    github.addRepository('octo/private');
    expect((await refusal(client.repos.get({ owner: 'octo', repo: 'private' }))).status).toBe(404);
  });

  test('gets less than its installation where it asks for less, and never more', async () => {
    const { github } = await aClient({ clock: aClock(Date.now()) });
    const gaia = github.addApp();
    const installation = github.install(gaia);
    const auth = createAppAuth({
      appId: gaia.id,
      privateKey: gaia.privateKey,
      request: clientOf(github.url).request,
    });
    const { token } = await auth({
      type: 'installation',
      installationId: installation.id,
      permissions: { issues: 'read' },
    });
    expect((await refusal(clientOf(github.url, token).issues.create({ ...at, title: 'a' }))).status).toBe(403);
    const greedy = auth({ type: 'installation', installationId: installation.id, permissions: { contents: 'write' } });
    expect((await refusal(greedy)).status).toBe(422);
    github.clock.turn(3_600_000);
    expect((await refusal(clientOf(github.url, token).issues.listForRepo(at))).status).toBe(401);
  });
});

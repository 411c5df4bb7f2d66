import { describe, expect, test } from 'vitest';
import { aClient, at, clientOf, refusal } from './a-client.ts';
import { describedOperations } from './openapi/contract.ts';
import { operations } from './openapi/operations.ts';
import { routes } from './routes/routes.ts';

describe('the double', () => {
  test('carries out what is described, and describes what it carries out', () => {
    expect(describedOperations().sort()).toEqual([...operations].sort());
    expect(Object.keys(routes).sort()).toEqual([...operations].sort());
  });

  test('says who its client is, in the form of GitHub', async () => {
    const { github, client } = await aClient({ token: { expiresAt: Date.UTC(2026, 11, 24, 8, 0, 0) } });
    const { data, headers } = await client.users.getAuthenticated();
    expect(data.login).toBe('gaia-bot');
    expect(headers).toMatchObject({
      'github-authentication-token-expiration': '2026-12-24 08:00:00 UTC',
      'x-github-request-id': expect.stringMatching(/^[0-9A-F:]+$/),
      'x-ratelimit-remaining': '4999',
      date: new Date(github.clock.now()).toUTCString(),
    });
    expect((await client.rateLimit.get()).data.resources.core).toMatchObject({ limit: 5_000, used: 1 });
  });

  test('fails its test where a request is not one that GitHub describes', async () => {
    const { github, client } = await aClient();
    await refusal(client.request('PUT /repos/octo/app/pulls/1/merge'));
    await refusal(client.request('POST /repos/octo/app/issues', { title: 'a', colour: 'red' }));
    await refusal(client.request('POST /repos/octo/app/issues', { title: 'a', body: 3 }));
    await refusal(
      client.graphql('mutation { mergePullRequest(input: {pullRequestId: "x"}) { clientMutationId } }') as never,
    ).catch((error: unknown) => error);
    expect(github.takeViolations()).toEqual([
      '1. PUT /repos/octo/app/pulls/1/merge: GitHub describes no such operation',
      '2. POST /repos/octo/app/issues: unknown key colour in the body',
      '3. POST /repos/octo/app/issues: the body/body must be string',
      '4. POST /graphql: GraphQL mutation mergePullRequest',
    ]);
    expect(github.created()).toEqual({});
  });
});

describe('an issue', () => {
  test('is opened, changed, labelled, assigned, and commented on', async () => {
    const { github, app, client } = await aClient();
    const { data: issue } = await client.issues.create({ ...at, title: 'Broken', body: 'It is', labels: ['bug'] });
    const on = { ...at, issue_number: issue.number };
    github.clock.turn(5_000);
    await client.issues.update({ ...on, title: 'Still broken' });
    await client.issues.addLabels({ ...on, labels: ['ready', 'fresh'] });
    await client.issues.removeLabel({ ...on, name: 'bug' });
    await client.issues.addAssignees({ ...on, assignees: ['octocat', 'nobody'] });
    const { data: comment } = await client.issues.createComment({ ...on, body: 'Seen' });
    await client.issues.updateComment({ ...at, comment_id: comment.id, body: 'Seen twice' });

    expect(issue).toMatchObject({
      number: 1,
      html_url: `${github.webUrl}/octo/app/issues/1`,
      user: { login: 'gaia-bot' },
    });
    expect(app.issue(1)).toMatchObject({ title: 'Still broken', body: 'It is' });
    expect(app.issue(1).labels.map(({ name }) => name)).toEqual(['ready', 'fresh']);
    expect(app.issue(1).assignees.map(({ login }) => login)).toEqual(['octocat']);
    expect(app.issue(1).comments).toMatchObject([{ body: 'Seen twice' }]);
    expect((await client.issues.get(on)).data).toMatchObject({ comments: 1, updated_at: '2026-11-21T09:00:05Z' });
    expect(github.created()).toEqual({ issue: 1, label: 1, issue_comment: 1 });
  });

  test('keeps to the real limits of its text', async () => {
    const { client } = await aClient();
    expect((await client.issues.create({ ...at, title: 'x'.repeat(256), body: '🌱'.repeat(65_536) })).status).toBe(201);
    const long = await refusal(client.issues.create({ ...at, title: 'a', body: 'x'.repeat(65_537) }));
    expect(long.response.data).toMatchObject({
      message: 'Validation Failed',
      errors: [
        { resource: 'Issue', code: 'custom', field: 'body', message: 'body is too long (maximum is 65536 characters)' },
      ],
      status: '422',
    });
    expect((await refusal(client.issues.create({ ...at, title: 'x'.repeat(257) }))).status).toBe(422);
    expect((await refusal(client.issues.createComment({ ...at, issue_number: 1, body: ' ' }))).status).toBe(422);
  });

  test('gets neither labels nor assignees, without a word, from who may not push', async () => {
    const { app, client } = await aClient({ token: { login: 'grace' } });
    app.roles.set('grace', 'read');
    await client.issues.create({ ...at, title: 'a', labels: ['bug'], assignees: ['octocat'] });
    expect(app.issue(1)).toMatchObject({ labels: [], assignees: [] });
    expect((await refusal(client.issues.addLabels({ ...at, issue_number: 1, labels: ['bug'] }))).status).toBe(403);
  });

  test('that was deleted is gone, and not just missing', async () => {
    const { app, client } = await aClient();
    app.addIssue({ title: 'a' }).isDeleted = true;
    expect((await refusal(client.issues.get({ ...at, issue_number: 1 }))).status).toBe(410);
    expect((await refusal(client.issues.get({ ...at, issue_number: 2 }))).status).toBe(404);
    expect((await client.issues.listForRepo({ ...at, state: 'all' })).data).toEqual([]);
  });

  test('is a part of one other issue, and moves to another only when asked to', async () => {
    const { github, app, client } = await aClient();
    const [first, second, part] = ['first', 'second', 'part'].map((title) => app.addIssue({ title }));
    await client.issues.addSubIssue({ ...at, issue_number: 1, sub_issue_id: part!.id });
    expect((await client.issues.getParent({ ...at, issue_number: 3 })).data.id).toBe(first!.id);
    const again = { ...at, issue_number: 2, sub_issue_id: part!.id };
    expect((await refusal(client.issues.addSubIssue(again))).status).toBe(422);
    expect((await refusal(client.issues.addSubIssue({ ...again, sub_issue_id: 3 }))).status).toBe(404);
    await client.issues.addSubIssue({ ...again, replace_parent: true });
    expect((await client.issues.listSubIssues({ ...at, issue_number: 1 })).data).toEqual([]);
    expect(part!.parent).toBe(second);
    expect(github.created()).toEqual({ sub_issue: 2 });
  });

  test('waits for another, once', async () => {
    const { app, client } = await aClient();
    const [, other] = ['a', 'b'].map((title) => app.addIssue({ title }));
    const wait = { ...at, issue_number: 1, issue_id: other!.id };
    await client.issues.addBlockedByDependency(wait);
    expect((await refusal(client.issues.addBlockedByDependency(wait))).status).toBe(422);
    expect((await client.issues.listDependenciesBlockedBy({ ...at, issue_number: 1 })).data).toMatchObject([
      { number: 2 },
    ]);
    expect((await client.issues.listDependenciesBlocking({ ...at, issue_number: 2 })).data).toMatchObject([
      { number: 1 },
    ]);
  });
});

describe('a list', () => {
  test('comes in pages, linked by the id of the repository', async () => {
    const { github, app, client } = await aClient();
    const issue = app.addIssue({ title: 'a' });
    for (let n = 1; n <= 205; n++) issue.comment(`comment ${n}`);
    const on = { ...at, issue_number: 1 };
    expect((await client.issues.listComments(on)).data).toHaveLength(30);
    const first = await client.issues.listComments({ ...on, per_page: 500 });
    expect(first.data).toHaveLength(100);
    const next = `${github.url}/repositories/${app.id}/issues/1/comments?per_page=500&page=2`;
    expect(first.headers.link).toContain(`<${next}>; rel="next"`);
    const all = await client.paginate(client.issues.listComments, { ...on, per_page: 100 });
    expect(all.map(({ body }) => body)).toEqual(issue.comments.map(({ body }) => body));
    expect((await refusal(client.issues.listComments({ ...on, page: 101 }))).status).toBe(422);
  });

  test('is narrowed by creator, state and time', async () => {
    const { github, app, client } = await aClient();
    app.addIssue({ title: 'by a person' });
    app.addIssue({ title: 'closed', by: 'gaia-bot' }).close();
    github.clock.turn(60_000);
    app.addIssue({ title: 'new', by: 'gaia-bot' });
    const titles = async (query: object) =>
      (await client.issues.listForRepo({ ...at, ...query })).data.map(({ title }) => title);
    expect(await titles({ creator: 'gaia-bot', state: 'all', sort: 'created', direction: 'desc' })).toEqual([
      'new',
      'closed',
    ]);
    expect(await titles({ since: '2026-11-21T09:00:30Z' })).toEqual(['new']);
  });

  test('that has not changed costs nothing', async () => {
    const { client, app } = await aClient();
    app.addIssue({ title: 'a' });
    const { headers } = await client.issues.listForRepo(at);
    const known = await refusal(client.issues.listForRepo({ ...at, headers: { 'if-none-match': headers.etag! } }));
    expect(known.status).toBe(304);
    expect((await client.rateLimit.get()).data.resources.core.used).toBe(1);
    app.issue(1).comment('new');
    expect((await client.issues.listForRepo({ ...at, headers: { 'if-none-match': headers.etag! } })).status).toBe(200);
  });
});

describe('a pull request', () => {
  test('is opened as a draft from commits that its base has not, once while it is open', async () => {
    const { github, app, client } = await aClient();
    const open = () => client.pulls.create({ ...at, title: 'Run 1', head: 'gaia/run-1', base: 'main', draft: true });
    expect((await refusal(open())).response.data).toMatchObject({ errors: [{ field: 'head', code: 'invalid' }] });
    app.setBranch('gaia/run-1', app.branch('main').sha);
    expect((await refusal(open())).message).toContain('No commits between main and gaia/run-1');
    const { sha } = app.commit('gaia/run-1', { 'src/a.ts': 'a\nb' });
    const { data: pull } = await open();
    expect(pull).toMatchObject({ number: 1, draft: true, head: { sha, ref: 'gaia/run-1' }, additions: 2 });
    expect((await refusal(open())).message).toContain('A pull request already exists for octo:gaia/run-1.');
    app.pull(1).close();
    expect((await open()).data.number).toBe(2);
    const found = await client.pulls.list({ ...at, state: 'all', head: 'octo:gaia/run-1', base: 'main' });
    expect(found.data.map(({ number, state }) => [number, state])).toEqual([
      [2, 'open'],
      [1, 'closed'],
    ]);
    expect(github.created()).toEqual({ pull: 2 });
  });

  test('follows its branch, is made ready over GraphQL, and asks collaborators for a review', async () => {
    const { app, client } = await aClient();
    app.commit('gaia/run-1', { 'a.ts': 'a' });
    const pull = app.addPull({ title: 'Run', head: 'gaia/run-1', by: 'gaia-bot', isDraft: true });
    const { sha } = app.commit('gaia/run-1', { 'b.ts': 'b' });
    const { data } = await client.pulls.get({ ...at, pull_number: 1 });
    expect(data).toMatchObject({ head: { sha }, commits: 2, changed_files: 2, draft: true });

    const ready =
      'mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { number isDraft } } }';
    expect(await client.graphql(ready, { id: data.node_id })).toEqual({
      markPullRequestReadyForReview: { pullRequest: { number: 1, isDraft: false } },
    });
    expect(pull.isDraft).toBe(false);
    await expect(client.graphql(ready, { id: 'PR_other' })).rejects.toMatchObject({ errors: [{ type: 'NOT_FOUND' }] });

    const ask = (reviewer: string) => client.pulls.requestReviewers({ ...at, pull_number: 1, reviewers: [reviewer] });
    await ask('octocat');
    expect((await client.pulls.listRequestedReviewers({ ...at, pull_number: 1 })).data.users).toMatchObject([
      { login: 'octocat' },
    ]);
    expect((await refusal(ask('stranger'))).status).toBe(422);
    expect((await refusal(ask('gaia-bot'))).status).toBe(422);
  });

  test('ends with its branch, where it stood then', async () => {
    const { app, client } = await aClient();
    const { sha } = app.commit('gaia/run-1', { 'a.ts': 'a' });
    app.addPull({ title: 'Run', head: 'gaia/run-1' });
    app.removeBranch('gaia/run-1');
    const { data } = await client.pulls.get({ ...at, pull_number: 1 });
    expect(data).toMatchObject({ state: 'closed', merged: false, head: { sha } });
    expect((await refusal(client.git.getRef({ ...at, ref: 'heads/gaia/run-1' }))).status).toBe(404);
  });

  test('carries comments at lines, and reviews', async () => {
    const { github, app, client } = await aClient();
    const { sha } = app.commit('gaia/run-1', { 'a.ts': 'a' });
    app.addPull({ title: 'Run', head: 'gaia/run-1' });
    const on = { ...at, pull_number: 1 };
    const line = { ...on, commit_id: sha, path: 'a.ts', line: 1 };
    const { data: comment } = await client.pulls.createReviewComment({ ...line, body: 'Why?' });
    expect((await refusal(client.pulls.createReviewComment({ ...line, path: 'b.ts', body: 'Why?' }))).status).toBe(422);
    await client.pulls.updateReviewComment({ ...at, comment_id: comment.id, body: 'Why not?' });
    expect((await client.pulls.listReviewComments(on)).data).toMatchObject([{ body: 'Why not?' }]);
    const { data: review } = await client.pulls.createReview({ ...on, event: 'COMMENT', body: 'Looked' });
    await client.pulls.updateReview({ ...on, review_id: review.id, body: 'Looked again' });
    expect((await client.pulls.listReviews(on)).data.at(-1)).toMatchObject({
      body: 'Looked again',
      state: 'COMMENTED',
    });
    expect(github.created()).toEqual({ review_comment: 1, review: 1 });
  });
});

describe('a repository', () => {
  test('tells its branches, what changed between two of them, and what was protected', async () => {
    const { app, client } = await aClient();
    const { sha } = app.commit('gaia/run-1', { 'src/a.ts': 'a' }, { message: 'Fixes #1' });
    app.commit('main', { 'other.ts': 'o' });
    expect((await client.git.getRef({ ...at, ref: 'heads/gaia/run-1' })).data.object.sha).toBe(sha);
    expect((await refusal(client.git.getRef({ ...at, ref: 'heads/gaia' }))).status).toBe(404);
    expect((await client.repos.getBranch({ ...at, branch: 'main' })).data.protected).toBe(true);
    expect((await client.repos.getBranch({ ...at, branch: 'gaia/run-1' })).data.protected).toBe(false);
    const { data } = await client.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...gaia/run-1' });
    expect(data).toMatchObject({
      status: 'diverged',
      ahead_by: 1,
      behind_by: 1,
      commits: [{ commit: { message: 'Fixes #1' } }],
    });
    expect(data.files).toMatchObject([{ filename: 'src/a.ts', status: 'added' }]);
  });

  test('names a moved file with both its names, and 300 files at most', async () => {
    const { app, client } = await aClient();
    app.commit('main', { '.github/workflows/ci.yml': 'on: push' });
    app.commit('gaia/move', { 'ci.yml': 'on: push' }, { removes: ['.github/workflows/ci.yml'] });
    app.commit('gaia/many', Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`f${n}`, String(n)])));
    const files = async (head: string) =>
      (await client.repos.compareCommitsWithBasehead({ ...at, basehead: `main...${head}` })).data.files;
    expect(await files('gaia/move')).toMatchObject([
      { status: 'renamed', filename: 'ci.yml', previous_filename: '.github/workflows/ci.yml' },
    ]);
    expect(await files('gaia/many')).toHaveLength(300);
  });

  test('keeps statuses by commit and context, the newest first', async () => {
    const { app, client } = await aClient();
    const { sha } = app.commit('gaia/run-1', { a: 'a' });
    const say = (state: 'pending' | 'success') =>
      client.repos.createCommitStatus({ ...at, sha, state, context: 'gaia/gates' });
    await say('pending');
    await say('success');
    expect((await client.repos.listCommitStatusesForRef({ ...at, ref: sha })).data.map(({ state }) => state)).toEqual([
      'success',
      'pending',
    ]);
    expect((await client.repos.getCombinedStatusForRef({ ...at, ref: sha })).data).toMatchObject({
      state: 'success',
      total_count: 1,
    });
    expect(
      (await refusal(client.repos.createCommitStatus({ ...at, sha: 'f'.repeat(40), state: 'success' }))).status,
    ).toBe(422);
  });

  test('that was renamed answers reads with 301 and writes with 307, both by its id', async () => {
    const { github, app } = await aClient();
    const authorization = `Bearer ${github.token()}`;
    app.rename('api');
    const ask = (method: string, body?: object) =>
      fetch(`${github.url}/repos/octo/app/issues`, {
        method,
        redirect: 'manual',
        headers: { authorization },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const moved = `${github.url}/repositories/${app.id}/issues`;
    const read = await ask('GET');
    expect([read.status, read.headers.get('location')]).toEqual([301, moved]);
    const write = await ask('POST', { title: 'a' });
    expect([write.status, write.headers.get('location')]).toEqual([307, moved]);
    expect(github.created()).toEqual({});
    expect((await fetch(moved, { headers: { authorization } })).status).toBe(200);
    github.addRepository('octo/app');
    expect((await ask('GET')).status).toBe(200);
  });
});

describe('a project', () => {
  test('takes an issue once, and drafts, and shows the fields that are asked for', async () => {
    const { github, app, client } = await aClient();
    const board = github.addProject('octo', { fields: { Source: 'text' } });
    const on = { org: 'octo', project_number: 1 };
    const issue = app.addIssue({ title: 'a' });
    const add = () => client.projects.addItemForOrg({ ...on, type: 'Issue', id: issue.id });
    const { data: item } = await add();
    expect((await add()).data.id).toBe(item.id);
    const { data: draft } = await client.request('POST /orgs/{org}/projectsV2/{project_number}/drafts', {
      ...on,
      title: 'Draft',
      body: 'text',
    });
    const { data: fields } = await client.projects.listFieldsForOrg(on);
    expect(fields.map(({ name }) => name)).toEqual(['Title', 'Status', 'Source']);

    const update = (name: string, value: string) =>
      client.projects.updateItemForOrg({ ...on, item_id: item.id, fields: [{ id: board.field(name).id, value }] });
    await update('Status', board.optionId('Status', 'In Progress'));
    expect((await refusal(update('Status', 'In Progress'))).status).toBe(422);
    expect(board.shows(board.items[0]!, 'Status')).toBe('In Progress');
    const shown = await client.projects.getOrgItem({
      ...on,
      item_id: item.id,
      fields: String(board.field('Status').id),
    });
    expect(shown.data.fields).toMatchObject([{ name: 'Status', value: { name: { raw: 'In Progress' } } }]);
    board.items[0]!.isArchived = true;
    expect((await refusal(update('Source', 'gaia'))).status).toBe(422);

    const edit =
      'mutation($input: UpdateProjectV2DraftIssueInput!) { updateProjectV2DraftIssue(input: $input) { draftIssue { title body } } }';
    const draftIssueId = (draft.content as { node_id: string }).node_id;
    expect(await client.graphql(edit, { input: { draftIssueId, title: 'Better' } })).toEqual({
      updateProjectV2DraftIssue: { draftIssue: { title: 'Better', body: 'text' } },
    });
    expect(github.created()).toEqual({ project_item: 1, draft_item: 1 });
  });

  test('is read in pages by cursor', async () => {
    const { github, client } = await aClient();
    const board = github.addProject('octo');
    for (let n = 1; n <= 5; n++) board.addDraft(`draft ${n}`);
    const all = await client.paginate(client.projects.listItemsForOrg, { org: 'octo', project_number: 1, per_page: 2 });
    expect(all.map(({ id }) => id)).toEqual(board.items.map(({ id }) => id));
  });

  test('of a person opens to a classic token only', async () => {
    const { github } = await aClient();
    github.addProject('grace');
    const ask = (secret: string) =>
      clientOf(github.url, secret).projects.getForUser({ username: 'grace', project_number: 1 });
    expect((await refusal(ask(github.token({ login: 'grace' })))).status).toBe(403);
    expect((await ask(github.token({ login: 'grace', kind: 'classic' }))).status).toBe(200);
    expect((await refusal(ask(github.token({ kind: 'classic' })))).status).toBe(404);
  });
});

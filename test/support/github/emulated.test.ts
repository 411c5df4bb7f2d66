import { describe, expect, test } from 'vitest';
import { clientOf, refusal } from './a-client.ts';
import { anEmulatedGitHub, type WayHow } from './emulated.ts';

describe('the GitHub of others', () => {
  test('keeps issues, comments, labels and pull requests, and opens a pull request twice', async () => {
    const { at, commit, counts, url, token } = await anEmulatedGitHub();
    const client = clientOf(url, token);
    const { sha } = await commit('gaia/run-1', { 'a.ts': 'a' });
    await client.issues.create({ ...at, title: 'Broken' });
    await client.issues.addLabels({ ...at, issue_number: 1, labels: ['bug'] });
    await client.issues.createComment({ ...at, issue_number: 1, body: 'Seen' });
    const open = { ...at, title: 'Run', head: 'gaia/run-1', base: 'main', draft: true };
    const { data: pull } = await client.pulls.create(open);
    expect(pull).toMatchObject({ draft: true, head: { sha }, html_url: `${url}/gaia-bot/app/pull/2` });
    await client.pulls.create(open);
    expect(await counts()).toEqual({ issues: 1, pulls: 2, comments: 1 });
  });

  test.each<[WayHow, number]>([
    ['reset_before', 0],
    ['reset_after', 1],
    [{ status: 502, after: false }, 0],
    [{ status: 502, after: true }, 1],
  ])('is reached by a way that breaks (%j) and leaves %i issues behind', async (how, left) => {
    const { at, counts, url, token, fails, writes } = await anEmulatedGitHub();
    fails({ method: 'POST', how });
    await refusal(clientOf(url, token).issues.create({ ...at, title: 'a' }));
    expect(await counts()).toEqual({ issues: left, pulls: 0, comments: 0 });
    expect(writes).toEqual([{ method: 'POST', path: '/repos/gaia-bot/app/issues' }]);
  });
});

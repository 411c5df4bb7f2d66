import { describe, expect, test } from 'vitest';
import { anEmulatedGitHub } from './emulated.ts';

describe('the GitHub of others', () => {
  test('keeps issues, comments, labels and pull requests, and opens a pull request twice', async () => {
    const { at, client, commit, counts, url } = await anEmulatedGitHub();
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
});

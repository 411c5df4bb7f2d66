import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Client } from '../../../src/github/live/client.ts';
import { mutations } from '../../../src/github/live/routes.ts';

/** A server that takes everything and remembers what it was asked. */
async function aServer(root = '') {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`;
  const client = new Client({ apiUrl, credentials: { token: 'x'.repeat(40) }, now: Date.now });
  return { asked, client };
}
const anything = z.unknown();
const place = { owner: 'octo', repo: 'app' };
const unmapped = { failure: { code: 'route_unmapped' } };
const removeLabel = 'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}';

describe('what goes onto the wire', () => {
  test('is the mapped route with its values, whatever characters these have', async () => {
    const { asked, client } = await aServer();
    const at = { ...place, issue_number: 1 };
    await client.write('issue.label.remove', removeLabel, { ...at, name: 'good first/issue %2e' }, {}, anything);
    await client.look('GET /repos/{owner}/{repo}/branches/{branch}', { ...place, branch: 'gaia/a#b?c' }, anything);
    expect(asked).toEqual([
      'DELETE /repos/octo/app/issues/1/labels/good%20first%2Fissue%20%252e',
      'GET /repos/octo/app/branches/gaia%2Fa%23b%3Fc',
    ]);
  });

  test.each([
    ['a label that leads one up', { ...place, issue_number: 1, name: '..' }],
    ['a label that leads nowhere', { ...place, issue_number: 1, name: '.' }],
    ['no label at all', { ...place, issue_number: 1, name: '' }],
    ['a repository that leads one up', { owner: 'octo', repo: '..', issue_number: 1, name: 'bug' }],
    ['a label that leads one up within itself', { ...place, issue_number: 1, name: 'a/../b' }],
    ['a repository within another', { owner: 'octo', repo: 'app/x', issue_number: 1, name: 'bug' }],
    ['a number that is none', { ...place, issue_number: '1/comments', name: 'bug' }],
    ['a control character', { ...place, issue_number: 1, name: 'a\nb' }],
  ])('is never an address with %s', async (_, at) => {
    const { asked, client } = await aServer();
    await expect(client.write('issue.label.remove', removeLabel, at, {}, anything)).rejects.toMatchObject(unmapped);
    expect(asked).toEqual([]);
  });

  test('is no member of a body that its route does not take', async () => {
    const { asked, client } = await aServer();
    const write = (body: Record<string, unknown>) =>
      client.write(
        'issue.update',
        'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
        { ...place, issue_number: 1 },
        body,
        anything,
      );
    for (const body of [{ state: 'closed' }, { title: 'A', state_reason: 'completed' }])
      await expect(write(body)).rejects.toMatchObject(unmapped);
    expect(asked).toEqual([]);
    await write({ title: 'A' });
    expect(asked).toEqual(['PATCH /repos/octo/app/issues/1']);
  });

  test.each([
    ['', '/graphql'],
    ['/api/v3', '/api/graphql'],
  ])('is a mapped GraphQL text, where GraphQL is on a server at "%s"', async (root, path) => {
    const { asked, client } = await aServer(root);
    const send = (query: string) => client.write('pr.ready_for_review', 'POST /graphql', {}, { query }, anything);
    await send(mutations['pr.ready_for_review']);
    await expect(send('mutation { mergePullRequest { clientMutationId } }')).rejects.toMatchObject(unmapped);
    await expect(send(mutations['project.draft_item.update'])).rejects.toMatchObject(unmapped);
    expect(asked).toEqual([`POST ${path}`]);
  });

  test('never goes to another origin', async () => {
    const { asked, client } = await aServer();
    const other = await aServer();
    await expect(
      client.look('GET /repos/{owner}/{repo}', { ...place, baseUrl: 'http://127.0.0.1:9' }, anything),
    ).rejects.toMatchObject({ failure: { code: 'host_mismatch' } });
    expect([...asked, ...other.asked]).toEqual([]);
  });
});

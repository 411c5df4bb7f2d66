import { describe, expect, test } from 'vitest';
import { Projects } from '../../src/github/live/projects.ts';
import { RepositoryWrites } from '../../src/github/live/repository-writes.ts';
import { Live } from '../../src/github/live/transport.ts';
import { oddApiUrl, webHostOf, webUrlOf } from '../../src/github/web.ts';

describe('where people see what the API writes', () => {
  test.each([
    ['https://api.github.com', 'github.com', 'https://github.com'],
    ['https://api.octo-corp.ghe.com', 'octo-corp.ghe.com', 'https://octo-corp.ghe.com'],
    ['https://git.example/api/v3', 'git.example', 'https://git.example'],
    ['https://git.example:8443/api/v3', 'git.example:8443', 'https://git.example:8443'],
    ['https://api.git.example/api/v3', 'api.git.example', 'https://api.git.example'],
    ['https://api.a.b.ghe.com', 'api.a.b.ghe.com', 'https://api.a.b.ghe.com'],
    ['http://127.0.0.1:4010', '127.0.0.1:4010', 'http://127.0.0.1:4010'],
  ])('of %s is %s', (apiUrl, host, url) => {
    expect([webHostOf(apiUrl), webUrlOf(apiUrl)]).toEqual([host, url]);
    expect(new Live({ apiUrl, credentials: { token: 'x' }, now: Date.now }).host).toBe(host);
  });

  test('is odd where an enterprise server has no API', () => {
    expect(oddApiUrl('https://git.example')).toContain('https://git.example/api/v3');
    for (const usual of [
      'https://api.github.com',
      'https://api.octo.ghe.com',
      'https://git.example/api/v3',
      'http://127.0.0.1:4010',
    ])
      expect(oddApiUrl(usual)).toBeUndefined();
  });
});

test.each([
  ['a repository', RepositoryWrites],
  ['a project', Projects],
])('what is mapped to no call of %s is not sent', async (_, Writes) => {
  const asked: unknown[] = [];
  const client = { write: async (...call: unknown[]) => asked.push(call), find: async () => ({ value: {} }) };
  const write = { op: 'repo.delete', target: 'octo/1' };
  await expect(new Writes(client as never, 'https://github.com').write(write as never)).rejects.toMatchObject({
    failure: { code: 'route_unmapped', message: 'repo.delete is not mapped.' },
  });
  expect(asked).toEqual([]);
});

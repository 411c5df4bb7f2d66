import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { beat } from '../../src/loops/heartbeat.ts';

/** Whoever watches from outside. */
async function aWatcher(status: number) {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(request.url ?? '');
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const leaves = () => new Promise((resolve) => server.close(resolve));
  return { calls, leaves, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path` };
}
const now = () => Date.UTC(2026, 10, 26);

describe('a heartbeat', () => {
  test('is written and told as long as the store answers', async () => {
    const { calls, url } = await aWatcher(200);
    const written: string[] = [];
    await beat({ readHead: async () => ({ seq: 7 }), write: async (text) => void written.push(text), url, now });
    expect(JSON.parse(written[0] ?? '')).toEqual({ at: '2026-11-26T00:00:00.000Z', pid: process.pid, seq: 7 });
    expect(calls).toEqual(['/secret-path']);
  });

  test('stops with the store', async () => {
    const { calls, url } = await aWatcher(200);
    const written: string[] = [];
    const dead = beat({
      readHead: () => Promise.reject(new Error('the store is gone')),
      write: async (text) => void written.push(text),
      url,
      now,
    });
    await expect(dead).rejects.toThrow('the store is gone');
    expect([written, calls]).toEqual([[], []]);
  });

  test('that nobody takes says so, without the address', async () => {
    const { url } = await aWatcher(500);
    const moved = await aWatcher(302);
    const gone = await aWatcher(200);
    await gone.leaves();
    for (const given of [url, gone.url, moved.url]) {
      const refused = beat({ readHead: async () => ({ seq: 1 }), write: async () => undefined, url: given, now });
      await expect(refused).rejects.toThrow(/did not take the heartbeat: (500|302|ECONNREFUSED)$/);
    }
  });
});

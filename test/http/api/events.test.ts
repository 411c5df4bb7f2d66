import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { revokeKey } from '../../../src/actions/keys.ts';
import { anApi } from '../../support/api.ts';
import { engines } from '../../support/store.ts';
import { aWorld, type World } from '../../support/world.ts';

const streaming = { accept: 'text/event-stream' };
const logs = (world: World, name: string) => world.agent(name).then((agent) => agent.asks('1?'));

/** The messages of a stream, one after the other. */
function messagesOf(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    /** the next message that is not a sign of life, or undefined at the end */
    next: async (): Promise<{ id: number; event: string } | undefined> => {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const message = text.slice(0, end);
          text = text.slice(end + 2);
          if (message.startsWith(':')) continue;
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1] ?? '';
          expect(JSON.parse(field('data')).seq).toBe(Number(field('id')));
          return { id: Number(field('id')), event: field('event') };
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += decoder.decode(value, { stream: true });
      }
    },
    close: () => reader.cancel(),
  };
}

describe.each(engines)('the log over HTTP on %s', (engine) => {
  test('shows people everything, and an agent what became of its own requests', async () => {
    const world = await aWorld({ engine });
    const api = anApi(world);
    const one = await api.agent('one');
    const { id } = (await one.post('/v1/requests', { kind: 'question', question: { text: '1?' } })).body;
    await logs(world, 'two');
    const acts = async (caller: typeof one | typeof api.admin, query = '') =>
      (await caller.get(`/v1/events${query}`)).body.events.map(({ action }: { action: string }) => action);
    expect(await acts(one)).toEqual(['request.submitted']);
    expect(await acts(api.admin)).toEqual(['request.submitted', 'request.submitted', 'key.created']);
    expect(await acts(await api.terminal('local'), '?action=key.')).toEqual(['key.created']);
    expect(await acts(one, '?action=key.')).toEqual([]);
    expect(await acts(api.admin, `?subject=request:${id}`)).toEqual(['request.submitted']);
  });

  test.each(['subject', 'action', 'actor'])('refuses NUL as %s, instead of asking the store', async (name) => {
    const api = anApi(await aWorld({ engine }));
    const { status, body } = await api.admin.get(`/v1/events?${name}=%00`);
    expect([status, body.faults?.[0].field]).toEqual([400, name]);
  });
});

describe('a stream of the log', () => {
  test('begins with what comes next, each message under its number', async () => {
    const world = await aWorld();
    const api = anApi(world);
    await logs(world, 'before');
    const response = await api.admin.raw('GET', '/v1/events', { headers: streaming });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const stream = messagesOf(response);
    await logs(world, 'after');
    expect(await stream.next()).toEqual({ id: 2, event: 'request.submitted' });
    await stream.close();
  });

  test('resumes after the number that was seen last, without gap or repetition', async () => {
    const world = await aWorld();
    const api = anApi(world);
    for (const name of ['a', 'b', 'c']) await logs(world, name);
    const stream = messagesOf(
      await api.admin.raw('GET', '/v1/events?after=0', { headers: { ...streaming, 'last-event-id': '1' } }),
    );
    expect((await stream.next())?.id).toBe(2);
    expect((await stream.next())?.id).toBe(3);
    await logs(world, 'd');
    expect((await stream.next())?.id).toBe(4);
    await stream.close();
  });

  test('shows an agent nothing of others', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const one = await api.agent('one');
    const stream = messagesOf(await one.raw('GET', '/v1/events', { headers: streaming }));
    await logs(world, 'two');
    await one.post('/v1/requests', { kind: 'question', question: { text: 'mine?' } });
    expect((await stream.next())?.id).toBe(3);
    await stream.close();
  });

  test('is one of at most ten a key; a closed one makes room', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const [one, two] = [await api.agent('one'), await api.agent('two')];
    const open = () => one.raw('GET', '/v1/events', { headers: streaming });
    const streams = [];
    for (let n = 0; n < 10; n++) streams.push(messagesOf(await open()));
    const refused = await open();
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'too_many_streams']);
    const others = messagesOf(await two.raw('GET', '/v1/events', { headers: streaming }));
    await others.close();
    await streams[0]?.close();
    await logs(world, 'wakes');
    await expect
      .poll(async () => {
        const again = await open();
        if (again.status === 200) streams.push(messagesOf(again));
        return again.status;
      })
      .toBe(200);
    for (const stream of streams.slice(1)) await stream.close();
  });

  test('leaves nothing behind when it ends', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const waiting = () => getEventListeners(api.door.stopping, 'abort').length;
    const before = waiting();
    const stream = messagesOf(await api.admin.raw('GET', '/v1/events', { headers: streaming }));
    expect(waiting()).toBe(before + 1);
    await stream.close();
    await logs(world, 'wakes');
    await expect.poll(waiting).toBe(before);
  });

  test('ends when Gaia stops', async () => {
    const api = anApi(await aWorld());
    const stream = messagesOf(await api.admin.raw('GET', '/v1/events', { headers: streaming }));
    api.stop();
    expect(await stream.next()).toBeUndefined();
  });

  test('ends at once when its key is revoked', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const one = await api.agent('one');
    const stream = messagesOf(await one.raw('GET', '/v1/events', { headers: streaming }));
    await one.post('/v1/requests', { kind: 'question', question: { text: 'mine?' } });
    expect((await stream.next())?.event).toBe('request.submitted');
    await revokeKey(world.app, one.keyId, world.admin);
    expect(await stream.next()).toBeUndefined();
  });

  test('is opened by nobody without a key', async () => {
    const api = anApi(await aWorld());
    expect((await api.nobody.raw('GET', '/v1/events', { headers: streaming })).status).toBe(401);
  });
});

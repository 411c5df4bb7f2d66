import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aConsole } from '../../support/console.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** A reader of a stream that takes what is there. */
function reader(response: Response) {
  const from = response.body!.getReader();
  const utf8 = new TextDecoder();
  return {
    next: async (): Promise<string | undefined> => {
      const { done, value } = await from.read();
      return done ? undefined : utf8.decode(value);
    },
    close: () => from.cancel(),
  };
}

describe('the live stream', () => {
  test('tells of changes, at most four times a second, and nothing of what', async () => {
    const { world, signedIn } = await aConsole();
    const agent = await world.agent('builder');
    const stream = reader(await (await signedIn()).get('/live'));
    expect(await stream.next()).toContain(': hello');
    for (let n = 0; n < 10; n++) await agent.asksToRun(['echo', String(n)]);
    await vi.advanceTimersByTimeAsync(250);
    const told = await stream.next();
    expect(told).toMatch(/^id: 11\nevent: changed\ndata: \{"seq":11\}\n\n$/);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await stream.next()).toBe(': alive\n\n');
    await stream.close();
  });

  test('tells at once of what happened between a page and its listening, and of nothing else', async () => {
    const { world, signedIn } = await aConsole();
    const agent = await world.agent('builder');
    const person = await signedIn();
    const seq = /data-seq="(\d+)"/.exec(await person.read('/'))?.[1];
    const inTime = reader(await person.get(`/live?seq=${seq}`));
    expect(await inTime.next()).toContain(': hello');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await inTime.next()).toBe(': alive\n\n');
    await agent.asksToRun(['echo']);
    const late = reader(await person.get(`/live?seq=${seq}`));
    expect(await late.next()).toContain(': hello');
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(2)); // the head has been read
    await vi.advanceTimersByTimeAsync(250);
    expect(await late.next()).toContain(`{"seq":${Number(seq) + 1}}`);
    const back = reader(await person.get(`/live?seq=${seq}`, { 'last-event-id': String(Number(seq) + 1) }));
    await back.next();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await back.next()).toBe(': alive\n\n');
    for (const stream of [inTime, late, back]) await stream.close();
  });

  test('ends when its session has ended', async () => {
    const { world, signedIn } = await aConsole();
    const person = await signedIn();
    const stream = reader(await person.get('/live'));
    await stream.next();
    world.clock.turn(12 * 3_600_000);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await stream.next()).toContain('event: ended');
    expect(await stream.next()).toBeUndefined();
  });

  test('says nothing more to a session that has ended, not even that something changed', async () => {
    const { world, signedIn } = await aConsole();
    const agent = await world.agent('builder');
    const stream = reader(await (await signedIn()).get('/live'));
    await stream.next();
    world.clock.turn(12 * 3_600_000);
    await agent.asks('1?');
    await vi.advanceTimersByTimeAsync(250);
    expect(await stream.next()).toContain('event: ended');
    expect(await stream.next()).toBeUndefined();
  });

  test('ends when Gaia stops', async () => {
    const { signedIn, stop } = await aConsole();
    const stream = reader(await (await signedIn()).get('/live'));
    await stream.next();
    stop();
    expect(await stream.next()).toBeUndefined();
  });

  test('is dropped where nobody reads it', async () => {
    const { signedIn } = await aConsole();
    const person = await signedIn();
    const stream = reader(await person.get('/live'));
    for (let n = 0; n < 30; n++) await vi.advanceTimersByTimeAsync(15_000);
    const left: string[] = [];
    for (let text = await stream.next(); text !== undefined; text = await stream.next()) left.push(text);
    expect(left.length).toBeLessThanOrEqual(16);
  });

  test('is open at most ten times a session, and closing one makes room', async () => {
    const { signedIn } = await aConsole();
    const person = await signedIn();
    const streams = [];
    for (let n = 0; n < 10; n++) streams.push(reader(await person.get('/live')));
    expect((await person.get('/live')).status).toBe(429);
    const other = await (await signedIn()).get('/live');
    expect(other.status).toBe(200);
    await streams[0]!.close();
    const again = await person.get('/live');
    expect(again.status).toBe(200);
    for (const each of [...streams.slice(1), reader(again), reader(other)]) await each.close();
  });
});

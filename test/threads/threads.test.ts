import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { GaiaError, invalid, unavailable } from '../../src/core/errors.ts';
import { Threads, type ThreadsOptions } from '../../src/threads/threads.ts';

type Asked = { waitMs: number } | 'endless' | 'hungry' | 'deadly' | 'refuse';

/** Threads that wait as long as they are asked to, never end, take all memory, die, or refuse; built as a thread's program is. */
function waiting(options: Partial<ThreadsOptions<Asked>> = {}): Threads<Asked, string> {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-threads-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const built = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
  const program = join(directory, 'program.mjs');
  writeFileSync(
    program,
    `import { answerWith } from ${built('threads/answering.js')};
import { invalid } from ${built('core/errors.js')};
const kept = [];
answerWith(async (asked) => {
  if (asked === 'endless') for (;;);
  if (asked === 'hungry') for (;;) kept.push(new Array(10_000).fill({}).map((_, at) => ({ at })));
  if (asked === 'deadly') process.exit(3);
  if (asked === 'refuse') throw invalid('Not that.', { reason: 'not_that', facts: { of: 1 } });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, asked.waitMs);
  return 'waited';
});
`,
  );
  const threads = new Threads<Asked, string>({
    program: pathToFileURL(program),
    workerData: null,
    limitMs: 30_000,
    slowMs: 30_000,
    idleMs: 30_000,
    threadsMax: 1,
    overdue: (_, wasBegun) => unavailable(wasBegun ? 'It took too long.' : 'It waited too long.'),
    ...options,
  });
  onTestFinished(() => threads.close());
  return threads;
}

describe('a thread', () => {
  test('whose time is over is ended in the middle of its work', async () => {
    const threads = waiting({ limitMs: 500 });
    await expect(threads.ask('endless')).rejects.toThrow('It took too long.');
    await vi.waitFor(() => expect(threads.hung()).toEqual([])); // a program that runs can be ended, unlike a call of the kernel
  });

  test('has its time for each question from when its turn comes', async () => {
    const threads = waiting({ limitMs: 1_300 });
    await threads.ask({ waitMs: 0 });
    const both = [threads.ask({ waitMs: 700 }), threads.ask({ waitMs: 700 })];
    expect(await Promise.all(both)).toEqual(['waited', 'waited']);
  });

  test('that takes more memory than it may is ended, and nothing else', async () => {
    const threads = waiting({ resourceLimits: { maxOldGenerationSizeMb: 16 } });
    await expect(threads.ask('hungry')).rejects.toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expect(await threads.ask({ waitMs: 0 })).toBe('waited');
  });

  test('that dies takes only what it was at with it', async () => {
    const threads = waiting();
    const [deadly, ...others] = [threads.ask('deadly'), threads.ask({ waitMs: 0 }), threads.ask({ waitMs: 0 })];
    await expect(deadly).rejects.toThrow('ended early (3)');
    expect(await Promise.all(others)).toEqual(['waited', 'waited']);
  });

  test('takes up what waits as soon as it has nothing to do', async () => {
    const threads = waiting({ threadsMax: 2, slowMs: 20 });
    const slow = threads.ask({ waitMs: 3_000 }).then(() => 'the slow one');
    const others = [300, 0, 0, 0].map((waitMs) => threads.ask({ waitMs }));
    expect(await Promise.race([slow, Promise.all(others)])).toHaveLength(4);
  });

  test('hands a refusal over as it is', async () => {
    const refused = await waiting()
      .ask('refuse')
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GaiaError);
    expect(refused).toEqual(invalid('Not that.', { reason: 'not_that', facts: { of: 1 } }));
  });
});

describe('an asker', () => {
  /** Who was answered, in order. */
  function answered(threads: Threads<Asked, string>) {
    const order: string[] = [];
    const ask = (asker: string | undefined, waitMs: number) =>
      threads.ask({ waitMs }, asker).then(() => void order.push(asker ?? 'Gaia'));
    return { order, ask };
  }

  test('who asks much does not hold all threads, and the others do not wait behind it', async () => {
    const { order, ask } = answered(waiting({ threadsMax: 2, slowMs: 50 }));
    const much = Array.from({ length: 3 }, () => ask('much', 1_200));
    await ask('other', 0);
    await ask('other', 0);
    await ask('another', 0);
    expect(order.filter((asker) => asker !== 'much')).toEqual(['other', 'other', 'another']);
    expect(order.length).toBeLessThan(5); // the first of those who ask much may be over while a thread starts
    await Promise.all(much);
  });

  test('who had much of late waits until those had something who had less', async () => {
    const { order, ask } = answered(waiting());
    await ask('much', 200);
    const all = [ask('much', 200), ask('much', 0), ask('less', 0), ask('less', 0)];
    await Promise.all(all);
    expect(order).toEqual(['much', 'much', 'less', 'less', 'much']);
  });

  test('waits behind what Gaia asks for itself', async () => {
    const { order, ask } = answered(waiting());
    await Promise.all([ask('one', 100), ask('two', 0), ask('three', 0), ask(undefined, 0)]);
    expect(order).toEqual(['one', 'Gaia', 'two', 'three']);
  });
});

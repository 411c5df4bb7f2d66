import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { GaiaError, invalid, unavailable } from '../../src/core/errors.ts';
import { Threads, type ThreadsOptions } from '../../src/threads/threads.ts';

type Asked = { waitMs: number } | 'endless' | 'hungry' | 'refuse';

/** Threads that wait as long as they are asked to, never end, take all memory, or refuse; built as a thread's program is. */
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

  test('hands a refusal over as it is', async () => {
    const refused = await waiting()
      .ask('refuse')
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GaiaError);
    expect(refused).toEqual(invalid('Not that.', { reason: 'not_that', facts: { of: 1 } }));
  });
});

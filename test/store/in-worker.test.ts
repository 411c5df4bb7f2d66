import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inWorker } from '../../src/store/in-worker.ts';
import type { CheckResult } from '../../src/store/quick-check.worker.ts';
import type { FileToMeasure } from '../support/measure.worker.ts';
import { aStore } from '../support/store.ts';

const measure = new URL('../support/measure.worker.ts', import.meta.url);
const quickCheck = new URL('../../src/store/quick-check.worker.ts', import.meta.url);

function aFile(bytes: Buffer | string): string {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-worker-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, bytes);
  return path;
}

describe('a worker thread', () => {
  test('works while the event loop goes on turning', async () => {
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    turn();
    const bytes = await inWorker<FileToMeasure, number>(measure, { path: aFile(Buffer.alloc(100_000)) });
    isDone = true;
    expect(bytes).toBe(100_000);
    expect(turns).toBeGreaterThan(10);
  });

  test('hands a refusal over with its code', async () => {
    const refused = inWorker<FileToMeasure, number>(measure, { path: aFile('12345'), maxBytes: 4 });
    await expect(refused).rejects.toMatchObject({
      name: 'GaiaError',
      code: 'invalid',
      extras: { reason: 'too_large' },
    });
  });

  test('hands any other error over with its message', async () => {
    await expect(inWorker(measure, { path: '/nonexistent/file' })).rejects.toThrow('ENOENT');
  });

  test('is ended by its signal, with the reason', async () => {
    const controller = new AbortController();
    const working = inWorker<FileToMeasure, number>(measure, { path: aFile('x') }, { signal: controller.signal });
    controller.abort(new Error('asked to stop'));
    await expect(working).rejects.toThrow('asked to stop');
    await expect(inWorker(measure, {}, { signal: controller.signal })).rejects.toThrow('asked to stop');
  });

  test('finds a store whole, and a damaged one not', async () => {
    const { where } = await aStore('sqlite');
    expect(await inWorker<{ path: string }, CheckResult>(quickCheck, { path: where })).toEqual({
      isWhole: true,
      findings: [],
    });

    const garbage = await inWorker<{ path: string }, CheckResult>(quickCheck, { path: aFile(Buffer.alloc(8192, 'x')) });
    expect(garbage).toEqual({ isWhole: false, findings: ['the file cannot be read as a database (SQLITE_NOTADB)'] });
  });
});

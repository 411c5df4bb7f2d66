import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FileToHash, HashedFile } from '../../src/store/hash-file.worker.ts';
import { inWorker } from '../../src/store/in-worker.ts';
import type { CheckResult } from '../../src/store/quick-check.worker.ts';
import { aStore } from '../support/store.ts';

const hashFile = new URL('../../src/store/hash-file.worker.ts', import.meta.url);
const quickCheck = new URL('../../src/store/quick-check.worker.ts', import.meta.url);

function aFile(bytes: Buffer | string): string {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-worker-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, bytes);
  return path;
}

describe('a worker thread', () => {
  test('hashes a file while the event loop goes on turning', async () => {
    const bytes = Buffer.alloc(3_000_000, 'gaia');
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    turn();
    const hashed = await inWorker<FileToHash, HashedFile>(hashFile, { path: aFile(bytes) });
    isDone = true;
    expect(hashed).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: 3_000_000 });
    expect(turns).toBeGreaterThan(10);
  });

  test('hands a refusal over with its code', async () => {
    const refused = inWorker<FileToHash, HashedFile>(hashFile, { path: aFile('12345'), maxBytes: 4 });
    await expect(refused).rejects.toMatchObject({
      name: 'GaiaError',
      code: 'invalid',
      extras: { reason: 'payload_too_large' },
    });
  });

  test('hands any other error over with its message', async () => {
    await expect(inWorker(hashFile, { path: '/nonexistent/file' })).rejects.toThrow('ENOENT');
  });

  test('is ended by its signal, with the reason', async () => {
    const controller = new AbortController();
    const hashing = inWorker<FileToHash, HashedFile>(hashFile, { path: aFile('x') }, { signal: controller.signal });
    controller.abort(new Error('asked to stop'));
    await expect(hashing).rejects.toThrow('asked to stop');
    await expect(inWorker(hashFile, {}, { signal: controller.signal })).rejects.toThrow('asked to stop');
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

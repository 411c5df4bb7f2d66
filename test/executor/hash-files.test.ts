import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Hashed, type HashResult, hashFile } from '../../src/executor/hash-file.ts';
import { type HashFile, hashFiles } from '../../src/executor/hash-files.ts';
import { workerUrl } from '../../src/threads/worker-url.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gaia-hash-'));
  file = join(dir, 'file');
});
afterEach(() => rm(dir, { recursive: true }));

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
/** an hour later, so that what was just written counts as settled */
const later = () => Date.now() + 3_600_000;

/** A hasher that counts how often it really read; files are fixed unless told. */
function aCountingHasher(now: () => number = later, isFixed = true) {
  const reads: string[] = [];
  const hasher = hashFiles({
    now,
    look: (path, maxBytes) => {
      reads.push(path);
      return hashFile(path, maxBytes);
    },
  });
  const hash: HashFile = (path, how) => hasher(path, { isFixed, ...how });
  return { hash, reads };
}

describe('a file', () => {
  test('is hashed with its size, small ones and empty ones', async () => {
    await writeFile(file, 'hello');
    expect(await hashFiles()(file)).toEqual({ sha256: sha256('hello'), bytes: 5 });
    await writeFile(file, '');
    expect(await hashFiles()(file)).toEqual({ sha256: sha256(''), bytes: 0 });
  });

  test('is hashed in a worker thread when it is large', async () => {
    const large = Buffer.alloc(3_000_001, 'gaia');
    await writeFile(file, large);
    expect(await hashFiles()(file)).toEqual({ sha256: sha256(large), bytes: large.length });
  });

  test('tells its #! line, from the bytes that were hashed', async () => {
    await writeFile(file, '#! /usr/bin/env -S python3 -u \nprint(1)\n');
    expect(await hashFiles()(file)).toMatchObject({ shebang: '/usr/bin/env -S python3 -u' });
  });

  test('is read once while nothing changes it', async () => {
    const { hash, reads } = aCountingHasher();
    await writeFile(file, 'same');
    expect(await hash(file)).toEqual(await hash(file));
    expect(reads).toHaveLength(1);
  });

  test('is read again when its content changed, also with the same size and modification time', async () => {
    const { hash, reads } = aCountingHasher();
    await writeFile(file, 'one');
    await utimes(file, 1_000, 1_000);
    const one = await hash(file);
    await writeFile(file, 'two');
    await utimes(file, 1_000, 1_000);

    expect((await hash(file)).sha256).toBe(sha256('two'));
    expect(one.sha256).toBe(sha256('one'));
    expect(reads).toHaveLength(2);
  });

  test('that others may write is read every time: a shared mapping changes it without a trace', async () => {
    const { hash, reads } = aCountingHasher(later, false);
    await writeFile(file, 'same');
    await hash(file);
    await hash(file, { isFixed: true });
    await hash(file);
    expect(reads).toHaveLength(3);
  });

  test('is not remembered right after a change, when a second one could look the same', async () => {
    const { hash, reads } = aCountingHasher(Date.now);
    await writeFile(file, 'one');
    await hash(file);
    await hash(file);
    expect(reads).toHaveLength(2);
  });

  test('is forgotten after a thousand others', async () => {
    let inode = 0;
    const reads: string[] = [];
    const hash = hashFiles({
      now: later,
      look: async (path) => {
        reads.push(path);
        const real = (await hashFile(path)) as Hashed;
        inode += 1;
        return path === file ? real : { ...real, stamp: `other ${inode}` };
      },
    });
    await writeFile(file, 'first');
    await writeFile(join(dir, 'other'), 'other');
    const isFixed = true;
    await hash(file, { isFixed });
    for (let n = 0; n < 1_000; n += 1) await hash(join(dir, 'other'), { isFixed });
    await hash(file, { isFixed });
    expect(reads.filter((path) => path === file)).toHaveLength(2);
  });

  test('is refused when it is larger than asked, though it was remembered', async () => {
    const { hash } = aCountingHasher();
    await writeFile(file, '12345');
    await hash(file);
    await expect(hash(file, { maxBytes: 4 })).rejects.toMatchObject({ extras: { reason: 'file_too_large' } });
    expect(await hash(file, { maxBytes: 5 })).toMatchObject({ bytes: 5 });
  });

  test('is refused by name when it is written while it is read, after one more try', async () => {
    const answers: string[] = [];
    const changing = hashFiles({
      look: async () => {
        answers.push('changed');
        return { kind: 'changed' };
      },
    });
    await writeFile(file, '');
    await expect(changing(file)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(file),
      extras: { reason: 'file_changing' },
    });
    expect(answers).toHaveLength(2);
  });

  test('is hashed by the second try when it then stands still', async () => {
    const results: HashResult[] = [{ kind: 'changed' }];
    const settling = hashFiles({ look: async (path) => results.pop() ?? hashFile(path) });
    await writeFile(file, 'still');
    expect(await settling(file)).toEqual({ sha256: sha256('still'), bytes: 5 });
  });

  test('is said to have changed when it grew during the reading', async () => {
    await writeFile(file, Buffer.alloc(40_000_000));
    const hashing = hashFile(file);
    await appendFile(file, 'more');
    expect(await hashing).toMatchObject({ kind: 'changed' });
  });

  test('is never a link that was put in its place, nor one that cannot be opened', async () => {
    await symlink('/etc/passwd', file);
    expect(await hashFile(file)).toEqual({ kind: 'unreadable', errno: 'ELOOP' });
    await expect(hashFiles()(join(dir, 'none'))).rejects.toMatchObject({ extras: { reason: 'file_unreadable' } });
  });
});

describe('the program of a worker', () => {
  test('stands in dist when the source runs, and beside the module when it was built', () => {
    expect(workerUrl('x.worker', 'file:///a/src/b/src/executor/y.ts').pathname).toBe(
      '/a/src/b/dist/executor/x.worker.js',
    );
    expect(workerUrl('x.worker', 'file:///a/src/dist/executor/y.js').pathname).toBe('/a/src/dist/executor/x.worker.js');
  });
});

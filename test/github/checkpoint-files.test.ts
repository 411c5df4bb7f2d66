import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkpointNumbers, readCheckpoint } from '../../src/github/checkpoint-files.ts';

describe('a checkpoint', () => {
  test('is a document: a directory of that name is none, and is in nobody’s way', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gaia-checkpoints-'));
    writeFileSync(join(directory, 'CHECKPOINT_4.md'), 'Looked at everything.\n');
    mkdirSync(join(directory, 'CHECKPOINT_5.md'));
    expect(await checkpointNumbers(directory)).toEqual([4]);
    expect(await readCheckpoint(directory, 5)).toBeUndefined();
    expect(await readCheckpoint(directory, 4)).toMatchObject({ number: 4, text: 'Looked at everything.\n' });
  });

  test('that leads to a directory counts, so that no lower one takes its place, and cannot be read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gaia-checkpoints-'));
    writeFileSync(join(directory, 'CHECKPOINT_4.md'), 'Looked at everything.\n');
    symlinkSync(tmpdir(), join(directory, 'CHECKPOINT_5.md'));
    expect(await checkpointNumbers(directory)).toEqual([4, 5]);
    expect(await readCheckpoint(directory, 5)).toBeUndefined();
  });

  test('is none where there is no directory', async () =>
    expect(await checkpointNumbers(join(tmpdir(), 'gaia-no-such-directory'))).toEqual([]));
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../core/canonical.ts';

/** A document that lies in the data directory. */
export interface CheckpointFile {
  number: number;
  file: string;
  sha256: string;
  text: string;
}

const pattern = /^CHECKPOINT_([1-9]\d{0,3})\.md$/;

/** Numbers of the documents that lie in a directory, the lowest first. */
export async function checkpointNumbers(directory: string): Promise<number[]> {
  try {
    return (await readdir(directory, { withFileTypes: true }))
      .filter((entry) => !entry.isDirectory())
      .flatMap(({ name }) => Number(pattern.exec(name)?.[1] ?? 0) || [])
      .sort((one, other) => one - other);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export async function readCheckpoint(directory: string, number: number): Promise<CheckpointFile | undefined> {
  const file = `CHECKPOINT_${number}.md`;
  try {
    const bytes = await readFile(join(directory, file));
    return { number, file, sha256: sha256(bytes), text: new TextDecoder('utf-8', { fatal: false }).decode(bytes) };
  } catch (error) {
    // a directory of that name is no document
    if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

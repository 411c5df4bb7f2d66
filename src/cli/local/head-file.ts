import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import type { HeadFile } from '../../core/audit/verify.ts';
import { errnoOf } from '../../home/file-errors.ts';

/** Where the log ended when Gaia last wrote `head.json`; nothing where there is no such file. */
export function readHeadFile(home: string): HeadFile | undefined {
  const path = join(home, 'head.json');
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const found = parsed(text);
  if (typeof found?.seq === 'number' && typeof found.hash === 'string' && typeof found.generation === 'number')
    return found as HeadFile;
  throw new GaiaProblem({
    status: 500,
    code: 'head_file_damaged',
    detail: `${path} is not what Gaia writes.`,
    remedy: 'Keep a copy of it, find out who changed it, and verify again without it.',
  });
}

/** The text of a file, or nothing where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed(text: string): Partial<HeadFile> | null | undefined {
  try {
    return JSON.parse(text) as Partial<HeadFile> | null;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

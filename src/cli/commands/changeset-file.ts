import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Cli } from '../cli.ts';
import { usage } from './submission.ts';

/** The one document that a changeset is. What is in it Gaia judges. */
export async function documentIn(cli: Cli, file: string): Promise<unknown> {
  const bytes = file === '-' ? await cli.terminal.readAll() : readHere(resolve(cli.terminal.cwd, file));
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw usage(
      `${file === '-' ? 'The standard input' : file} is not JSON.`,
      'A changeset is one JSON document: {"repo": "owner/name", "operations": […]}.',
    );
  }
}

function readHere(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw usage(`${path} cannot be read (${code}).`, 'Name a file that you may read, or - for standard input.');
  }
}

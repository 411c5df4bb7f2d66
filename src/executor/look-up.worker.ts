import { parentPort } from 'node:worker_threads';
import type { CommandInput } from '../core/command/command.ts';
import { GaiaError } from '../core/errors.ts';
import { hashFile } from './hash-file.ts';
import { hashFiles } from './hash-files.ts';
import type { Asked, LookedUp } from './look-ups.ts';
import { resolveCommand } from './resolve.ts';

/** Looks up commands, one after another, in a thread that may wait for the file system; tells each result by its number. */
const hash = hashFiles({ look: hashFile });

async function lookUp({ id, input, options }: Asked): Promise<LookedUp> {
  try {
    return { id, resolution: await resolveCommand(input as CommandInput, { ...options, hash }) };
  } catch (error) {
    if (error instanceof GaiaError)
      return { id, refused: { code: error.code, message: error.message, extras: error.extras } };
    return { id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on('message', async (asked: Asked) => parentPort?.postMessage(await lookUp(asked)));

import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import { counted } from '../../core/text/count.ts';
import { errnoOf } from '../../home/file-errors.ts';
import { makeDirectory } from '../../home/make-directory.ts';
import { readPublicKeys } from '../../home/public-keys.ts';
import { inWorker } from '../../store/in-worker.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { Progress } from '../progress.ts';
import { type Exported, type ExportInput, exportStore } from './export-store.ts';
import { readPlace } from './place.ts';

/** Writes the log into a new directory, with a verifier that needs nothing but Node. All of it, or nothing. */
export async function exportLog(cli: Cli, named: string): Promise<Exit> {
  const place = readPlace(cli.terminal);
  const directory = resolve(cli.terminal.cwd, named);
  mustBeFree(directory);
  makeDirectory(dirname(directory), { remedy: 'Name another place: gaia audit export DIRECTORY' });
  const draft = mkdtempSync(`${directory}.`);
  const progress = new Progress(cli.terminal);
  try {
    const input: ExportInput = {
      place,
      directory: draft,
      publicKeys: readPublicKeys(place.home),
    };
    const show = ({ done, total }: { done: number; total: number }) => {
      if (cli.terminal.errIsTerminal)
        progress.show(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} events`);
    };
    const exported =
      place.databaseUrl === undefined
        ? await inWorker<ExportInput, Exported, { done: number; total: number }>(
            new URL('./export.worker.ts', import.meta.url),
            input,
            { onProgress: show },
          )
        : await exportStore(input, show);
    renameSync(draft, directory);
    progress.end();
    cli.answer({ directory, ...exported }, [
      `${counted(exported.events, 'event')} and ${counted(exported.seals, 'seal')} are in ${directory}.`,
      `→ verify them anywhere: node ${join(directory, 'verify.mjs')}`,
    ]);
    return exits.done;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  } finally {
    progress.end();
  }
}

function mustBeFree(directory: string): void {
  try {
    if (readdirSync(directory).length === 0) return;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    if (errnoOf(error) !== 'ENOTDIR') throw error;
  }
  throw new GaiaProblem({
    status: 409,
    code: 'directory_taken',
    detail: `${directory} is there already; an export never writes over anything.`,
    remedy: 'Name a directory that does not exist yet.',
  });
}

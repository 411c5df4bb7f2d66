import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPlaces } from './execution-files.ts';
import { isOwnScratch } from './held.ts';
import type { Ids, Tools } from './probe.ts';

const run = promisify(execFile);

const gonePrefix = '.gone-';
const againMs = 60_000;
/** How long a home of a command may take to be removed: what lies there is the command's making. */
const removeMs = 60_000;

export interface LeftoversParts {
  /** directory of all executions */
  executions: string;
  ids: Ids;
  tools: Tools;
  report: (error: unknown, what: string) => void;
}

/**
 * What executions left on the disk, already without a name of an execution. What cannot be removed is reported and tried
 * again: a command may make its home as hard to remove as it likes, and keeps nobody from starting.
 */
export class Leftovers {
  readonly #parts: LeftoversParts;
  #again: NodeJS.Timeout | undefined;

  constructor(parts: LeftoversParts) {
    this.#parts = parts;
  }

  /** Where an execution is moved, so that no supervisor that comes late finds a place for its latch. */
  placeFor(id: string, unique: string): string {
    return join(this.#parts.executions, `${gonePrefix}${id}-${unique}`);
  }

  async remove(directory: string): Promise<void> {
    try {
      await this.#remove(directory);
    } catch (error) {
      this.#parts.report(error, `what an execution left in ${directory} could not be removed; it is tried again`);
      this.#again ??= setTimeout(() => {
        this.#again = undefined;
        void this.removeAll();
      }, againMs).unref();
    }
  }

  /** Ends what a crash or a failure left. */
  async removeAll(): Promise<void> {
    const { executions, report } = this.#parts;
    try {
      for (const name of await readdir(executions)) {
        if (name.startsWith(gonePrefix)) await this.remove(join(executions, name));
      }
    } catch (error) {
      report(error, `what executions left in ${executions} could not be listed`);
    }
  }

  async #remove(directory: string): Promise<void> {
    const scratch = readPlaces(directory)?.scratch;
    if (scratch !== undefined && (await isOwnScratch(scratch))) {
      const home = join(scratch, 'home');
      if (existsSync(home)) await this.#emptyAsUser(home);
      await rm(scratch, { recursive: true, force: true });
    }
    await rm(directory, { recursive: true, force: true });
  }

  /**
   * By its own user and by openat(2): what a command left there could lead root elsewhere. Directories are opened before
   * they are entered; find(1) has no limit of arguments or of depth.
   */
  async #emptyAsUser(home: string): Promise<void> {
    const { ids, tools } = this.#parts;
    const options = { ...ids, env: {}, cwd: '/', timeout: removeMs, killSignal: 'SIGKILL' } as const;
    const { find = '/usr/bin/find', chmod = '/bin/chmod' } = tools;
    await run(chmod, ['u+rwx', home], options);
    await run(
      find,
      [home, '-mindepth', '1', '-type', 'd', '!', '-perm', '-700', '-exec', chmod, 'u+rwx', '{}', ';'],
      options,
    );
    await run(find, [home, '-mindepth', '1', '-delete'], options);
  }
}

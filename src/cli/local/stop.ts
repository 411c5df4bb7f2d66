import { stopGaia } from '../../home/running.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';

/** Asks the Gaia of the data directory to end and waits until it has. */
export async function stop(cli: Cli): Promise<Exit> {
  const { home } = cli.settings;
  const stopped = await stopGaia(home);
  cli.answer({ stopped: stopped !== undefined, pid: stopped?.pid ?? null }, [
    stopped === undefined ? `No Gaia runs on ${home}.` : `Gaia (process ${stopped.pid}) has stopped.`,
  ]);
  return exits.done;
}

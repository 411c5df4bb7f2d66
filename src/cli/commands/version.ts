import { readFileSync } from 'node:fs';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';

export async function printVersion(cli: Cli): Promise<Exit> {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  cli.answer({ version }, [version]);
  return exits.done;
}

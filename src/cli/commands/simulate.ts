import { resolve } from 'node:path';
import { counted } from '../../core/text/count.ts';
import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { shortened, table } from '../text/table.ts';
import { readPolicy } from './policy.ts';

/** What another policy would have asked of past requests. */
export async function simulate(cli: Cli, file: string, { limit }: { limit?: number }): Promise<Exit> {
  const text = readPolicy(resolve(cli.terminal.cwd, file), { mayBeMissing: false }) ?? '';
  const answer = await cli.client('administrator').simulatePolicy(text, limit);
  const { looked, changes, changed } = answer;
  const rows = changes.map(({ id, state, direction, before, after, what }) => [
    id,
    state,
    direction,
    `${visible(before)} → ${visible(after)}`,
    shortened(visible(what), 60),
  ]);
  cli.answer(answer, [
    ...(changed.length === 0
      ? ['The file changes nothing.']
      : ['The file changes:', ...changed.map((line) => `  ${visible(line)}`)]),
    `Of ${counted(looked, 'past request')} ${changes.length === 0 ? 'none' : changes.length} would have been judged otherwise.`,
    ...(rows.length === 0 ? [] : table(['REQUEST', 'ENDED', 'IT IS', 'BEFORE → AFTER', 'WHAT'], rows)),
  ]);
  return exits.done;
}

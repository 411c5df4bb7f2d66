import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';

/** A link signs one person in, once, within five minutes. */
export async function printSignInLink(cli: Cli): Promise<Exit> {
  const link = await cli.client('administrator').createSignInLink();
  cli.answer(link, [link.url]);
  if (!cli.json) cli.note(`Open it and press Sign in; it works once, until ${cli.times().clock(link.expiresAt)}.`);
  return exits.done;
}

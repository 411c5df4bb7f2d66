import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';

/** A person who is logged in here asks; else the agent whose key is at hand answers. */
export async function comment(cli: Cli, id: string, text: string): Promise<Exit> {
  const said = await cli.client('asker').comment(id, text);
  cli.answer(said, [`Said. ${said.id} shows it, and waits on.`]);
  return exits.done;
}

export async function snooze(cli: Cli, id: string, { minutes }: { minutes: number }): Promise<Exit> {
  const snoozed = await cli.client('person').snooze(id, minutes * 60);
  cli.answer(snoozed, [`No reminder of ${id} before ${cli.times().clock(snoozed.until)}. It expires when it would.`]);
  return exits.done;
}

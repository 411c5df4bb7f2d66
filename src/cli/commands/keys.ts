import { visible } from '../../core/text/visible.ts';
import type { KeyListAnswer, NewKeyAnswer } from '../../core/wire/answers-access.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { table } from '../text/table.ts';

export async function createKey(
  cli: Cli,
  name: string,
  { owner, scope, expiresInDays }: { owner?: string; scope?: string[]; expiresInDays?: number },
): Promise<Exit> {
  const made = await cli.client('administrator').createKey({
    name,
    ...(owner !== undefined && { owner }),
    ...(scope !== undefined && { scopes: scope }),
    ...(expiresInDays !== undefined && { expiresInDays }),
  });
  return tell(cli, made);
}

export async function rotateKey(cli: Cli, id: string): Promise<Exit> {
  return tell(cli, await cli.client('administrator').rotateKey(id));
}

/** The secret alone goes to standard output, so that it can be put straight into a file. */
function tell(cli: Cli, made: NewKeyAnswer): Exit {
  cli.answer(made, [made.secret]);
  if (cli.json) return exits.done;
  const { key, oldWorksUntil } = made;
  const until = key.expiresAt === null ? '' : `, until ${cli.times().at(key.expiresAt)}`;
  cli.note(
    `Key ${key.id} of ${visible(key.agent)} (${key.scopes.join(', ')})${until}. It is shown only now: keep it as GAIA_API_KEY of the agent.`,
    ...(oldWorksUntil === undefined ? [] : [`The old key works until ${cli.times().at(oldWorksUntil)}.`]),
  );
  return exits.done;
}

export async function revokeKey(cli: Cli, id: string): Promise<Exit> {
  const answer = await cli.client('administrator').revokeKey(id);
  cli.answer(answer, [`Key ${visible(id)} no longer works.`]);
  return exits.done;
}

export async function listKeys(cli: Cli): Promise<Exit> {
  const answer = await cli.client('administrator').listKeys();
  cli.answer(
    answer,
    answer.keys.length === 0 ? ['There are no keys. Make one: gaia key create NAME'] : rows(cli, answer),
  );
  return exits.done;
}

function rows(cli: Cli, { keys }: KeyListAnswer): string[] {
  const times = cli.times();
  return table(
    ['KEY', 'AGENT', 'OWNER', 'STATE', 'SCOPES', 'MADE', 'EXPIRES'],
    keys.map((key) => [
      key.id,
      visible(key.agent),
      key.owner === null ? '-' : visible(key.owner),
      key.state,
      key.scopes.join(','),
      times.at(key.createdAt),
      key.expiresAt === null ? 'never' : times.at(key.expiresAt),
    ]),
  );
}

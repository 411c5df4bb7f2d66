import { visible } from '../../core/text/visible.ts';
import type { AgentAnswer, GrantAnswer } from '../../core/wire/answers-access.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { shortened, table } from '../text/table.ts';

export async function grants(cli: Cli, { all = false }: { all?: boolean }): Promise<Exit> {
  const answer = await cli.client('looker').listGrants({ all });
  cli.answer(
    answer,
    answer.grants.length === 0 ? ['No agent may do anything without asking.'] : grantRows(cli, answer.grants),
  );
  return exits.done;
}

function grantRows(cli: Cli, found: readonly GrantAnswer[]): string[] {
  const times = cli.times();
  return table(
    ['GRANT', 'AGENT', 'MAY RUN', 'USED', 'UNTIL', 'GIVEN BY', 'STATE'],
    found.map((grant) => [
      grant.id,
      visible(grant.agent),
      shortened(grant.what, 50),
      `${grant.uses} of ${grant.usesMax}`,
      times.at(grant.expiresAt),
      visible(grant.givenBy),
      grant.state === 'live' ? 'live' : `over (${grant.endCode})`,
    ]),
  );
}

export async function revoke(cli: Cli, id: string): Promise<Exit> {
  const grant = await cli.client('operator').revokeGrant(id);
  cli.answer(grant, [`${grant.id} allows nothing any more; ${visible(grant.agent)} asks again from now on.`]);
  return exits.done;
}

export async function agents(cli: Cli): Promise<Exit> {
  const answer = await cli.client('looker').listAgents();
  cli.answer(
    answer,
    answer.agents.length === 0
      ? ['There are no agents. Make a key: gaia key create NAME']
      : agentRows(cli, answer.agents),
  );
  return exits.done;
}

function agentRows(cli: Cli, found: readonly AgentAnswer[]): string[] {
  const times = cli.times();
  return table(
    ['AGENT', 'OWNER', 'KEYS', 'KEYS END', 'OPEN', 'LAST MINUTE', 'GRANTS', 'ASKED LAST'],
    found.map((agent) => [
      visible(agent.name),
      agent.owner === null ? '-' : visible(agent.owner),
      String(agent.keys),
      agent.keysEnd === null ? (agent.keys === 0 ? '-' : 'never') : times.at(agent.keysEnd),
      `${agent.open} of ${agent.openMax}`,
      `${agent.lastMinute} of ${agent.perMinuteMax}`,
      String(agent.grants),
      agent.lastAskedAt === null ? 'never' : times.at(agent.lastAskedAt),
    ]),
  );
}

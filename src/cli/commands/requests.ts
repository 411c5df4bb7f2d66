import { visible } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { awaitEnd } from '../await-end.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exitOfRequest, exits } from '../exit-codes.ts';
import { headline, requestText, stateText } from '../text/request.ts';
import { table } from '../text/table.ts';

/** How many a page of `gaia list` holds unless told, and with --all. */
const pageSize = 20;
const largestPage = 100;

export async function waitFor(cli: Cli, id: string, { seconds }: { seconds?: number }): Promise<Exit> {
  const client = cli.client('looker');
  const { request, streamed } = await awaitEnd(cli, client, await client.getRequest(id), seconds);
  cli.answer(request, requestText(request, cli.times(), cli.paint, { withOutput: !streamed }));
  return exitOfRequest(request);
}

export async function show(cli: Cli, id: string): Promise<Exit> {
  const request = await cli.client('looker').getRequest(id);
  cli.answer(request, requestText(request, cli.times(), cli.paint));
  return exits.done;
}

export async function withdraw(cli: Cli, id: string): Promise<Exit> {
  const request = await cli.client('asker').withdraw(id);
  cli.answer(request, [`${request.id} is ${stateText(request, cli.paint)}.`]);
  return exits.done;
}

export async function list(
  cli: Cli,
  options: { state?: string; limit?: number; cursor?: string; all?: boolean },
): Promise<Exit> {
  const client = cli.client('looker');
  const { state, all = false, limit = all ? largestPage : pageSize } = options;
  const requests: RequestAnswer[] = [];
  let next = options.cursor ?? null;
  do {
    const page = await client.listRequests({ state, limit, cursor: next ?? undefined });
    requests.push(...page.requests);
    next = page.next;
  } while (all && next !== null);
  cli.answer({ requests, next }, requests.length === 0 ? ['No requests.'] : rows(cli, requests));
  if (!cli.json && next !== null)
    cli.note(`There are more: gaia list ${state ? `--state ${state} ` : ''}--cursor ${next}`);
  return exits.done;
}

function rows(cli: Cli, requests: readonly RequestAnswer[]): string[] {
  const times = cli.times();
  return table(
    ['ID', 'STATE', 'ASKED BY', 'ASKED', 'WHAT'],
    requests.map((request) => [
      request.id,
      stateText(request, cli.paint),
      visible(request.askedBy),
      times.at(request.createdAt),
      headline(request),
    ]),
  );
}

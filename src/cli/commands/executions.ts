import { readNumber } from '../../core/wire/text.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { stateText } from '../text/request.ts';
import { usage } from './submission.ts';

export async function stopCommand(cli: Cli, id: string): Promise<Exit> {
  const request = await cli.client('operator').stopCommand(id);
  cli.answer(request, [`${request.id} is told to end. Wait for it: gaia wait ${request.id}`]);
  return exits.done;
}

export async function resolve(
  cli: Cli,
  id: string,
  verdict: string,
  { reason, number }: { reason: string; number?: string },
): Promise<Exit> {
  if (verdict !== 'executed' && verdict !== 'failed' && verdict !== 'resend')
    throw usage(
      `${verdict} is none of executed, failed and resend.`,
      `gaia resolve ${id} executed --reason "the release is there"`,
    );
  const named = number === undefined ? undefined : readNumber(number);
  if (number !== undefined && named === undefined)
    throw usage(`${number} is no number.`, `gaia resolve ${id} executed --number 12 --reason "it is there"`);
  const request = await cli.client('operator').resolve(id, { verdict, reason, ...(named && { number: named }) });
  cli.answer(request, [`Recorded. ${request.id} is ${stateText(request, cli.paint)}.`]);
  return exits.done;
}

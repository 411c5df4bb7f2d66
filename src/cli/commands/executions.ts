import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { stateText } from '../text/request.ts';
import { usage } from './submission.ts';

export async function stopCommand(cli: Cli, id: string): Promise<Exit> {
  const request = await cli.client('operator').stopCommand(id);
  cli.answer(request, [`${request.id} is told to end. Wait for it: gaia wait ${request.id}`]);
  return exits.done;
}

export async function resolve(cli: Cli, id: string, verdict: string, { reason }: { reason: string }): Promise<Exit> {
  if (verdict === 'resend')
    throw usage(
      'resend is for writes to GitHub; a command whose outcome is unknown is never started again.',
      `Look at what it was to change and say executed or failed. To run it once more, ask: gaia request again ${id}`,
    );
  if (verdict !== 'executed' && verdict !== 'failed')
    throw usage(
      `${verdict} is neither executed nor failed.`,
      `gaia resolve ${id} executed --reason "the release is there"`,
    );
  const request = await cli.client('operator').resolve(id, { verdict, reason });
  cli.answer(request, [`Recorded. ${request.id} is ${stateText(request, cli.paint)}.`]);
  return exits.done;
}

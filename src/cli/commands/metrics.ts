import { sayValue } from '../../core/metrics/metrics.ts';
import { sparkline } from '../../core/metrics/sparkline.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { table } from '../text/table.ts';

export async function metrics(cli: Cli): Promise<Exit> {
  const answer = await cli.client('looker').metrics();
  const rows = answer.metrics.map(({ name, value, unit, help, history }) => [
    name,
    sayValue(value, unit),
    sparkline(history.map((sample) => sample.value)),
    help,
  ]);
  cli.answer(answer, table(['METRIC', 'NOW', 'LAST HOUR', 'WHAT IT IS'], rows));
  return exits.done;
}

import { visible } from '../../core/text/visible.ts';
import type { EventAnswer } from '../../core/wire/answers-log.ts';
import { type Cli, printableJson } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { TailOptions } from '../program.ts';
import type { Times } from '../text/times.ts';

/** The last events, one line each; with --json one JSON object a line, so that a stream can be read as it comes. */
export async function tail(cli: Cli, { follow = false, lines, subject, action, actor }: TailOptions): Promise<Exit> {
  const interrupt = new AbortController();
  const client = cli.client('looker', interrupt.signal);
  const { events } = await client.listEvents({ subject, action, actor, limit: Math.max(lines, 1) });
  const inOrder = [...events].sort((one, other) => one.seq - other.seq).slice(-Math.max(lines, 1));
  const print = (event: EventAnswer) =>
    cli.terminal.out(`${cli.json ? printableJson(event) : eventLine(event, cli.times())}\n`);
  if (lines > 0) inOrder.forEach(print);
  if (!follow) return exits.done;

  const stopListening = cli.terminal.onInterrupt(() => interrupt.abort());
  try {
    const after = inOrder.at(-1)?.seq ?? 0;
    for await (const event of client.events({ after, subject, action, actor, signal: interrupt.signal })) print(event);
  } finally {
    stopListening();
  }
  return exits.done;
}

function eventLine(event: EventAnswer, times: Times): string {
  const detail = event.detail === null ? '' : `  ${visible(printableJson(event.detail))}`;
  return `${event.seq}  ${times.clock(event.at)}  ${visible(event.action)}  ${visible(event.subject)}  by ${visible(event.actor)} (${visible(event.source)})${detail}`;
}

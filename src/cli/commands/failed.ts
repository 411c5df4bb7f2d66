import { GaiaProblem } from '../../client/problem.ts';
import { saysBeyond } from '../../core/delivery/requeue.ts';
import { counted } from '../../core/text/count.ts';
import { visible } from '../../core/text/visible.ts';
import type { RequeuedAnswer } from '../../core/wire/answers-operating.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { RequeueOptions } from '../operations.ts';
import { shortened, table } from '../text/table.ts';

export async function failed(cli: Cli): Promise<Exit> {
  const answer = await cli.client('looker').listFailed();
  const times = cli.times();
  const rows = answer.failed.map(({ index, id, what, error, lives, diedAt }) => [
    String(index),
    id,
    diedAt === null ? '-' : times.clock(diedAt),
    String(lives),
    shortened(visible(what), 50),
    shortened(visible(error ?? ''), 90),
  ]);
  cli.answer(
    answer,
    rows.length === 0
      ? ['Nothing failed: every message arrived or is still being tried.']
      : [
          ...table(['INDEX', 'ID', 'GIVEN UP', 'LIVES', 'WHAT', 'WHY'], rows),
          ...(answer.total > rows.length ? [`and ${answer.total - rows.length} more`] : []),
          'Again: gaia requeue ID, or --all. Close one for good: gaia discard ID --reason TEXT',
        ],
  );
  return exits.done;
}

export async function requeue(
  cli: Cli,
  which: string | undefined,
  { all, auto, dryRun }: RequeueOptions,
): Promise<Exit> {
  const ways = [which, all, auto].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new GaiaProblem({
      status: 400,
      code: 'which_unclear',
      detail: ways.length === 0 ? 'Say which message.' : 'Say in one way which message.',
      remedy: 'gaia requeue ID, gaia requeue INDEX (as gaia failed prints it), gaia requeue --all, or --auto.',
    });
  }
  const dry = dryRun ? { dryRun } : {};
  const client = cli.client('operator');
  const done = all
    ? await client.requeue({ all: true, ...dry })
    : auto
      ? await client.requeue({ auto: true, ...dry })
      : await client.requeue({
          ...(/^\d+$/.test(which ?? '') ? { index: Number(which) } : { id: which ?? '' }),
          ...dry,
        });
  cli.answer(done, lines(done));
  return exits.done;
}

const lines = ({ requeued, left, dryRun, ...beyond }: RequeuedAnswer): string[] => {
  if (requeued.length + left.length === 0) return ['Nothing failed: there is nothing to requeue.'];
  const verb = dryRun ? 'would be requeued' : 'requeued';
  return [
    `${counted(requeued.length, 'message')} ${verb}${left.length > 0 ? `, ${left.length + beyond.unnamed} left` : ''}`,
    ...requeued.map(({ id, what }) => `  ${id}  ${visible(what)}`),
    ...left.map(({ id, what, because }) => `  left ${id}  ${visible(what)}: ${visible(because)}`),
    ...saysBeyond(beyond, 'gaia requeue --all'),
  ];
};

export async function discard(cli: Cli, id: string, { reason }: { reason: string }): Promise<Exit> {
  const done = await cli.client('operator').discard(id, reason);
  cli.answer(done, [`${done.id} (${visible(done.what)}) is closed for good.`]);
  return exits.done;
}

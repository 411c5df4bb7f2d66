import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { visible } from '../../core/text/visible.ts';
import type { RunAnswer } from '../../core/wire/answers-github.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { GateOptions, RunStartOptions } from '../program-github.ts';
import { fields } from '../text/table.ts';
import { usage } from './submission.ts';

export async function start(cli: Cli, { repo, head, base, workspace, remote }: RunStartOptions): Promise<Exit> {
  const run = await cli.client('asker').startRun({
    repo,
    head,
    base,
    workspace: resolve(cli.terminal.cwd, workspace ?? '.'),
    ...(remote !== undefined && { remote }),
  });
  show(cli, run);
  if (!cli.json) cli.note(`→ when the work is pushed: gaia github run verify ${run.id} --sha "$(git rev-parse HEAD)"`);
  return exits.done;
}

export async function verify(cli: Cli, id: string, { sha }: { sha: string }): Promise<Exit> {
  show(cli, await cli.client('asker').verifyRun(id, sha));
  return exits.done;
}

export async function status(cli: Cli, id: string): Promise<Exit> {
  show(cli, await cli.client('asker').getRun(id));
  return exits.done;
}

export async function fail(cli: Cli, id: string, { reason }: { reason?: string }): Promise<Exit> {
  show(cli, await cli.client('asker').failRun(id, reason));
  return exits.done;
}

/** Records a verdict with its evidence, each file by what is in it now. */
export async function record(
  cli: Cli,
  id: string,
  gate: string,
  verdict: string,
  { sha, artifact = [] }: GateOptions,
): Promise<Exit> {
  const artifacts = artifact.map((file) => {
    const path = resolve(cli.terminal.cwd, file);
    return { path, sha256: hashOf(path) };
  });
  show(cli, await cli.client('asker').recordGate(id, { gate, verdict, headSha: sha, artifacts }));
  return exits.done;
}

function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw usage(`${path} cannot be read (${code}).`, 'Name a file of evidence that you may read.');
  }
}

function show(cli: Cli, run: RunAnswer): void {
  const { id, state, epoch, repo, head, base, headSha, workspace, remote, gates, endText } = run;
  cli.answer(run, [
    `${cli.paint('bold', id)}  ${state}, epoch ${epoch}`,
    ...fields([
      ['branches', visible(`${head} → ${base} in ${repo}`)],
      ['commit', headSha ?? undefined],
      ['workspace', `${visible(workspace)} (remote ${visible(remote)})`],
      [
        'gates',
        gates.map(
          ({ gate, verdict, recordedBy, artifacts }) =>
            `${gate}: ${verdict}${recordedBy ? `, by ${visible(recordedBy)}` : ''}${artifacts.length > 0 ? `, ${artifacts.map(({ path }) => visible(path)).join(', ')}` : ''}`,
        ),
      ],
      ['because', endText === null ? undefined : visible(endText)],
    ]),
  ]);
}

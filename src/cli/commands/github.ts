import { GaiaProblem } from '../../client/problem.ts';
import type { Effect } from '../../core/approval/request.ts';
import type { Submission } from '../../core/approval/submission.ts';
import type { OperationResult, ResolvedChangeset } from '../../core/change/changeset.ts';
import { undoOf } from '../../core/change/undo.ts';
import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { ChangesetOptions } from '../program-github.ts';
import { blockerLines, changesetFields } from '../text/changeset.ts';
import { requestText } from '../text/request.ts';
import { fields, table } from '../text/table.ts';
import { documentIn } from './changeset-file.ts';
import { ask } from './request.ts';
import { common } from './submission.ts';

export async function requestChangeset(cli: Cli, file: string, options: ChangesetOptions): Promise<Exit> {
  const changeset = await documentIn(cli, file);
  return ask(cli, { kind: 'changeset', ...common(options), changeset } as Submission, {
    wait: options.wait,
    rehearsalAsked: options.test === true,
  });
}

export async function preview(cli: Cli, file: string): Promise<Exit> {
  const { changeset, blockers } = await cli.client('asker').previewChangeset(await documentIn(cli, file));
  const shown = changeset as ResolvedChangeset | null;
  cli.answer({ changeset, blockers }, [
    ...(shown === null ? [] : fields(changesetFields(shown))),
    ...(blockers.length === 0
      ? ['Nothing is in the way of it but a decision.']
      : ['In the way:', ...blockerLines(blockers)]),
  ]);
  return blockers.some(({ phase }) => phase === 'submit') ? exits.blocked : exits.done;
}

export async function publish(cli: Cli, id: string): Promise<Exit> {
  const { request, blockers } = await cli.client('operator').publish(id);
  cli.answer({ request, blockers }, [
    ...requestText(request, cli.times(), cli.paint),
    ...(blockers.length === 0 ? [] : ['In the way:', ...blockerLines(blockers)]),
  ]);
  return blockers.length === 0 ? exits.done : exits.blocked;
}

export async function look(cli: Cli, id: string): Promise<Exit> {
  const { found, ...request } = await cli.client('operator').lookAgain(id);
  cli.answer({ found, ...request }, [
    found ? 'It is there: nothing is sent again.' : 'Nothing of it was found.',
    ...requestText(request, cli.times(), cli.paint),
    ...(found ? [] : [`→ if you have looked too: gaia resolve ${id} resend --reason "…", or failed`]),
  ]);
  return found ? exits.done : exits.unknown;
}

export async function repair(cli: Cli, id: string, { propose = false }: { propose?: boolean }): Promise<Exit> {
  const { gone, changeset } = await cli.client('operator').repair(id);
  const lines = gone.map(({ op, on, why }) => `${op}, ${visible(on)}: ${visible(why)}`);
  if (changeset === null || !propose) {
    cli.answer(
      { gone, changeset },
      gone.length === 0
        ? ['All of it is there.']
        : [...lines, `→ ask to put it back: gaia github repair ${id} --propose`],
    );
    return gone.length === 0 ? exits.done : exits.failed;
  }
  cli.note(...lines);
  return ask(cli, { kind: 'changeset', title: `Put back what is missing of ${id}`, changeset } as Submission, {
    wait: false,
  });
}

/** The changeset that takes back what a request wrote, as far as Gaia can; printed, or asked for at once. */
export async function undo(cli: Cli, id: string, { propose = false }: { propose?: boolean }): Promise<Exit> {
  const request = await cli.client('looker').getRequest(id);
  const effect = request.effect as Effect | null;
  if (effect?.kind !== 'changeset')
    throw new GaiaProblem({
      status: 409,
      code: 'not_a_changeset',
      detail: `Request ${visible(id)} is no changeset.`,
      remedy: 'Only what was written to GitHub is undone.',
    });
  const { changeset, byHand } = undoOf(effect.changeset, (request.operations ?? []) as OperationResult[]);
  if (!cli.json)
    cli.note(
      ...byHand.map(
        ({ op, on, url }) => `By hand, on GitHub: ${op}, ${visible(on)}${url === null ? '' : ` ${visible(url)}`}`,
      ),
    );
  if (changeset === null) {
    cli.answer({ changeset, byHand }, ['There is nothing that Gaia could undo.']);
    return exits.failed;
  }
  if (propose) return ask(cli, { kind: 'changeset', title: `Undo ${id}`, changeset } as Submission, { wait: false });
  cli.answer({ changeset, byHand }, [JSON.stringify(changeset, null, 2)]);
  return exits.done;
}

export async function status(cli: Cli): Promise<Exit> {
  const answer = await cli.client('operator').githubStatus();
  const { transport, host, updaterEnabled, allowedRepos, allowedProjects, checkpoint, missing, intents, open, runs } =
    answer;
  const times = cli.times();
  cli.answer(answer, [
    ...fields([
      ['transport', transport === 'live' ? `live, at ${visible(host)}` : transport],
      ['updater', updaterEnabled ? 'enabled' : 'not enabled'],
      ['may write to', [...allowedRepos, ...allowedProjects.map((name) => `project ${name}`)].join(', ') || 'nothing'],
      ['checkpoint', checkpoint === null ? 'none' : `${checkpoint.file} (sha256 ${checkpoint.sha256.slice(0, 12)})`],
      [
        'live lacks',
        missing.flatMap(({ code, message, remedy }) => [`${code}: ${visible(message)}`, `→ ${visible(remedy)}`]),
      ],
      [
        'writes',
        Object.entries(intents)
          .map(([state, count]) => `${count} ${state}`)
          .join(', ') || 'none yet',
      ],
    ]),
    ...(open.length === 0
      ? []
      : [
          '',
          ...table(
            ['REQUEST', 'OPERATION', 'TARGET', 'STATE', 'NEXT LOOK', 'BECAUSE'],
            open.map(({ requestId, place, op, target, state, dueAt, code }) => [
              requestId,
              `${place + 1}. ${op}`,
              visible(target),
              state,
              times.at(dueAt),
              code ?? '',
            ]),
          ),
        ]),
    ...(runs.length === 0
      ? []
      : [
          '',
          ...table(
            ['RUN', 'STATE', 'EPOCH', 'REPOSITORY', 'BRANCHES', 'GATES'],
            runs.map((run) => [
              run.id,
              run.state,
              String(run.epoch),
              visible(run.repo),
              visible(`${run.head} → ${run.base}`),
              run.gates.map(({ gate, verdict }) => `${gate} ${verdict}`).join(', '),
            ]),
          ),
        ]),
  ]);
  return exits.done;
}

export async function verifyCheckpoint(cli: Cli): Promise<Exit> {
  const { checkpoint, missing } = await cli.client('operator').githubStatus();
  const wrong = missing.filter(({ code }) => code.startsWith('checkpoint_'));
  cli.answer({ checkpoint, blockers: wrong }, [
    ...(checkpoint === null ? [] : [`${checkpoint.file}  sha256 ${checkpoint.sha256}`]),
    ...(wrong.length === 0 ? ['It is approved as it lies there.'] : blockerLines(wrong)),
  ]);
  return wrong.length === 0 ? exits.done : exits.blocked;
}

export async function revokeCheckpoint(cli: Cli, typed: string): Promise<Exit> {
  const number = Number(/^(?:CHECKPOINT_)?([1-9]\d{0,3})(?:\.md)?$/.exec(typed)?.[1]);
  if (Number.isNaN(number))
    throw new GaiaProblem({
      status: 400,
      code: 'usage',
      detail: `${visible(typed)} is no checkpoint.`,
      remedy: 'Name its number: gaia github checkpoint revoke 3',
    });
  const revoked = await cli.client('operator').revokeCheckpoint(number);
  cli.answer(revoked, [`Checkpoint ${number} is revoked: nothing is written to GitHub because of it any more.`]);
  return exits.done;
}

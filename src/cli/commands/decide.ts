import type { DecisionInput, GaiaClient } from '../../client/client.ts';
import { GaiaProblem } from '../../client/problem.ts';
import { visible } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { DecideOptions } from '../program.ts';
import { requestText, stateText } from '../text/request.ts';
import { usage } from './submission.ts';

export const approve = (cli: Cli, id: string, options: DecideOptions & { allow?: boolean }): Promise<Exit> =>
  decide(
    cli,
    id,
    options,
    options.allow ? 'Approve this, and allow it 10 times within an hour?' : 'Approve this?',
    () => ({ verdict: 'approve', ...(options.allow && { allow: true }) }),
  );

/** A reason is owed: its kind, its words, or both. */
export async function deny(
  cli: Cli,
  id: string,
  options: DecideOptions & { reason?: string; code?: string },
): Promise<Exit> {
  const { reason, code } = options;
  const said = [code, reason].filter((part) => part !== undefined);
  if (said.length === 0)
    throw usage('A denial says why: --reason or --code is missing.', 'For example: gaia deny r-7F3K2Q --code not_now');
  return decide(cli, id, options, `Deny this (${visible(said.join(': '))})?`, () => ({
    verdict: 'deny',
    reason: { ...(reason !== undefined && { text: reason }), ...(code !== undefined && { code }) },
  }));
}

export const answer = (cli: Cli, id: string, text: string, options: DecideOptions): Promise<Exit> =>
  decide(cli, id, options, `Answer ${visible(text)}?`, () => ({ verdict: 'answer', answer: text }));

type Verdict = Omit<DecisionInput, 'digest' | 'confirm'>;

/** Shows the whole request first; the decision names the digest of exactly what was shown. */
async function decide(
  cli: Cli,
  id: string,
  options: DecideOptions,
  question: string,
  verdict: () => Verdict,
): Promise<Exit> {
  const client = cli.client('person');
  const request = await client.getRequest(id);
  cli.note(...requestText(request, cli.times(), cli.paintErr));
  if (request.digest === null || request.state !== 'pending') {
    throw new GaiaProblem({
      status: 409,
      code: 'already_settled',
      detail: `${request.id} is ${request.state}; there is nothing to decide.`,
      remedy: 'The asker may ask again.',
      facts: { state: request.state },
    });
  }
  const digest = request.digest;
  const isSeen = cli.terminal.canAsk;
  if (isSeen) await tellShown(client, request, digest);
  if (!(await agreed(cli, options, digest, question))) return declined(cli, request);
  if (!isSeen) await tellShown(client, request, digest);

  const first = await client.decide(request.id, { ...verdict(), digest });
  if (!('confirmBy' in first)) return tell(cli, first);
  const by = cli.times().clock(first.confirmBy);
  if (!(await agreed(cli, options, digest, `${visible(first.message)} Confirm by ${by}: sure?`)))
    return declined(cli, request);
  return confirm(cli, client, request.id, { ...verdict(), digest, confirm: true });
}

/** Someone is here, or has named the digest of what they saw: all of it was put before them. */
async function tellShown(client: GaiaClient, { id, shownAt }: RequestAnswer, digest: string): Promise<void> {
  if (shownAt === null) await client.markShown(id, digest);
}

async function confirm(cli: Cli, client: GaiaClient, id: string, decision: DecisionInput): Promise<Exit> {
  const decided = await client.decide(id, decision);
  if ('confirmBy' in decided)
    throw new GaiaProblem({
      status: 409,
      code: 'confirmation_missing',
      detail: 'The confirmation came too late.',
      remedy: 'Decide once more.',
    });
  return tell(cli, decided);
}

/** Someone who is there is asked; elsewhere --yes and the digest of what they saw stand in for them. */
async function agreed(
  cli: Cli,
  { yes, digest: seen }: DecideOptions,
  digest: string,
  question: string,
): Promise<boolean> {
  if (seen !== undefined && !(/^[0-9a-f]{12,64}$/.test(seen) && digest.startsWith(seen))) {
    throw new GaiaProblem({
      status: 409,
      code: 'digest_mismatch',
      detail: 'What you saw is not what this request says: its digest is another one.',
      remedy: 'Look at it as shown above, and decide on that.',
      facts: { digest },
    });
  }
  if (yes && seen !== undefined) return true;
  if (cli.terminal.canAsk && !yes) return /^y(es)?$/i.test((await cli.terminal.ask(`${question} [y/N] `)).trim());
  throw new GaiaProblem({
    status: 400,
    code: 'confirmation_needed',
    detail: yes
      ? '--yes needs --digest: the digest of the request that you looked at.'
      : 'There is nobody here to ask.',
    remedy: 'Look at it with `gaia show ID`, then say --yes --digest DIGEST.',
  });
}

function declined(cli: Cli, request: RequestAnswer): Exit {
  cli.answer({ decided: false, id: request.id, state: request.state }, [
    `Nothing was decided; ${request.id} is still ${request.state}.`,
  ]);
  return exits.failed;
}

function tell(cli: Cli, request: RequestAnswer): Exit {
  const missing =
    request.state === 'pending' && request.approvals?.missing ? `; missing: ${visible(request.approvals.missing)}` : '';
  cli.answer(request, [`Recorded. ${request.id} is ${stateText(request, cli.paint)}${missing}.`]);
  return exits.done;
}

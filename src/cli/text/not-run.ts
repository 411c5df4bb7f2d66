import { GaiaProblem } from '../../client/problem.ts';
import { denyWords, endWords } from '../../core/approval/words.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';

/** Why an agent's command may not be run, as far as its request tells. */
export function whyNotRun(request: RequestAnswer): GaiaProblem {
  const { id, state, end } = request;
  const { detail, remedy } = words(request);
  const facts = { id, state, ...(end?.code != null && { code: end.code }) };
  return new GaiaProblem({ status: 409, code: `not_run_${state}`, detail, remedy, facts });
}

function words(request: RequestAnswer): { detail: string; remedy: string } {
  const { id, state, end, blockers } = request;
  const because = [endWords[end?.code ?? ''], end?.text].filter((part) => part).join(' ');
  const nothing = because === '' ? 'Nothing was run.' : `${because} Nothing was run.`;
  switch (state) {
    case 'denied':
      return {
        detail: `Request ${id} was denied${denial(request)}. Nothing was run.`,
        remedy: 'Change what they object to, and ask again.',
      };
    case 'expired':
      return { detail: `Request ${id} has expired. ${nothing}`, remedy: 'Ask again.' };
    case 'withdrawn':
      return { detail: `Request ${id} was withdrawn. Nothing was run.`, remedy: 'Ask again when you want it.' };
    case 'stale':
      return {
        detail: `Request ${id} is out of date. ${nothing}`,
        remedy: 'Ask again, so that people see how it is now.',
      };
    case 'blocked':
      return {
        detail: `Request ${id} may not proceed. ${blockers.map(({ message }) => message).join(' ')} Nothing was run.`,
        remedy: blockers.map(({ remedy }) => remedy).join(' ') || `Look at it: gaia show ${id}`,
      };
    case 'released':
      return {
        detail: `The permit of ${id} was taken before; it is good for one start. Nothing was run.`,
        remedy: 'If nothing was started with it, ask again.',
      };
    default:
      return { detail: `Request ${id} is ${state}. ${nothing}`, remedy: `Look at it: gaia show ${id}` };
  }
}

function denial({ votes, end }: RequestAnswer): string {
  const vote = votes.find(({ verdict }) => verdict === 'deny');
  const code = vote?.reason?.code ?? null;
  const word = code === null ? undefined : ((denyWords as Record<string, string>)[code] ?? code);
  const why = [word, vote?.reason?.text ?? end?.text].filter((part) => part);
  return `${vote ? ` by ${vote.person}` : ''}${why.length > 0 ? ` (${why.join(': ')})` : ''}`;
}

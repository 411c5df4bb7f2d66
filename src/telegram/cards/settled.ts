import { denyWords, endWords, stateWords } from '../../core/approval/words.ts';
import { capitalised } from '../../core/text/count.ts';
import { duration } from '../../core/text/times.ts';
import { visible, visibleLines } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { type Names, peopleNames } from '../texts/names.ts';
import { borderBefore, brief, clipped, framed, type Line, line } from '../texts/text.ts';
import { type Clock, clockTime } from '../texts/times.ts';
import { resultLines } from './changeset.ts';
import { apart, effectOf } from './content.ts';
import { identityLine, reasonPieces, standingLines } from './foot.ts';
import { askerLine, isRehearsed, stateLine, summaryPiece } from './head.ts';

/** How much of the command and of each output stream a settled card keeps, in code units. */
const kept = { command: 700, cwd: 200, output: 700, answer: 700 } as const;

/**
 * A request that is decided or over, short: what became of it first, then what it was. The command and the digest stay, so
 * that the chat reads well as history. What was shown in full for the decision stands in the messages before.
 */
export function settledLines(request: RequestAnswer, names: Names, clock: Clock): Line[] {
  return apart([
    [stateLine(request), ...decidedBy(request, names, clock), ...why(request)],
    what(request, names),
    ran(request),
    resultLines(request),
    request.ended ? [] : standingLines({ ...request, votes: [] }, names, clock),
    [identityLine(request)],
  ]);
}

const decisive = { denied: 'deny', answered: 'answer' } as const;

function decidedBy(request: RequestAnswer, names: Names, clock: Clock): Line[] {
  const { state, votes, endedAt, decidedAt, answer } = request;
  const verdict = state === 'denied' || state === 'answered' ? decisive[state] : 'approve';
  const counted = votes.filter((vote) => vote.verdict === verdict);
  const lines: Line[] = [];
  if (counted.length > 0) {
    const at = decidedAt ?? counted.at(-1)?.at ?? request.createdAt;
    const verb = state === 'denied' || state === 'answered' ? '' : 'approved ';
    const people = counted.slice(0, 5).map(({ person }) => person);
    lines.push(line(`${verb}by `, peopleNames(people, names), ` at ${clockTime(at, clock)}`));
  }
  if (state === 'denied') lines.push(...deniedBecause(request));
  if (answer !== null)
    lines.push(
      ...framed(
        visibleLines(answer)
          .map((shown) => clipped(shown, kept.answer))
          .slice(0, 12),
      ),
    );
  const isToldAbove = (state === 'denied' || state === 'answered') && counted.length > 0;
  if (endedAt !== null && !isToldAbove)
    lines.push(line(`${isRehearsed(request) ? 'rehearsed' : stateWords[state].word} at ${clockTime(endedAt, clock)}`));
  return lines;
}

function deniedBecause({ end, votes }: RequestAnswer): Line[] {
  const denial = votes.findLast(({ verdict }) => verdict === 'deny');
  const reason = denial?.reason ?? end;
  const words = reasonPieces(reason, 600).slice(1);
  return [words.length === 0 ? line(`reason: ${denyWords.other.toLowerCase()}, none given`) : line('reason: ', words)];
}

function why({ state, end, blockers }: RequestAnswer): Line[] {
  if (state === 'denied' || state === 'answered') return [];
  const words = endWords[end?.code ?? ''];
  return [
    ...(words === undefined ? [] : [line(words)]),
    ...(end?.text ? [line(brief(end.text, 400))] : []),
    ...blockers
      .slice(0, 4)
      .flatMap(({ message, remedy }) => [line('· ', brief(message, 300)), line(brief(remedy, 300))]),
  ];
}

function what(request: RequestAnswer, names: Names): Line[] {
  const effect = effectOf(request);
  return [
    askerLine(request, names),
    line(summaryPiece(request, kept.command)),
    ...(effect?.kind === 'command'
      ? [
          line(
            'in ',
            brief(effect.command.cwd.path, kept.cwd),
            ...(effect.command.host === '' ? [] : [' on ', brief(effect.command.host, 80)]),
          ),
        ]
      : []),
    ...(request.supersedes === null ? [] : [line(`in place of ${visible(request.supersedes)}`)]),
  ];
}

/** What the command came to: how it ended, how long it took, and the last of what it wrote. */
function ran({ outcome }: RequestAnswer): Line[] {
  if (outcome === null || outcome.dryRun || outcome.operations) return [];
  const { exitCode, signal, durationMs, stdout, stderr, changedDuringRun = [], statedByAgent } = outcome;
  const how =
    exitCode !== null ? `exit code ${exitCode}` : signal !== null ? `ended by ${visible(signal)}` : 'no exit code';
  return [
    line(`${capitalised(how)} after ${duration(durationMs)}${statedByAgent ? ', as stated by the agent' : ''}`),
    ...(changedDuringRun.length === 0 ? [] : [line('Changed while it ran: ', brief(changedDuringRun.join(', '), 200))]),
    ...tail('Output', stdout),
    ...tail('Errors', stderr),
  ];
}

function tail(title: string, output: string): Line[] {
  if (output === '') return [];
  const lines = visibleLines(output.replace(/\n$/, ''));
  const last: string[] = [];
  let left: number = kept.output;
  for (const shown of lines.toReversed()) {
    if (shown.length > left || last.length === 12) break;
    last.unshift(shown);
    left -= shown.length + 1;
  }
  if (last.length === 0) last.push(endOf(lines.at(-1) ?? ''));
  while (last[0] === '') last.shift();
  const isCut = last.length < lines.length;
  return [line(isCut ? `${title}, the last of it:` : `${title}:`), ...framed(last)];
}

const endOf = (text: string): string => `…${text.slice(borderBefore(text, text.length - 200)).trimStart()}`;

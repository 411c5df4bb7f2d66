import type { Actor } from '../../core/access/actor.ts';
import { factsFor } from '../../core/approval/facts.ts';
import { kindWords, stateWords, tierWords } from '../../core/approval/words.ts';
import { changesetWords } from '../../core/change/changeset.ts';
import { badges } from '../../core/command/risk.ts';
import { everyRequest } from '../../core/policy/judge.ts';
import type { TierName } from '../../core/policy/types.ts';
import { counted } from '../../core/text/count.ts';
import { quoteArgv } from '../../core/text/quote.ts';
import { visible } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { asker, type Names, personName } from '../texts/names.ts';
import { bold, brief, clipped, code, type Line, line, type Piece, plain } from '../texts/text.ts';
import { effectOf } from './content.ts';

/** What marks a request that changes nothing, beside its state: people must see it first. */
export const marks = ({ isTest, mode }: Pick<RequestAnswer, 'isTest' | 'mode'>): string =>
  `${isTest ? ' · TEST' : ''}${mode === 'dry_run' ? ' · REHEARSAL' : ''}`;

/** Ended as a rehearsal: nothing was started. */
export const isRehearsed = ({ state, outcome }: Pick<RequestAnswer, 'state' | 'outcome'>): boolean =>
  state === 'executed' && outcome?.dryRun === true && outcome.operations === undefined;

/** `● WAITING · TEST · REHEARSAL`, in bold: a sign and a word, never colour alone. */
export function stateLine(request: RequestAnswer): Line {
  const { sign, word } = stateWords[request.state];
  const where = request.outcome?.transport === 'local_fake' ? " · in Gaia's own world" : '';
  return line(bold(`${sign} ${(isRehearsed(request) ? 'rehearsed' : word).toUpperCase()}${marks(request)}`), where);
}

/** The shape of a tier's sign tells it apart as much as its word does. */
const tierSigns: Record<TierName, string> = { normal: '○', high: '▲', critical: '◆' };

export const tierSign = ({ tier }: Pick<RequestAnswer, 'tier'>): string =>
  tier === null ? '' : `${tierSigns[tier]} ${tierWords[tier].word}`;

const rulesShown = 3;

/** How risky it is, in words and shape, and why: the tier, the badges, and the rules that asked for them. */
export function riskLines(request: RequestAnswer): Line[] {
  const { tier } = request;
  if (tier === null) return [];
  const rules = request.rules.filter((rule) => rule !== everyRequest.name);
  const more = rules.length - rulesShown;
  return [
    line(bold(tierSign(request)), ...badgesOf(request).map((badge) => plain(` · ⚠ ${badge}`))),
    ...rules.slice(0, rulesShown).map((rule) => line('because ', brief(rule, 80))),
    ...(more > 0 ? [line(`and ${counted(more, 'more rule')}`)] : []),
  ];
}

function badgesOf(request: RequestAnswer): string[] {
  const effect = effectOf(request);
  if (effect === undefined) return [];
  return badges({ ...factsFor(effect, { actor: request.askedBy as Actor }), isTest: false });
}

/** `builder asks to run, agent of Grace`: nobody is “you” in a group. */
export function askerLine({ askedBy, owner, kind, ended }: RequestAnswer, names: Names): Line {
  const ask = ended ? kindWords[kind].ask.replace('asks', 'asked') : kindWords[kind].ask;
  return line(asker(askedBy, names), ` ${ask}`, ...(owner === null ? [] : [', agent of ', personName(owner, names)]));
}

/** What it is about on one line: for lists, answers and what has ended; never what is decided on. */
export function summaryOf(request: RequestAnswer): string {
  const effect = effectOf(request);
  if (effect?.kind === 'command') return quoteArgv(effect.command.argv);
  if (effect?.kind === 'question') return visible(effect.question.text);
  if (effect?.kind === 'changeset') return visible(changesetWords(effect.changeset));
  if (effect?.kind === 'checkpoint') return visible(effect.checkpoint.file);
  return request.title === null ? `a ${kindWords[request.kind].noun}` : visible(request.title);
}

/** The summary, cut to `max` code units, in code. */
export const summaryPiece = (request: RequestAnswer, max: number): Piece => code(clipped(summaryOf(request), max));

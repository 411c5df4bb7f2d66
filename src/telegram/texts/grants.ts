import { counted } from '../../core/text/count.ts';
import { relativeTime } from '../../core/text/times.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import type { AgentAnswer, GrantAnswer } from '../../core/wire/answers-access.ts';
import { isRehearsed } from '../cards/head.ts';
import type { TellFacts } from './commands.ts';
import { personName } from './names.ts';
import { bold, brief, clipped, code, gap, type Line, line, passing, type Text, words } from './text.ts';
import { atAndFromHere, clockTime } from './times.ts';
import { told } from './told.ts';

const shownAtMost = 12;

/** `/grants`: what agents may do without asking at the moment, and how to take it back. */
export function grantsText(grants: readonly GrantAnswer[], facts: TellFacts): Text {
  if (grants.length === 0) return told([line('No agent may do anything without asking.')]);
  return told([
    line(bold(`${counted(grants.length, 'grant')} in force`)),
    ...grants.slice(0, shownAtMost).flatMap((grant) => [gap, ...grantLines(grant, facts)]),
    ...(grants.length > shownAtMost ? [gap, line('… and more: gaia grants')] : []),
  ]);
}

const grantLines = (grant: GrantAnswer, facts: TellFacts): Line[] => [
  line(bold(grant.id), ' ', words(grant.agent), ' may run ', code(clipped(grant.what, 200))),
  line(`used ${grant.uses} of ${grant.usesMax}, until `, atAndFromHere(grant.expiresAt, facts)),
  line('given by ', personName(grant.givenBy, facts.names), ' · ', code(`/revoke ${grant.id}`)),
];

/** Somebody allowed an agent something in advance. */
export const grantGivenLines = (grant: GrantAnswer, facts: TellFacts): Line[] => [
  line(personName(grant.givenBy, facts.names), ' allowed ', words(grant.agent), ' to run this again without asking:'),
  line(code(clipped(grant.what, 400))),
  line(
    `until ${clockTime(grant.expiresAt, facts)}, ${counted(grant.usesMax, 'time')} at most · `,
    code(`/revoke ${grant.id}`),
  ),
];

/** An agent did what it was allowed in advance: said after every use. */
export const grantUsedLines = (grant: GrantAnswer, request: RequestAnswer, facts: TellFacts): Line[] => [
  line(
    words(grant.agent),
    ` went ahead under ${grant.id}`,
    isRehearsed(request) ? ' (rehearsed)' : '',
    ': ',
    code(clipped(grant.what, 200)),
  ),
  line(
    `${request.id}, use ${grant.uses} of ${grant.usesMax}`,
    grant.state === 'over' ? ', the last' : `, until ${clockTime(grant.expiresAt, facts)} · `,
    ...(grant.state === 'over' ? [] : [code(`/revoke ${grant.id}`)]),
  ),
];

/** `/agents`: who may ask, how much they have open, and when their keys end. */
export function agentsText(agents: readonly AgentAnswer[], facts: TellFacts): Text {
  if (agents.length === 0) return told([line('No agent has a key. On the machine Gaia runs on: gaia key create NAME')]);
  return told([
    line(bold(counted(agents.length, 'agent'))),
    ...agents.slice(0, 20).flatMap((agent) => [gap, ...agentLines(agent, facts)]),
    ...(agents.length > 20 ? [gap, line('… and more: gaia agents')] : []),
  ]);
}

const agentLines = (agent: AgentAnswer, facts: TellFacts): Line[] => [
  line(
    bold(clipped(agent.name, 64)),
    agent.owner === null ? ', owned by nobody' : ', agent of ',
    agent.owner === null ? [] : personName(agent.owner, facts.names),
  ),
  line(`${agent.open} of ${agent.openMax} open, ${agent.lastMinute} of ${agent.perMinuteMax} in the last minute`),
  line(
    agent.keys === 0 ? 'no key that works' : counted(agent.keys, 'key'),
    ...(agent.keysEnd === null ? [] : [', until ', ...atAndFromHere(agent.keysEnd, facts)]),
    agent.grants > 0 ? `, ${counted(agent.grants, 'grant')}` : '',
  ),
  ...(agent.lastAskedAt === null
    ? []
    : [
        line(
          'asked last ',
          brief(clockTime(agent.lastAskedAt, facts), 40),
          passing(` (${relativeTime(agent.lastAskedAt, facts.now)})`),
        ),
      ]),
];

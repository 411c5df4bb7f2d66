import { endWords, stateWords } from '../../core/approval/words.ts';
import type { Message } from '../../core/delivery/delivery.ts';
import { counted } from '../../core/text/count.ts';
import { duration } from '../../core/text/times.ts';
import { visibleLines } from '../../core/text/visible.ts';
import type { CommentAnswer, RequestAnswer } from '../../core/wire/answers.ts';
import type { GrantAnswer } from '../../core/wire/answers-access.ts';
import { isRehearsed, marks, summaryPiece } from '../cards/head.ts';
import { startText, type TellFacts } from './commands.ts';
import { grantGivenLines, grantUsedLines } from './grants.ts';
import { actorName, asker, peopleNames } from './names.ts';
import { discardedLines, requeuedLines, silencedLines } from './operating.ts';
import { refusalText } from './refusals.ts';
import { bold, brief, clipped, code, framed, gap, type Line, line, type Text } from './text.ts';
import { atAndFromHere, clockTime } from './times.ts';
import { told } from './told.ts';

/** What has to be looked up first has a text of its own: `helpText`, `statusText`, `pendingText`, `auditText`, `consoleText`. */
type LookedUp =
  | 'request'
  | 'away'
  | 'help'
  | 'status'
  | 'pending'
  | 'log'
  | 'output'
  | 'console'
  | 'grants'
  | 'agents'
  | 'grant_given'
  | 'grant_used'
  | 'comment'
  | 'login_asked'
  | 'reminder'
  | 'reminders'
  | 'failed'
  | 'alerts'
  | 'alert'
  | 'seal';

/** What a notice tells: what deliveries say, with what they refer to. `waiting`: the requests that wait now. */
export type Notice =
  | Exclude<Message, { about: LookedUp }>
  | { about: 'request'; request: RequestAnswer; because: string }
  | { about: 'grant_given'; grant: GrantAnswer }
  | { about: 'grant_used'; grant: GrantAnswer; request: RequestAnswer }
  | { about: 'comment'; request: RequestAnswer; comment: CommentAnswer }
  | Extract<Message, { about: 'login_asked' }>
  | { about: 'reminder'; request: RequestAnswer; stage: 1 | 2 }
  | { about: 'reminders'; requests: readonly RequestAnswer[] }
  | (Extract<Message, { about: 'away' }> & { waiting: readonly RequestAnswer[] });

/** A notice in plain words. */
export function noticeText(notice: Notice, facts: TellFacts): Text {
  if (notice.about === 'ids') return startText({ personId: notice.personId, chatId: notice.chat });
  if (notice.about === 'refusal') return refusalText(notice);
  return told(linesOf(notice, facts));
}

function linesOf(notice: Exclude<Notice, { about: 'ids' | 'refusal' }>, facts: TellFacts): Line[] {
  const { names } = facts;
  switch (notice.about) {
    case 'request':
      return aboutRequest(notice.request, notice.because, facts);
    case 'caps':
      return [
        line(
          'Agent ',
          brief(notice.agent, 64),
          ' reached its limit: ',
          notice.cap === 'open'
            ? `${counted(notice.limit, 'open request')}`
            : `${counted(notice.limit, 'request')} a minute`,
        ),
        line('More are refused for now. /pending shows what waits.'),
      ];
    case 'policy':
      return [
        line(bold('Another policy is in force')),
        line('loaded by ', actorName(notice.by, names)),
        ...notice.changes.map((change) => line('· ', brief(change, 300))),
      ];
    case 'paused':
      return [
        line(
          bold('❚❚ Gaia was paused'),
          ' by ',
          actorName(notice.by, names),
          notice.reason ? [{ text: ': ' }, ...brief(notice.reason, 300)] : [],
        ),
        line('Nothing new starts; decisions go on. Operators: /resume'),
      ];
    case 'resumed':
      return [
        line(
          bold('▶ Gaia goes on'),
          ', says ',
          actorName(notice.by, names),
          notice.reason ? [{ text: ': ' }, ...brief(notice.reason, 300)] : [],
        ),
      ];
    case 'acceptance':
      return [
        line(bold('⊘ Nothing starts')),
        line(brief(notice.reason, 600)),
        line('An operator must look, and accept it where Gaia runs: gaia resume --accept-generation'),
      ];
    case 'unknown':
      return [
        line(bold(`? Nobody knows what became of ${notice.requestId}`)),
        line(
          'Its supervisor is gone and left no outcome. It is not started again. Look at what it was to change, then:',
        ),
        line(`/resolve ${notice.requestId} executed <what you saw>`),
        line(`/resolve ${notice.requestId} failed <what you saw>`),
      ];
    case 'away':
      return away(notice, facts);
    case 'grant_given':
      return grantGivenLines(notice.grant, facts);
    case 'grant_used':
      return grantUsedLines(notice.grant, notice.request, facts);
    case 'comment':
      return [
        line(
          bold(`${notice.request.id}${marks(notice.request)}`),
          ' ',
          actorName(notice.comment.author, names),
          ' says:',
        ),
        ...framed(
          visibleLines(notice.comment.text)
            .slice(0, 12)
            .map((shown) => clipped(shown, 600)),
        ),
        ...(notice.request.state === 'pending' ? [line('It still waits: ', code(`/show ${notice.request.id}`))] : []),
      ];
    case 'snoozed':
      return [
        line(`${notice.requestId}: no reminder before ${clockTime(notice.until, facts)}. It expires when it would.`),
      ];
    case 'login_asked':
      return [
        line(bold('Shall a terminal act as you?')),
        line(
          'Its code: ',
          code(notice.code),
          `, begun at ${clockTime(notice.begunAt, facts)}, open until ${clockTime(notice.expiresAt, facts)}`,
        ),
        line('It can then approve, deny and ask as you, for an hour.'),
        line(bold('Press only where you typed gaia login yourself'), ', and your own screen shows this code.'),
        line('If somebody sent you the code, the terminal is theirs: do nothing, and tell your operators.'),
      ];
    case 'terminal_opened':
      return [
        line(
          bold('⌨ A terminal acts as '),
          peopleNames([notice.personId], names),
          ` until ${clockTime(notice.expiresAt, facts)}.`,
        ),
        line('If that is not so: gaia logout there, or an operator removes the person or pauses Gaia.'),
      ];
    case 'logged_in':
      return [
        line(bold('✓ The terminal acts as you'), ', for an hour.'),
        line('On that machine, gaia logout ends it at once.'),
      ];
    case 'reminder':
      return aboutReminder(notice.request, notice.stage, facts);
    case 'reminders':
      return [
        line(bold(`◷ ${counted(notice.requests.length, 'request')} still waiting:`)),
        ...shortList(notice.requests),
        line('Each whole: ', code('/show ID'), ' · not now: ', code('/snooze ID 15m')),
      ];
    case 'requeued':
      return requeuedLines(notice, facts);
    case 'discarded':
      return discardedLines(notice, facts);
    case 'silenced':
      return silencedLines(notice, facts);
    case 'trouble':
      return [line('⚠ ', brief(notice.trouble, 1_000))];
  }
}

function aboutReminder(request: RequestAnswer, stage: 1 | 2, facts: TellFacts): Line[] {
  return [
    line(
      bold(`${stage === 1 ? '◷' : '⚠'} ${request.id} still waits${marks(request)}`),
      ', until ',
      atAndFromHere(request.expiresAt, facts),
    ),
    line(asker(request.askedBy, facts.names), ': ', summaryPiece(request, 200)),
    line(code(`/show ${request.id}`), ' · not now: ', code(`/snooze ${request.id} 15m`)),
  ];
}

function away({ from, to, waiting }: Extract<Notice, { about: 'away' }>, facts: TellFacts): Line[] {
  return [
    line(
      bold(`I was not reachable between ${clockTime(from, facts)} and ${clockTime(to, facts)}`),
      ` (${duration(to - from)}).`,
    ),
    line('If you tapped then, tap again.'),
    gap,
    line(waiting.length === 0 ? 'Nothing waits now.' : `${counted(waiting.length, 'request')} waiting:`),
    ...shortList(waiting),
  ];
}

const shortList = (requests: readonly RequestAnswer[]): Line[] => [
  ...requests.slice(0, 12).map((request) => line(`${request.id}${marks(request)} `, summaryPiece(request, 60))),
  ...(requests.length > 12 ? [line('and more: /pending')] : []),
];

function aboutRequest(request: RequestAnswer, because: string, { names }: TellFacts): Line[] {
  const { sign, word } = stateWords[request.state];
  const verdict = ({ approved: 'approve', denied: 'deny', answered: 'answer' } as Record<string, string>)[
    request.state
  ];
  const people = request.votes.filter((vote) => vote.verdict === verdict).map(({ person }) => person);
  const isStopping = because === 'stopping' && request.state === 'executing';
  const said = isStopping ? 'being stopped' : isRehearsed(request) ? 'rehearsed' : word;
  const end = endWords[request.end?.code ?? ''];
  return [
    line(
      bold(`${sign} ${request.id} is ${said}${marks(request)}`),
      ...(people.length > 0 ? [' by ', peopleNames(people.slice(0, 5), names)] : []),
    ),
    line(asker(request.askedBy, names), ': ', summaryPiece(request, 200)),
    ...(because === 'vote' && request.approvals?.missing
      ? [line('Missing: ', brief(request.approvals.missing, 100))]
      : []),
    ...(end === undefined ? [] : [line(end)]),
    ...(request.end?.text ? [line(brief(request.end.text, 300))] : []),
    ...request.blockers.slice(0, 4).map(({ message }) => line('· ', brief(message, 300))),
  ];
}

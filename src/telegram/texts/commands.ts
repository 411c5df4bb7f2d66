import { executionWords } from '../../core/approval/words.ts';
import { eventWords, speaksForItself } from '../../core/audit/event-words.ts';
import { sayBytes } from '../../core/metrics/metrics.ts';
import { counted } from '../../core/text/count.ts';
import { duration } from '../../core/text/times.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import type { EventAnswer } from '../../core/wire/answers-log.ts';
import type { StatusAnswer } from '../../core/wire/answers-status.ts';
import { type Role, usagesFor } from './menu.ts';
import { actorName, type Names, personName } from './names.ts';
import { bold, brief, code, gap, type Line, line, type Text, words } from './text.ts';
import { atAndFromHere, type Clock, clockTime } from './times.ts';
import { told } from './told.ts';

export interface TellFacts extends Clock {
  names: Names;
}

/** `/start`: the two numbers that a configuration needs, for anyone, and nothing else. */
export const startText = ({ personId, chatId }: { personId: string; chatId: string }): Text =>
  told([line('Your id: ', code(personId)), line('The id of this chat: ', code(chatId))]);

/** `/help`: what somebody can do here. */
export function helpText(role: Role): Text {
  const commands = usagesFor(role).map(({ usage, description }) => line(`${usage}: ${description}`));
  if (!role.isApprover && !role.isOperator) {
    return told([
      line('Gaia asks people before agents do things. It does not know you: it answers its own people only.'),
      gap,
      ...commands,
    ]);
  }
  return told([
    line('Agents ask, people decide, and Gaia does exactly what was approved.'),
    gap,
    ...(role.isApprover
      ? [
          line(bold('To decide'), ': press a button on a card, or reply to it:'),
          line(code('approve'), ' when the card is Normal and fresh'),
          line(code('deny your reason'), ' always'),
          line('Questions without choices are answered by a reply.'),
          line(code('? your question'), ' asks the agent; the request waits on'),
          gap,
        ]
      : []),
    ...commands,
  ]);
}

/** `/status`: what runs, what waits, and the next thing to do. */
export function statusText(status: StatusAnswer, facts: TellFacts): Text {
  const { requests, deliveries, paused, acceptance, oldestPendingSeconds, log } = status;
  const dead = deliveries.dead ?? 0;
  const owed = (deliveries.queued ?? 0) + (deliveries.retrying ?? 0) + (deliveries.sending ?? 0);
  return told([
    line(bold(standstill(status))),
    ...(paused === null
      ? []
      : [
          line(
            'Paused by ',
            actorName(paused.by, facts.names),
            ' at ',
            clockTime(paused.at, facts),
            because(paused.reason),
          ),
        ]),
    ...(acceptance === null ? [] : [line(brief(acceptance, 300))]),
    line(
      `${counted(requests.pending ?? 0, 'request')} waiting`,
      oldestPendingSeconds === null ? '' : `, the oldest for ${duration(oldestPendingSeconds * 1000)}`,
    ),
    ...((requests.unknown ?? 0) > 0
      ? [line(`⚠ ${counted(requests.unknown ?? 0, 'request')} with an unknown outcome`)]
      : []),
    ...figureLines(status, facts),
    ...operatingLines(status, facts),
    line(`Messages: ${owed} owed${dead > 0 ? `, ⚠ ${dead} could not be delivered` : ''}`),
    ...telegramLines(status, facts),
    line('Commands: ', words(executionWords(status))),
    line(`Running since `, atAndFromHere(status.startedAt, facts), ', version ', words(status.version)),
    line(
      `Log: ${log.seq.toLocaleString('en')} events, head `,
      code(log.hash.slice(0, 12)),
      log.lastSealAt === null ? ', not sealed yet' : `, sealed at ${clockTime(log.lastSealAt, facts)}`,
    ),
    gap,
    line('Next: ', words(status.next)),
    gap,
    line(words(status.trustBoundary)),
  ]);
}

/** How people decide lately. Whoever decides without reading is named, where it is more than a slip. */
function figureLines({ figures }: StatusAnswer, { names }: TellFacts): Line[] {
  const { decisions, medianMs, hastyShare, days, people } = figures;
  if (medianMs === null || hastyShare === null) return [];
  const hasty = people.filter((each) => each.decisions >= 5 && each.hastyShare >= 0.5);
  return [
    line(
      `Decisions, ${days} days: ${decisions}, after ${duration(medianMs)} (median), ${Math.round(hastyShare * 100)} % within 3 s`,
    ),
    ...hasty
      .slice(0, 3)
      .map((each) =>
        line(
          '⚠ ',
          personName(each.personId, names),
          ` decides ${Math.round(each.hastyShare * 100)} % within 3 s of seeing it`,
        ),
      ),
  ];
}

/** What an operator wants to know beside that; nothing where only the store can be read. */
function operatingLines({ operations }: StatusAnswer, facts: TellFacts): Line[] {
  if (operations === undefined) return [];
  const { alerts, owed, executing, schedules, backup, disk, transport } = operations;
  const failed = schedules.filter(({ outcome, endedAt }) => outcome === 'failed' && endedAt !== null);
  const open = schedules.flatMap(({ name, startedAt, endedAt }) =>
    startedAt !== null && endedAt === null ? [{ name, startedAt }] : [],
  );
  return [
    ...alerts.map(({ name, state, silencedUntil }) =>
      line(
        `${state === 'firing' ? '‼' : '?'} ${name} ${state === 'firing' ? 'fires' : 'has no data'}${silencedUntil === null ? '' : ' (silenced)'}`,
      ),
    ),
    ...(executing.count > 0
      ? [
          line(
            `${counted(executing.count, 'command')} running, the oldest for ${duration((executing.oldestSeconds ?? 0) * 1000)}`,
          ),
        ]
      : []),
    ...(owed.oldestSeconds === null || owed.oldestSeconds < 60
      ? []
      : [line(`⚠ The oldest message has waited for ${duration(owed.oldestSeconds * 1000)}`)]),
    ...failed.map(({ name, said }) => line(`⚠ ${name} failed: `, brief(said ?? 'it is not known why', 150))),
    ...open.map(({ name, startedAt }) => line(`${name} runs, or was cut off, since ${clockTime(startedAt, facts)}`)),
    line('GitHub: ', words(transport)),
    ...(backup === null
      ? []
      : [backup.at === null ? line('Backup: none yet') : line('Backup: ', atAndFromHere(backup.at, facts))]),
    line(disk === null ? '⚠ The disk cannot be looked at' : `Disk: ${sayBytes(disk.freeBytes)} free`),
  ];
}

/** What keeps Telegram from working; nothing where it works, which this very answer shows. */
function telegramLines({ telegram }: StatusAnswer, facts: TellFacts): Line[] {
  if (telegram === null) return [];
  const { trouble, closedChats, quarantinedUpdates } = telegram;
  return [
    ...(trouble === null ? [] : [line(`⚠ Since ${clockTime(trouble.at, facts)}: `, brief(trouble.text, 300))]),
    ...closedChats
      .slice(0, 5)
      .map(({ chat, why }) => line('⚠ Nothing can be sent to ', code(chat), ': ', brief(why, 120))),
    ...(quarantinedUpdates > 0 ? [line(`⚠ ${counted(quarantinedUpdates, 'update')} put aside after three tries`)] : []),
  ];
}

const standstill = ({ paused, acceptance }: StatusAnswer): string => {
  if (acceptance !== null) return '⊘ Nothing starts: the store must be accepted';
  return paused === null ? '✓ Gaia works' : '❚❚ Gaia is paused';
};

const because = (reason: string | null) => (reason ? [{ text: ': ' }, ...brief(reason, 200)] : []);

/** `/audit`: the latest events, the newest first, or all that happened to one request. */
export function auditText(
  {
    events,
    request,
    seal,
  }: { events: readonly EventAnswer[]; request?: Pick<RequestAnswer, 'id'>; seal?: string | null },
  facts: TellFacts,
): Text {
  const title = request === undefined ? 'The latest in the log' : `What happened to ${request.id}`;
  return told([
    line(bold(title)),
    ...(events.length === 0 ? [line('Nothing yet.')] : events.map((event) => eventLine(event, facts))),
    ...(seal ? [gap, line('A seal: it proves later that the log was not rewritten.'), line(code(seal))] : []),
  ]);
}

function eventLine(event: EventAnswer, facts: TellFacts): Line {
  const [kind, id] = event.subject.split(':', 2);
  return line(
    `${clockTime(event.at, facts)} `,
    ...(speaksForItself(event.action) ? [] : [actorName(event.actor, facts.names), ' ']),
    brief(eventWords(event), 120),
    ...(kind === 'request' && id ? [` · `, brief(id, 20)] : []),
  );
}

/** `/console`: a link that signs in once. It stands as a plain link; previews must be off, or Telegram would open it. */
export const consoleText = ({ url, expiresAt }: { url: string; expiresAt: number }, facts: TellFacts): Text =>
  told([
    line('Open this and press Sign in:'),
    line(url),
    line('It works once, for you alone, until ', atAndFromHere(expiresAt, facts), '.'),
  ]);

import { executionWords } from '../../core/approval/words.ts';
import { sayBytes } from '../../core/metrics/metrics.ts';
import { counted } from '../../core/text/count.ts';
import { visible } from '../../core/text/visible.ts';
import type { PausedAnswer, StatusAnswer } from '../../core/wire/answers-status.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { fields, wrapped } from '../text/table.ts';
import { span } from '../text/times.ts';

export async function status(cli: Cli): Promise<Exit> {
  const found = await cli.client('looker').status();
  cli.answer(found, statusText(cli, found));
  return exits.done;
}

function statusText(cli: Cli, found: StatusAnswer): string[] {
  const times = cli.times();
  const { paused, acceptance, log, oldestPendingSeconds } = found;
  const counts = (of: Record<string, number>) =>
    Object.entries(of)
      .filter(([, count]) => count > 0)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ') || 'none';
  return fields([
    ['Gaia', `${visible(found.version)} at ${cli.settings.url}, started ${times.at(found.startedAt)}`],
    ['store', `${found.store}, generation ${found.generation}`],
    ['execution', executionText(cli, found)],
    [
      'paused',
      paused === null
        ? undefined
        : cli.paint(
            'yellow',
            `${times.at(paused.at)}, by ${visible(paused.by)}${paused.reason === null ? '' : `: ${visible(paused.reason)}`}`,
          ),
    ],
    ['acceptance', acceptance === null ? undefined : cli.paint('red', visible(acceptance))],
    ['requests', counts(found.requests)],
    [
      'oldest',
      oldestPendingSeconds === null ? undefined : `has waited for a decision for ${span(oldestPendingSeconds * 1000)}`,
    ],
    [
      'unknown',
      found.requests.unknown
        ? cli.paint('red', `${counted(found.requests.unknown, 'outcome')} nobody knows: gaia list --state unknown`)
        : undefined,
    ],
    ['deliveries', counts(found.deliveries)],
    ...telegramFields(cli, found),
    ...operatingFields(cli, found),
    ['approvers', found.people.approvers.map(visible).join(', ') || 'nobody'],
    ['policy', `${found.policy.rules} rules, digest ${found.policy.digest.slice(0, 12)}`],
    [
      'log',
      `${log.seq} events, the last ${times.at(log.at)}, ${log.lastSealSeq === null ? 'not sealed yet' : `sealed up to ${log.lastSealSeq}`}`,
    ],
    ['boundary', wrapped(visible(found.trustBoundary), 90)],
    ['next', cli.paint('bold', visible(found.next))],
  ]);
}

function executionText(cli: Cli, status: StatusAnswer): string {
  const words = visible(executionWords(status));
  return status.execution === 'none' ? cli.paint('red', words) : words;
}

function operatingFields(cli: Cli, { operations }: StatusAnswer): [string, string | string[] | undefined][] {
  if (operations === undefined) return [];
  const { alerts, silences, owed, dead, executing, unknown, schedules, backup, disk, transport } = operations;
  const times = cli.times();
  const aged = ({ count, oldestSeconds }: typeof owed) =>
    count === 0
      ? undefined
      : `${count}${oldestSeconds === null ? '' : `, the oldest for ${span(oldestSeconds * 1000)}`}`;
  return [
    ['owed', aged(owed)],
    ['failed', aged(dead)],
    ['running', aged(executing)],
    ['unknown', unknown === 0 ? undefined : cli.paint('red', `${unknown} requests whose outcome nobody knows`)],
    [
      'alerts',
      alerts.length === 0
        ? 'none fires'
        : alerts.map(({ name, state, summary }) =>
            cli.paint('red', `${name} ${state === 'firing' ? 'fires' : 'has no data'}: ${visible(summary)}`),
          ),
    ],
    ['silenced', silences.map(({ alert, until, by }) => `${alert} until ${times.clock(until)} by ${visible(by)}`)],
    ['github', wrapped(visible(transport), 90)],
    ['backup', backup === null ? 'PostgreSQL: with pg_dump' : backup.at === null ? 'none yet' : times.at(backup.at)],
    [
      'disk',
      disk === null
        ? cli.paint('yellow', 'cannot be looked at')
        : `${sayBytes(disk.freeBytes)} of ${sayBytes(disk.totalBytes)} free`,
    ],
    [
      'by the clock',
      schedules.map(({ name, dueAt, startedAt, endedAt, outcome, said }) => {
        const last =
          endedAt === null
            ? startedAt === null
              ? 'not run yet'
              : `runs, or was cut off, since ${times.clock(startedAt)}`
            : `${outcome} ${times.clock(endedAt)}${said ? ` (${visible(said)})` : ''}`;
        return `${name}: ${outcome === 'failed' ? cli.paint('red', last) : last}; next ${times.clock(dueAt)}`;
      }),
    ],
  ];
}

function telegramFields(cli: Cli, { telegram }: StatusAnswer): [string, string | undefined][] {
  if (telegram === null) return [];
  const { trouble, heardAt, closedChats, quarantinedUpdates } = telegram;
  const times = cli.times();
  const heard = heardAt === null ? 'not heard yet' : `heard ${times.at(heardAt)}`;
  return [
    [
      'telegram',
      trouble === null ? heard : cli.paint('red', `${visible(trouble.text)} (since ${times.at(trouble.at)})`),
    ],
    ...closedChats.map(({ chat, why }): [string, string] => [
      'closed chat',
      cli.paint('yellow', `${visible(chat)}: ${visible(why)}`),
    ]),
    [
      'put aside',
      quarantinedUpdates === 0
        ? undefined
        : cli.paint('yellow', `${quarantinedUpdates} updates (taps, messages) that could not be carried out`),
    ],
  ];
}

export async function pause(cli: Cli, { reason, kill = false }: { reason?: string; kill?: boolean }): Promise<Exit> {
  const answer = await cli.client('operator').pause({ ...(reason !== undefined && { reason }), kill });
  return tell(cli, answer, kill ? ' Running commands are told to end.' : '');
}

export async function resume(cli: Cli, { acceptGeneration }: { acceptGeneration?: boolean }): Promise<Exit> {
  return tell(cli, await cli.client('operator').resume({ acceptGeneration: acceptGeneration === true }));
}

function tell(cli: Cli, answer: PausedAnswer, killed = ''): Exit {
  cli.answer(answer, [
    answer.paused
      ? `Paused: nothing new starts; decisions go on.${killed} Go on: gaia resume`
      : `Things may start (generation ${answer.generation}).`,
  ]);
  return exits.done;
}

export async function seal(cli: Cli): Promise<Exit> {
  const answer = await cli.client('administrator').seal();
  cli.answer(answer, [answer.seal ?? 'The log is empty: there is nothing to seal.']);
  return exits.done;
}

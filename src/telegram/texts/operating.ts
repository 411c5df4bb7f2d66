import type { Control } from '../../core/delivery/control.ts';
import type { AlertMessage, NamedDelivery, RequeuedMessage } from '../../core/delivery/delivery.ts';
import { requeueAllWords, saysBeyond } from '../../core/delivery/requeue.ts';
import { findMetric, sayValue } from '../../core/metrics/metrics.ts';
import { counted } from '../../core/text/count.ts';
import { duration } from '../../core/text/times.ts';
import type { AlertAnswer, FailedAnswer } from '../../core/wire/answers-operating.ts';
import { buttonFor, type Keyboard } from '../cards/keyboard.ts';
import type { TellFacts } from './commands.ts';
import { actorName } from './names.ts';
import { bold, brief, code, gap, type Line, line, type Text } from './text.ts';
import { atAndFromHere, clockTime } from './times.ts';
import { told } from './told.ts';

type Refer = (control: Control) => string;
type WithKeyboard = Text & { keyboard: Keyboard };

/** Messages that an answer to /failed names, each with its buttons. */
export const failedAtOnce = 6;

/** The buttons that an answer to /failed can have. */
export const failedControls = ({ failed }: FailedAnswer): Control[] => [
  ...failed.flatMap(({ id }): Control[] => [
    { kind: 'requeue', id },
    { kind: 'discard', id },
  ]),
  { kind: 'requeue_all' },
];

/** `/failed`: what could not be delivered, why, and what can be done. */
export function failedText({ failed, total }: FailedAnswer, facts: TellFacts, refer: Refer): WithKeyboard {
  if (total === 0)
    return { ...told([line('✓ Nothing failed: every message arrived or is still being tried.')]), keyboard: [] };
  const text = told([
    line(bold(`✕ ${counted(total, 'message')} could not be delivered`)),
    ...failed.flatMap(({ index, id, what, error, lives, diedAt }) => [
      gap,
      line(`${index}. `, code(id), ' ', brief(what, 80)),
      line(brief(error ?? 'It is not known why.', 200)),
      line(
        'given up ',
        ...(diedAt === null ? [] : atAndFromHere(diedAt, facts)),
        lives > 1 ? `, tried ${lives} times over` : '',
      ),
    ]),
    ...(total > failed.length ? [gap, line(`and ${total - failed.length} more: gaia failed`)] : []),
    gap,
    line('Again: /requeue ID or /requeue all. Close one for good: /discard ID reason'),
  ]);
  const keyboard = [
    ...failed.map(({ id }) => [
      buttonFor(`↻ Requeue ${id}`, refer({ kind: 'requeue', id }), 'primary'),
      buttonFor(`✕ Discard ${id}`, refer({ kind: 'discard', id }), 'danger'),
    ]),
    ...(total > 1 ? [[buttonFor(`↻ ${requeueAllWords(total)}`, refer({ kind: 'requeue_all' }), 'primary')]] : []),
  ];
  return { ...text, keyboard };
}

const namesAtMost = 20;
const listed = (deliveries: readonly NamedDelivery[]): Line[] => [
  ...deliveries.slice(0, namesAtMost).map(({ id, what }) => line('· ', code(id), ' ', brief(what, 80))),
  ...(deliveries.length > namesAtMost ? [line(`and ${deliveries.length - namesAtMost} more`)] : []),
];

/** What was given another life, and what was left, and why. */
export const requeuedLines = (
  { by, requeued, left, ...beyond }: Omit<RequeuedMessage, 'about'>,
  { names }: TellFacts,
): Line[] => [
  line(bold(`↻ ${counted(requeued.length, 'message')} requeued`), ' by ', actorName(by, names)),
  ...listed(requeued),
  ...(left.length === 0 ? [] : [line(bold(`${left.length + (beyond.unnamed ?? 0)} left`))]),
  ...left
    .slice(0, namesAtMost)
    .map(({ id, what, because }) => line('· ', code(id), ' ', brief(what, 60), ': ', brief(because, 120))),
  ...(left.length > namesAtMost
    ? [line(`and ${left.length + (beyond.unnamed ?? 0) - namesAtMost} more: /failed`)]
    : []),
  ...saysBeyond({ ...beyond, unnamed: 0 }, '/requeue all').map((sentence) => line(sentence)),
];

export const discardedLines = (
  { by, delivery, reason }: { by: string; delivery: NamedDelivery; reason: string },
  { names }: TellFacts,
): Line[] => [
  line(bold('✕ Closed for good'), ' by ', actorName(by, names)),
  line('· ', code(delivery.id), ' ', brief(delivery.what, 80)),
  line('Reason: ', brief(reason, 300)),
];

export const silencedLines = (
  { by, alert, until, reason }: { by: string; alert: string; until: number | null; reason: string | null },
  facts: TellFacts,
): Line[] => [
  until === null
    ? line(bold(`🔔 ${alert} may speak again`), ', says ', actorName(by, facts.names))
    : line(bold(`🔕 ${alert} is silenced`), ` until ${clockTime(until, facts)} by `, actorName(by, facts.names)),
  ...(reason === null || reason === '' ? [] : [line('Reason: ', brief(reason, 300))]),
];

export const silenceFor = (alert: string): Control => ({ kind: 'silence', alert, seconds: 3_600 });

/** What a message about an alert is told beside itself. */
export interface AlertFacts extends TellFacts {
  /** the last hour as a line of bars */
  chart: string;
  /** what is read now, where it still fires */
  present: { value: number | null; isFiring: boolean } | null;
  runbook: string | null;
  refer: Refer;
}

/** A change of an alert. The message of a firing one shows how it stands, and says so when it is over. */
export function alertText(message: AlertMessage, facts: AlertFacts): WithKeyboard {
  const { name, change, value, at, firedAt, rule, fallback, because } = message;
  const cameLate = (change === 'firing' || change === 'repeat') && facts.present?.isFiring === false;
  const isOver = change === 'resolved' || cameLate || (change === 'edit' && facts.present?.isFiring !== true);
  const unit = findMetric(rule.metric)?.unit ?? 'count';
  const shown = change === 'edit' && !isOver ? (facts.present?.value ?? value) : value;
  const head = isOver
    ? cameLate
      ? '✓ Fired, over by now'
      : '✓ Resolved'
    : change === 'no_data'
      ? '? No data'
      : `${rule.severity === 'critical' ? '‼' : '!'} ${change === 'repeat' ? 'Still firing' : 'Firing'}`;
  const since = firedAt ?? at;
  const text = told([
    line(bold(`${head}: ${name}`)),
    ...(isOver ? [] : [line(change === 'no_data' ? 'What it watches cannot be read.' : rule.summary)]),
    line(
      `${rule.metric}${rule.windowMs === undefined ? '' : ` in ${duration(rule.windowMs)}`}: ${sayValue(shown, unit)}`,
      ` (limit ${sayValue(rule.limit, unit)})`,
    ),
    ...(facts.chart === '' || isOver ? [] : [line(facts.chart)]),
    isOver && firedAt !== null
      ? line(
          `It fired from ${clockTime(firedAt, facts)}`,
          change === 'resolved' ? ` to ${clockTime(at, facts)}, ${duration(Math.max(0, at - firedAt))}.` : '.',
        )
      : line(`Since ${clockTime(since, facts)}`),
    ...(because === undefined ? [] : [line('Over because ', because)]),
    ...(facts.runbook === null || isOver ? [] : [line('What to do: ', code(facts.runbook))]),
    ...(fallback === undefined ? [] : [line('Told here because ', brief(fallback, 200))]),
  ]);
  const keyboard = isOver ? [] : [[buttonFor('🔕 Silence 1 h', facts.refer(silenceFor(name)))]];
  return { ...text, keyboard };
}

/** Alerts that an answer to /alerts names with a button. */
export const speakingAlerts = (alerts: readonly AlertAnswer[]): AlertAnswer[] =>
  alerts
    .filter(({ state, silencedUntil }) => ['firing', 'no_data'].includes(state) && silencedUntil === null)
    .slice(0, 8);

const signs: Record<AlertAnswer['state'], string> = {
  firing: '‼',
  no_data: '?',
  pending: '…',
  resolved: '✓',
  inactive: '✓',
};

/** `/alerts`: how every alert stands, the worst first. */
export function alertsText(alerts: readonly AlertAnswer[], facts: TellFacts, refer: Refer): WithKeyboard {
  const quiet = alerts.filter(({ state }) => state === 'inactive');
  const others = alerts.filter(({ state }) => state !== 'inactive');
  const firing = alerts.filter(({ state }) => state === 'firing').length;
  const text = told([
    line(bold(firing === 0 ? '✓ No alert fires' : `‼ ${counted(firing, 'alert')} firing`)),
    ...others.flatMap(({ name, state, since, summary, metric, shown, chart, silencedUntil }) => [
      gap,
      line(
        bold(`${signs[state]} ${name}`),
        ` ${state === 'no_data' ? 'cannot be read' : state}`,
        since === null ? '' : ` since ${clockTime(since, facts)}`,
      ),
      ...(state === 'resolved' ? [] : [line(brief(summary, 120))]),
      line(`${metric ?? ''}: ${shown} ${chart}`.trim()),
      ...(silencedUntil === null ? [] : [line(`🔕 silenced until ${clockTime(silencedUntil, facts)}`)]),
    ]),
    ...(quiet.length === 0
      ? []
      : [
          gap,
          line(
            `Quiet: ${quiet.map(({ name, silencedUntil }) => `${name}${silencedUntil === null ? '' : ' 🔕'}`).join(', ')}`,
          ),
        ]),
    gap,
    line('Quiet for a while: /silence NAME 1h. Again: /silence NAME off'),
  ]);
  const keyboard = speakingAlerts(alerts).map(({ name }) => [
    buttonFor(`🔕 Silence ${name} 1 h`, refer(silenceFor(name))),
  ]);
  return { ...text, keyboard };
}

/** The seal of the day: whoever keeps this message can tell later whether the log was rewritten. */
export const sealText = (seal: string | null): Text =>
  told(
    seal === null
      ? [line('The log is empty: there is nothing to seal yet.')]
      : [
          line(bold('The log, sealed')),
          line('Kept here, it proves later that the log was not rewritten: gaia audit verify --seal TEXT'),
          line(code(seal)),
        ],
  );

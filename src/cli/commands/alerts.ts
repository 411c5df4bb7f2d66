import { GaiaProblem, GaiaUnreachable } from '../../client/problem.ts';
import { parseDuration } from '../../core/policy/duration.ts';
import { visible } from '../../core/text/visible.ts';
import type { AlertAnswer, AlertCheckAnswer } from '../../core/wire/answers-operating.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { CheckOptions } from '../operations.ts';
import { table } from '../text/table.ts';

export async function list(cli: Cli): Promise<Exit> {
  const answer = await cli.client('looker').listAlerts();
  const times = cli.times();
  const rows = answer.alerts.map((alert) => [
    alert.name,
    stateOf(cli, alert),
    alert.since === null || alert.state === 'inactive' ? '-' : times.clock(alert.since),
    alert.checkedAt === null ? '-' : alert.shown,
    alert.condition,
    alert.chart,
  ]);
  const pages = answer.alerts.filter(({ state, runbook }) => runbook !== null && ['firing', 'no_data'].includes(state));
  cli.answer(answer, [
    ...table(['ALERT', 'STATE', 'SINCE', 'VALUE', 'WRONG WHEN', 'LAST HOUR'], rows),
    ...pages.map(({ name, runbook }) => `${name}: what to do stands in ${runbook}`),
  ]);
  return exits.done;
}

function stateOf({ paint, times }: Cli, { state, silencedUntil }: AlertAnswer): string {
  const quiet = silencedUntil === null ? '' : ` (silenced until ${times().clock(silencedUntil)})`;
  if (state === 'firing') return `${paint('red', state)}${quiet}`;
  return `${state === 'no_data' ? paint('yellow', 'no data') : state}${quiet}`;
}

/** One look for cron. Where Gaia is down, what the store says is looked at, and that it is down is the answer. */
export async function check(cli: Cli, { dryRun, window, threshold }: CheckOptions): Promise<Exit> {
  const seconds = window === undefined ? 3_600 : parseDuration(window);
  if (seconds === undefined || seconds < 60)
    throw new GaiaProblem({
      status: 400,
      code: 'invalid_window',
      detail: 'That is no window.',
      remedy: 'Say a length from 1m: --window 30m',
    });
  try {
    const asked = {
      ...(window !== undefined && { window }),
      ...(threshold && { thresholds: threshold }),
      ...(dryRun && { dryRun }),
    };
    const answer = await cli.client('operator').checkAlerts(asked);
    cli.answer(answer, lines(cli, answer));
    return answer.firing ? exits.failed : exits.done;
  } catch (error) {
    if (!isDown(error)) throw error;
    const { checkOffline } = await import('../local/alerts-offline.ts');
    const answer = await checkOffline(cli, { windowMs: seconds * 1_000, thresholds: threshold ?? {} });
    cli.answer({ ...answer, down: true }, [
      cli.paint('red', 'Gaia is down.'),
      'What its store says:',
      ...lines(cli, answer),
    ]);
    return exits.unreachable;
  }
}

const isDown = (error: unknown): boolean =>
  error instanceof GaiaUnreachable || (error instanceof GaiaProblem && error.code === 'not_running');

const lines = ({ paint }: Cli, { firing, alerts }: AlertCheckAnswer): string[] =>
  [
    ...alerts
      .filter((alert) => alert.firing)
      .map(
        ({ name, shown, condition }) =>
          `${paint('red', 'FIRING')}  ${name}: ${shown} (wrong when ${visible(condition)})`,
      ),
    firing ? '' : `Quiet: ${alerts.length} looked at, none fires.`,
  ].filter((line) => line !== '');

export async function silence(
  cli: Cli,
  name: string,
  length: string | null,
  { reason }: { reason?: string; json?: boolean },
): Promise<Exit> {
  const { alert, until } = await cli.client('operator').silence(name, length, reason);
  cli.answer({ alert, until }, [
    until === null ? `${alert} may speak again.` : `${alert} is silenced until ${cli.times().clock(until)}.`,
  ]);
  return exits.done;
}

import { requeueAllWords } from '../../../core/delivery/requeue.ts';
import type { GaiaError } from '../../../core/errors.ts';
import { sayValue } from '../../../core/metrics/metrics.ts';
import { sparkline } from '../../../core/metrics/sparkline.ts';
import { counted } from '../../../core/text/count.ts';
import type { AlertAnswer, FailedAnswer, MetricsAnswer } from '../../../core/wire/answers-operating.ts';
import type { StatusAnswer } from '../../../core/wire/answers-status.ts';
import { Section } from '../components/command.tsx';
import { Csrf } from '../components/csrf.tsx';
import { Refused } from '../components/notice.tsx';
import type { PageFacts } from '../components/page.tsx';
import { Text } from '../components/text.tsx';
import { When } from '../components/time.tsx';
import type { Visit } from '../visit.ts';

interface OperationsFacts {
  visit: Visit;
  failed: FailedAnswer;
  alerts: readonly AlertAnswer[];
  metrics: MetricsAnswer['metrics'];
  status: StatusAnswer;
  refused?: GaiaError;
}

/** What an operator looks at, and what can be done about it. */
export const operationsPage = ({ visit, failed, alerts, metrics, status, refused }: OperationsFacts): PageFacts => ({
  title: 'Operations',
  visit,
  ...(refused ? {} : { live: '/operations' }),
  body: (
    <>
      <h1>Operations</h1>
      {refused ? <Refused because={refused} /> : null}
      <Failed failed={failed} visit={visit} />
      <Alerts alerts={alerts} visit={visit} />
      <Clock status={status} visit={visit} />
      <Measured metrics={metrics} />
    </>
  ),
});

const Failed = ({ failed: { failed, total }, visit }: { failed: FailedAnswer; visit: Visit }) => (
  <Section
    id="failed"
    title="Messages that could not be delivered"
    aside={total === 0 ? 'none' : counted(total, 'message')}
  >
    {total === 0 ? <p>Every message arrived or is still being tried.</p> : null}
    {total > 1 && visit.mayRequeue ? (
      <form method="post" action="/operations/requeue">
        <Csrf visit={visit} />
        <input type="hidden" name="all" value="yes" />
        <button type="submit">{requeueAllWords(total)}</button>
      </form>
    ) : null}
    <ul class="plain-list">
      {failed.map(({ id, what, error, lives, diedAt }) => (
        <li>
          <p>
            <strong>
              <Text of={id} />
            </strong>{' '}
            <Text of={what} />
            {diedAt === null ? null : (
              <>
                , given up <When at={diedAt} now={visit.now} />
              </>
            )}
            {lives > 1 ? `, tried ${lives} times over` : ''}
          </p>
          <p class="quiet">
            <Text of={error ?? 'It is not known why.'} />
          </p>
          {visit.mayRequeue ? (
            <form method="post" action="/operations/requeue">
              <Csrf visit={visit} />
              <input type="hidden" name="id" value={id} />
              <button type="submit">Requeue {id}</button>
            </form>
          ) : null}
          {visit.mayOperate ? (
            <details>
              <summary>Close it for good</summary>
              <form class="decide" method="post" action="/operations/discard">
                <Csrf visit={visit} />
                <input type="hidden" name="id" value={id} />
                <label for={`reason-${id}`}>Reason</label>
                <input id={`reason-${id}`} name="reason" type="text" maxlength={500} required autocomplete="off" />
                <button class="refuse" type="submit">
                  Discard {id}
                </button>
              </form>
            </details>
          ) : null}
        </li>
      ))}
    </ul>
  </Section>
);

const shownStates: Partial<Record<AlertAnswer['state'], string>> = { no_data: 'no data', inactive: 'quiet' };

const Alerts = ({ alerts, visit }: { alerts: readonly AlertAnswer[]; visit: Visit }) => (
  <Section id="alerts" title="Alerts" aside={`${alerts.filter(({ state }) => state === 'firing').length} firing`}>
    <ul class="plain-list">
      {alerts.map((alert) => (
        <li>
          <strong>{shownStates[alert.state] ?? alert.state}</strong> <Text of={alert.name} />
          {alert.state === 'inactive' ? null : (
            <>
              : <Text of={alert.summary} /> <Text of={`${alert.shown} ${alert.chart}`} />
              {alert.since === null ? null : (
                <>
                  {' '}
                  since <When at={alert.since} now={visit.now} />
                </>
              )}
            </>
          )}
          {alert.silencedUntil === null ? null : (
            <>
              , silenced until <When at={alert.silencedUntil} now={visit.now} />
            </>
          )}
          {alert.state === 'firing' && alert.runbook ? (
            <p class="quiet">
              What to do: <code>{alert.runbook}</code>
            </p>
          ) : null}
          {visit.mayOperate && (alert.state === 'firing' || alert.silencedUntil !== null) ? (
            <form method="post" action="/operations/silence">
              <Csrf visit={visit} />
              <input type="hidden" name="alert" value={alert.name} />
              <input type="hidden" name="for" value={alert.silencedUntil === null ? '1h' : 'off'} />
              <button type="submit">
                {alert.silencedUntil === null ? `Silence ${alert.name} for 1 h` : `Let ${alert.name} speak again`}
              </button>
            </form>
          ) : null}
        </li>
      ))}
    </ul>
  </Section>
);

const Clock = ({ status: { operations }, visit }: { status: StatusAnswer; visit: Visit }) =>
  operations === undefined ? null : (
    <Section id="clock" title="By the clock">
      <dl class="facts">
        {operations.schedules.map(({ name, dueAt, startedAt, endedAt, outcome, said }) => (
          <>
            <dt>
              <Text of={name} />
            </dt>
            <dd>
              {endedAt === null ? (
                startedAt === null ? (
                  'has not run yet'
                ) : (
                  <>
                    runs, or was cut off, since <When at={startedAt} now={visit.now} />
                  </>
                )
              ) : (
                <>
                  {outcome === 'failed' ? <strong>failed</strong> : 'done'} <When at={endedAt} now={visit.now} />
                  {said ? (
                    <>
                      : <Text of={said} />
                    </>
                  ) : null}
                </>
              )}
              ; next <When at={dueAt} now={visit.now} />
            </dd>
          </>
        ))}
      </dl>
    </Section>
  );

const Measured = ({ metrics }: Pick<OperationsFacts, 'metrics'>) => (
  <Section id="metrics" title="Measured" aside="the last hour">
    <dl class="facts">
      {metrics.map(({ name, help, unit, value, history }) => (
        <>
          <dt>
            <Text of={name.replaceAll('_', ' ')} />
          </dt>
          <dd>
            {sayValue(value, unit)} <span aria-hidden="true">{sparkline(history.map((sample) => sample.value))}</span>{' '}
            <span class="quiet">
              <Text of={help} />
            </span>
          </dd>
        </>
      ))}
    </dl>
  </Section>
);

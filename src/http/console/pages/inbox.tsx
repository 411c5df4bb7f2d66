import { counted } from '../../../core/text/count.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { StatusAnswer } from '../../../core/wire/answers-status.ts';
import type { PageFacts } from '../components/page.tsx';
import { RequestRow } from '../components/row.tsx';
import { Standstill } from '../components/standstill.tsx';
import type { Visit } from '../visit.ts';

export interface InboxFacts {
  visit: Visit;
  status: StatusAnswer;
  /** the longest waiting first, as many as are shown */
  waiting: readonly RequestAnswer[];
  /** the latest first */
  ended: readonly RequestAnswer[];
}

/** What waits for people, and what was decided last. */
export function inboxPage({ visit, status, waiting, ended }: InboxFacts): PageFacts {
  const pending = Math.max(status.requests.pending ?? 0, waiting.length);
  return {
    title: pending > 0 ? `(${pending}) Inbox` : 'Inbox',
    visit,
    live: '/',
    announce:
      pending === 0
        ? 'Nothing waits for a decision.'
        : `${counted(pending, 'request')} ${pending === 1 ? 'waits' : 'wait'} for a decision.`,
    body: (
      <>
        <Standstill status={status} visit={visit} />
        <h1>
          Inbox{' '}
          <span class="count">
            {pending === 0 ? 'nothing waits' : `${pending.toLocaleString('en')} waiting, the longest first`}
          </span>
        </h1>
        {waiting.length > 0 ? (
          <ul class="rows">
            {waiting.map((answer) => (
              <RequestRow answer={answer} visit={visit} />
            ))}
          </ul>
        ) : (
          <div class="empty">
            <p>Nothing waits for you.</p>
            <p class="quiet">
              What agents ask for appears here by itself. To try it, type in a terminal:{' '}
              <code>npx gaia request command -- echo hello</code>
            </p>
          </div>
        )}
        {pending > waiting.length ? (
          <p>
            <a class="button" href="/requests?state=pending">
              {pending - waiting.length} more
            </a>
          </p>
        ) : null}
        {ended.length > 0 ? (
          <section aria-labelledby="ended-title">
            <h2 id="ended-title">Lately ended</h2>
            <ul class="rows ended">
              {ended.map((answer) => (
                <RequestRow answer={answer} visit={visit} />
              ))}
            </ul>
          </section>
        ) : null}
      </>
    ),
  };
}

import type { EventAnswer } from '../../../core/wire/answers-log.ts';
import { Hash } from '../components/hash.tsx';
import { EventSentence } from '../components/history.tsx';
import type { PageFacts } from '../components/page.tsx';
import { Lines, Text } from '../components/text.tsx';
import { When } from '../components/time.tsx';
import type { Visit } from '../visit.ts';

export interface LogFacts {
  visit: Visit;
  events: readonly EventAnswer[];
  next: number | null;
  subject: string | undefined;
  action: string | undefined;
  before: number | undefined;
}

/** A detail longer than this many characters stands on a page of its own. */
const detailInline = 4_000;

/** The log, the newest first. */
export function logPage({ visit, events, next, subject, action, before }: LogFacts): PageFacts {
  const of = (facts: { before?: number | undefined }) => {
    const query = new URLSearchParams({
      ...(subject ? { subject } : {}),
      ...(action ? { action } : {}),
      ...(facts.before ? { before: String(facts.before) } : {}),
    });
    return `/log${query.size > 0 ? `?${query}` : ''}`;
  };
  return {
    title: 'Log',
    visit,
    // An older page never changes.
    ...(before === undefined ? { live: of({}) } : {}),
    body: (
      <>
        <h1>
          Log <span class="count">the newest first</span>
        </h1>
        <p class="quiet">
          Every line is chained to the one before. To check that nothing was changed or left out:{' '}
          <code>gaia audit verify</code>
        </p>
        <form class="filter" method="get" action="/log">
          <label for="subject">Subject</label>
          <input
            id="subject"
            name="subject"
            type="text"
            value={subject ?? ''}
            placeholder="request:r-…"
            autocomplete="off"
            spellcheck={false}
          />
          <label for="action">Action</label>
          <input
            id="action"
            name="action"
            type="text"
            value={action ?? ''}
            placeholder="request."
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit">Show</button>
        </form>
        {events.length === 0 ? <p class="empty">There are none.</p> : null}
        <ol class="log">
          {events.map((event) => (
            <li>
              <Line event={event} visit={visit} />
              <Detail event={event} />
            </li>
          ))}
        </ol>
        {next !== null || before !== undefined ? (
          <p class="pager">
            {before !== undefined ? (
              <a class="button" href={of({})}>
                To the newest
              </a>
            ) : null}
            {next !== null ? (
              <a class="button" href={of({ before: next })}>
                Older
              </a>
            ) : null}
          </p>
        ) : null}
      </>
    ),
  };
}

/** One event, whole. */
export const eventPage = ({ visit, event }: { visit: Visit; event: EventAnswer }): PageFacts => ({
  title: `Event ${event.seq}`,
  visit,
  body: (
    <>
      <h1>Event {event.seq}</h1>
      <div class="panel">
        <Line event={event} visit={visit} />
        <dl class="facts">
          <dt>Hash</dt>
          <dd>
            <code class="long">{event.hash}</code>
          </dd>
          <dt>Trace</dt>
          <dd>
            <code>
              <Text of={event.traceId} />
            </code>
          </dd>
          <dt>By way of</dt>
          <dd>
            <Text of={event.source} />
          </dd>
        </dl>
        <h2>Detail</h2>
        {event.detail === null ? <Dropped /> : <Lines of={JSON.stringify(event.detail, null, 1)} label="Detail" />}
      </div>
      <p>
        <a class="button" href="/log">
          To the log
        </a>
      </p>
    </>
  ),
});

const Line = ({ event, visit }: { event: EventAnswer; visit: Visit }) => (
  <>
    <p class="log-line">
      <a class="seq" href={`/log/${event.seq}`}>
        {event.seq}
      </a>{' '}
      <code class="action">
        <Text of={event.action} />
      </code>{' '}
      <Subject of={event.subject} />
    </p>
    <p>
      <EventSentence event={event} visit={visit} />
    </p>
    <p class="quiet">
      <When at={event.at} now={visit.now} />
    </p>
  </>
);

const Subject = ({ of }: { of: string }) => {
  const id = /^request:(r-[0-9A-Z]{6})$/.exec(of)?.[1];
  return id === undefined ? (
    <code>
      <Text of={of} />
    </code>
  ) : (
    <a href={`/requests/${id}`}>
      <code>{of}</code>
    </a>
  );
};

const Detail = ({ event }: { event: EventAnswer }) => {
  if (event.detail === null) return <Dropped />;
  const written = JSON.stringify(event.detail, null, 1);
  if (written.length > detailInline) {
    return (
      <p>
        <a href={`/log/${event.seq}`}>Detail ({written.length.toLocaleString('en')} characters)</a>
      </p>
    );
  }
  return (
    <details id={`detail-${event.seq}`}>
      <summary>Detail</summary>
      <p class="quiet">
        Hash <Hash of={event.hash} />
      </p>
      <Lines of={written} label={`Detail of event ${event.seq}`} />
    </details>
  );
};

const Dropped = () => (
  <p class="quiet">Its detail was dropped when its time was over; the chain still holds its hash.</p>
);

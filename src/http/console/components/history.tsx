import { eventWords, speaksForItself } from '../../../core/audit/event-words.ts';
import { capitalised, counted } from '../../../core/text/count.ts';
import type { EventAnswer } from '../../../core/wire/answers-log.ts';
import type { Visit } from '../visit.ts';
import { actorWords } from '../words.ts';
import { Text } from './text.tsx';
import { When } from './time.tsx';

/** What the log says of a subject, oldest first. Repeated asking is one line, so that it hides nothing else. */
export const History = ({ events, visit }: { events: readonly EventAnswer[]; visit: Visit }) => (
  <ol class="history">
    {folded(events).map(({ event, last, times }) => (
      <li>
        <p>
          <EventSentence event={event} visit={visit} />
          {times > 1 ? ` (${counted(times, 'time')})` : null}
        </p>
        <p class="quiet">
          <When at={last.at} now={visit.now} /> · <a href={`/log/${event.seq}`}>event {event.seq}</a>
          {times > 1 ? (
            <>
              {' '}
              to <a href={`/log/${last.seq}`}>{last.seq}</a>
            </>
          ) : null}
        </p>
      </li>
    ))}
  </ol>
);

/** Who did what, or what came of it. */
export const EventSentence = ({ event, visit }: { event: EventAnswer; visit: Visit }) =>
  speaksForItself(event.action) ? (
    <Text of={capitalised(eventWords(event))} />
  ) : (
    <>
      <strong>
        <Text of={capitalised(actorWords(event.actor, visit))} />
      </strong>{' '}
      <Text of={eventWords(event)} />
    </>
  );

interface Entry {
  event: EventAnswer;
  last: EventAnswer;
  times: number;
}

function folded(events: readonly EventAnswer[]): Entry[] {
  const entries: Entry[] = [];
  for (const event of events) {
    const before = entries.at(-1);
    const repeats = event.action === 'request.joined' && before?.event.action === event.action;
    if (repeats && before.event.actor === event.actor) {
      before.last = event;
      before.times += 1;
    } else entries.push({ event, last: event, times: 1 });
  }
  return entries;
}

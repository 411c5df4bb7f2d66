import { eventWords } from '../../../core/audit/event-words.ts';
import { capitalised } from '../../../core/text/count.ts';
import type { EventAnswer } from '../../../core/wire/answers.ts';
import type { Visit } from '../visit.ts';
import { actorWords } from '../words.ts';
import { Text } from './text.tsx';
import { When } from './time.tsx';

/** What the log says of a subject, oldest first. */
export const History = ({ events, visit }: { events: readonly EventAnswer[]; visit: Visit }) => (
  <ol class="history">
    {events.map((event) => (
      <li>
        <p>
          <strong>
            <Text of={capitalised(actorWords(event.actor, visit))} />
          </strong>{' '}
          <Text of={eventWords(event)} />
        </p>
        <p class="quiet">
          <When at={event.at} now={visit.now} /> · <a href={`/log/${event.seq}`}>event {event.seq}</a>
        </p>
      </li>
    ))}
  </ol>
);

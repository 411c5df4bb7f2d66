import type { StatusAnswer } from '../../../core/wire/answers-status.ts';
import type { Visit } from '../visit.ts';
import { actorWords } from '../words.ts';
import { Text, Words } from './text.tsx';
import { Ago } from './time.tsx';

/** Says that nothing starts, and why; nothing where things run. */
export const Standstill = ({ status: { paused, acceptance, now }, visit }: { status: StatusAnswer; visit: Visit }) => (
  <>
    {acceptance !== null ? (
      <div class="notice bad">
        <p>
          <span aria-hidden="true">⊘</span> <strong>Nothing starts until an operator has accepted the store.</strong>
        </p>
        <p>
          <Words of={acceptance} />
        </p>
        <p>
          <a href="/status">To the status page</a>
        </p>
      </div>
    ) : null}
    {paused !== null ? (
      <div class="notice waiting">
        <p>
          <span aria-hidden="true">❚❚</span> <strong>Gaia is paused: decisions go on, nothing new starts.</strong>
        </p>
        <p>
          By <Text of={actorWords(paused.by, { personId: '', names: visit.names })} />, <Ago at={paused.at} now={now} />
          {paused.reason ? (
            <>
              : “<Text of={paused.reason} />”
            </>
          ) : null}
          . <a href="/status">To the status page</a>
        </p>
      </div>
    ) : null}
  </>
);

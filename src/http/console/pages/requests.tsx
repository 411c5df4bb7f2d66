import { type RequestState, requestStates } from '../../../core/approval/states.ts';
import { stateWords } from '../../../core/approval/words.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { PageFacts } from '../components/page.tsx';
import { RequestRow } from '../components/row.tsx';
import type { Visit } from '../visit.ts';

export interface RequestsFacts {
  visit: Visit;
  requests: readonly RequestAnswer[];
  next: string | null;
  state: RequestState | undefined;
  cursor: string | undefined;
}

/** States that this form of Gaia can reach; the filter offers no others. */
const offered = requestStates.filter((state) => !['executing', 'unknown', 'released', 'recorded'].includes(state));

/** All requests, the newest first. */
export function requestsPage({ visit, requests, next, state, cursor }: RequestsFacts): PageFacts {
  const of = (facts: Record<string, string | undefined>) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(facts)) if (value) query.set(name, value);
    return `/requests${query.size > 0 ? `?${query}` : ''}`;
  };
  return {
    title: 'Requests',
    visit,
    live: of({ state, cursor }),
    body: (
      <>
        <h1>
          Requests <span class="count">the newest first</span>
        </h1>
        <form class="filter" method="get" action="/requests">
          <label for="state">State</label>
          <select id="state" name="state">
            <option value="">all</option>
            {offered.map((name) => (
              <option value={name} selected={name === state}>
                {stateWords[name].word}
              </option>
            ))}
          </select>
          <button type="submit">Show</button>
        </form>
        {requests.length === 0 ? <p class="empty">There are none.</p> : null}
        <ul class="rows">
          {requests.map((answer) => (
            <RequestRow answer={answer} visit={visit} />
          ))}
        </ul>
        {next !== null || cursor !== undefined ? (
          <p class="pager">
            {cursor !== undefined ? (
              <a class="button" href={of({ state })}>
                To the newest
              </a>
            ) : null}
            {next !== null ? (
              <a class="button" href={of({ state, cursor: next })}>
                Older
              </a>
            ) : null}
          </p>
        ) : null}
      </>
    ),
  };
}

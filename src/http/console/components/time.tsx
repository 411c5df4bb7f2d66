import { createContext, useContext } from 'hono/jsx';
import { absoluteTime, relativeTime } from '../../../core/text/times.ts';

/** The zone in which exact times are shown, by its IANA name. */
export const TimeZone = createContext('UTC');

/** An exact time in words, without its distance. */
export const Exact = ({ at }: { at: number }) => <>{absoluteTime(at, useContext(TimeZone))}</>;

/** An instant, by its distance; the exact time is its title. */
export const Ago = ({ at, now }: { at: number; now: number }) => (
  <time datetime={new Date(at).toISOString()} title={absoluteTime(at, useContext(TimeZone))} data-relative>
    {relativeTime(at, now)}
  </time>
);

/** An instant, by its distance and exactly. */
export const When = ({ at, now }: { at: number; now: number }) => (
  <span class="when">
    <Ago at={at} now={now} />{' '}
    <span class="exact">
      <Exact at={at} />
    </span>
  </span>
);

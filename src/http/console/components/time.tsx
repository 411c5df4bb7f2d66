import { absoluteTime, relativeTime } from '../times.ts';

/** An instant, by its distance; the exact time is its title. */
export const Ago = ({ at, now }: { at: number; now: number }) => (
  <time datetime={new Date(at).toISOString()} title={absoluteTime(at)} data-relative>
    {relativeTime(at, now)}
  </time>
);

/** An instant, by its distance and exactly. */
export const When = ({ at, now }: { at: number; now: number }) => (
  <span class="when">
    <Ago at={at} now={now} /> <span class="exact">{absoluteTime(at)}</span>
  </span>
);

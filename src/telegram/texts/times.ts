import { relativeTime } from '../../core/text/times.ts';
import { type Piece, passing, plain } from './text.ts';

/** Whose clock the readers go by. `now`: milliseconds since 1970 UTC; `timeZone`: an IANA name. */
export interface Clock {
  now: number;
  timeZone: string;
}

/** `14:32 UTC`, and `22 Nov 14:32 UTC` where it is another day. */
export function clockTime(at: number, { now, timeZone }: Clock): string {
  const { day, time, zone } = partsOf(at, timeZone);
  return `${day === partsOf(now, timeZone).day ? '' : `${day} `}${time} ${zone}`;
}

/** An instant as the clock tells it, and from here. What is told from here passes, and is never sent again for it. */
export const atAndFromHere = (at: number, clock: Clock): Piece[] => [
  plain(clockTime(at, clock)),
  passing(` (${relativeTime(at, clock.now)})`),
];

function partsOf(at: number, timeZone: string): { day: string; time: string; zone: string } {
  const parts = Object.fromEntries(
    formatIn(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: `${parts.day} ${parts.month}`,
    time: `${parts.hour}:${parts.minute}`,
    zone: parts.timeZoneName ?? timeZone,
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  formats.set(timeZone, made);
  return made;
}

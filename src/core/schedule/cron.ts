/** The five fields of a cron expression, each as the set of what fits. */
interface Cron {
  minute: ReadonlySet<number>;
  hour: ReadonlySet<number>;
  day: ReadonlySet<number>;
  month: ReadonlySet<number>;
  weekday: ReadonlySet<number>;
  /** whether a day must fit by its date and its weekday alike; of two that are given, cron takes either */
  daysByBoth: boolean;
}

const minuteMs = 60_000;
/** A schedule that does not fit within four years never does. */
const farthestMs = 4 * 366 * 86_400_000;

/**
 * The first instant after another at which a cron expression fits, by the clock of a time zone. A time of day
 * that a clock skips comes at the instant after the skip; of one that it repeats the first counts. Undefined where it never
 * fits.
 */
export function nextDueAt(expression: string, timeZone: string, after: number): number | undefined {
  const cron = parseCron(expression);
  const clock = clockIn(timeZone);
  const everyHour = cron.hour.size === 24; // it counts instants, not times of day
  let at = (Math.floor(after / minuteMs) + 1) * minuteMs;
  const last = after + farthestMs;
  while (at <= last) {
    const skipped = everyHour ? undefined : skippedBefore(clock, at);
    if (skipped && fits(cron, skipped)) return at;
    const { minute, hour, day, month, weekday } = clock(at);
    const dayFits = dayFitsOf(cron, day, weekday);
    const nextHour = (60 - minute) * minuteMs;
    // to an hour before midnight, and on by hours: a day may have 23 or 25 of them
    if (!cron.month.has(month) || !dayFits) at += nextHour + Math.max(0, 22 - hour) * 60 * minuteMs;
    else if (!cron.hour.has(hour)) at += nextHour;
    else if (!cron.minute.has(minute)) at += minuteMs;
    else if (!everyHour && isRepeated(clock, at)) at += minuteMs;
    else return at;
  }
  return undefined;
}

const hourMs = 60 * minuteMs;
type Clock = ReturnType<typeof clockIn>;
type Time = ReturnType<Clock>;

const minutesOf = ({ hour, minute }: Time): number => hour * 60 + minute;

/** The times of day that a clock skipped just before an instant at the full hour; undefined where it skipped none. */
function skippedBefore(clock: Clock, at: number): Time[] | undefined {
  if (at % (hourMs / 2) !== 0) return undefined; // zones change by hours and half hours
  const before = clock(at - minuteMs);
  const present = clock(at);
  const first = (minutesOf(before) + 1) % (24 * 60); // a clock may skip midnight, too
  const missing = minutesOf(present) - first;
  if (missing <= 0 || (present.day === before.day) !== first > 0) return undefined;
  return Array.from({ length: missing }, (_, n) => {
    const minutes = first + n;
    return { ...present, hour: Math.floor(minutes / 60), minute: minutes % 60 };
  });
}

const fits = (cron: Cron, times: readonly Time[]): boolean =>
  times.some(
    ({ minute, hour, day, month, weekday }) =>
      cron.minute.has(minute) && cron.hour.has(hour) && cron.month.has(month) && dayFitsOf(cron, day, weekday),
  );

/** Whether the clock showed the same time an hour (or half of one) before. */
const isRepeated = (clock: Clock, at: number): boolean =>
  [hourMs, hourMs / 2].some((ago) => {
    const before = clock(at - ago);
    const present = clock(at);
    return minutesOf(before) === minutesOf(present) && before.day === present.day;
  });

const dayFitsOf = (cron: Cron, day: number, weekday: number): boolean =>
  cron.daysByBoth ? cron.day.has(day) && cron.weekday.has(weekday) : cron.day.has(day) || cron.weekday.has(weekday);

/** @throws RangeError for what is no cron expression of five fields */
export function parseCron(expression: string): Cron {
  const parts = expression.trim().split(/\s+/);
  const [minute, hour, day, month, weekday] = parts;
  if (parts.length !== 5 || !minute || !hour || !day || !month || !weekday)
    throw new RangeError(`${expression} is no cron expression of five fields`);
  return {
    minute: fieldOf(minute, 0, 59),
    hour: fieldOf(hour, 0, 23),
    day: fieldOf(day, 1, 31),
    month: fieldOf(month, 1, 12),
    weekday: new Set([...fieldOf(weekday, 0, 7)].map((value) => value % 7)),
    daysByBoth: day === '*' || weekday === '*',
  };
}

function fieldOf(field: string, least: number, most: number): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, range = '', step] = /^(\*|\d{1,2}(?:-\d{1,2})?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    const [from, to] = range === '*' ? [least, most] : range.split('-').map(Number);
    const by = step === undefined ? 1 : Number(step);
    const last = to ?? (step === undefined ? from : most);
    if (
      from === undefined ||
      last === undefined ||
      range === '' ||
      by < 1 ||
      from < least ||
      last > most ||
      from > last
    )
      throw new RangeError(`${field} is no field of a cron expression`);
    for (let value = from; value <= last; value += by) values.add(value);
  }
  return values;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function clockIn(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    minute: 'numeric',
    hour: 'numeric',
    day: 'numeric',
    month: 'numeric',
    weekday: 'short',
  });
  return (at: number) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      minute: Number(parts.minute),
      hour: Number(parts.hour),
      day: Number(parts.day),
      month: Number(parts.month),
      weekday: weekdays.indexOf(parts.weekday ?? ''),
    };
  };
}

/** Instants as people read them: how far away, and when. */
export interface Times {
  /** `in 29 min, 14:32:10`, `3 min ago, 2026-11-20 14:32:10` */
  at(instant: number): string;
  /** `14:32:10`, with the date where it is another day */
  clock(instant: number): string;
}

/** `timeZone`: an IANA name; the system's unless told. */
export function timesAt(now: number, timeZone?: string): Times {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    ...(timeZone && { timeZone }),
  });
  const dayAndTime = (instant: number): [string, string] => parts.format(instant).split(' ') as [string, string];
  const clock = (instant: number) => {
    const [day, time] = dayAndTime(instant);
    return day === dayAndTime(now)[0] ? time : `${day} ${time}`;
  };
  return { clock, at: (instant) => `${away(instant - now)}, ${clock(instant)}` };
}

const away = (ms: number): string => (ms >= 0 ? `in ${span(ms)}` : `${span(-ms)} ago`);

/** `12 s`, `29 min`, `3 h 5 min`, `4 days` */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

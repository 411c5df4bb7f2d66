import { visible } from '../text/visible.ts';
import { parseDuration } from './duration.ts';
import { type Place, quoted, type YamlReader } from './yaml-reader.ts';

const longestGlob = 512;
const longestName = 120;
const leastSeconds = 60;
const mostSeconds = 30 * 86_400;

/** A duration of a minute to 30 days, in seconds. */
export function durationAt(reader: YamlReader, place: Place, what: string): number | undefined {
  const value = reader.scalar(place);
  const seconds = typeof value === 'string' ? parseDuration(value) : undefined;
  if (seconds === undefined) reader.fault(place, `${what} must be a duration such as 90s, 45m, 2h, 1h30m or 1d.`);
  else if (seconds < leastSeconds || seconds > mostSeconds) reader.fault(place, `${what} must be from 1m to 30d.`);
  else return seconds;
  return undefined;
}

export function globAt(reader: YamlReader, place: Place, what: string): string | undefined {
  const glob = reader.string(place, what);
  if (glob === undefined) return undefined;
  if (glob.length > longestGlob) reader.fault(place, `A pattern has at most ${longestGlob} characters.`);
  else return glob;
  return undefined;
}

/** One pattern or a list of them; an empty list could never match. */
export function globsAt(reader: YamlReader, place: Place, what: string): string[] {
  const places = reader.oneOrMore(place, what);
  if (places.length === 0) reader.fault(place, `An empty list never matches; leave ${what} out to match any.`);
  return places.flatMap((one) => {
    const glob = globAt(reader, one, what);
    if (glob === '') reader.fault(one, `An empty text never matches ${what}.`);
    return glob === undefined || glob === '' ? [] : [glob];
  });
}

/** A line that people read on cards: not empty, not long, nothing in it that cannot be seen. */
export function lineAt(reader: YamlReader, place: Place, what: string, most = longestName): string | undefined {
  const line = reader.string(place, what);
  if (line === undefined) return undefined;
  if (line.length > most) reader.fault(place, `${what} has at most ${most} characters.`);
  rejectHidden(reader, place, line, what);
  return line;
}

export function rejectHidden(reader: YamlReader, place: Place, text: string, what: string): void {
  if (visible(text) !== text)
    reader.fault(place, `${what} must be one line of visible text; it reads ${quoted(visible(text))}.`);
}

/** A numeric Telegram id of a person, or `local` for the console's person. */
export function personAt(reader: YamlReader, place: Place): string | undefined {
  const value = reader.scalar(place);
  if (value === 'local') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return String(value);
  if (typeof value === 'string' && /^[1-9]\d{0,15}$/.test(value)) return value;
  reader.fault(place, 'An approver is the numeric Telegram id of a person, or the word local.');
  return undefined;
}

/** A numeric Telegram chat id. */
export function chatAt(reader: YamlReader, place: Place): string | undefined {
  const value = reader.scalar(place);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value !== 0) return String(value);
  if (typeof value === 'string' && /^-?[1-9]\d{0,15}$/.test(value)) return value;
  reader.fault(place, 'A chat is a numeric Telegram chat id, such as -1001234567890.');
  return undefined;
}

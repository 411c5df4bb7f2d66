import { canonical, type Json } from '../canonical.ts';
import type { LogFault, LoggedEvent } from './verify.ts';

export type Detail = Record<string, Json | undefined>;

/** A verified event with its detail read; undefined where retention has dropped it. */
export interface Told {
  seq: number;
  action: string;
  actor: string;
  source: string;
  traceId: string;
  detail: Detail | undefined;
}

export const toldBy = (events: readonly LoggedEvent[]): Told[] =>
  events.map(({ seq, action, actor, source, traceId, detail }) => ({
    seq,
    action,
    actor,
    source,
    traceId,
    detail: detailOf(detail),
  }));

/** What the log says a column holds. An event that never told of it says null; a dropped detail says nothing. */
export type Saying = Json | undefined;

/** What an event says of a name; null where there was no such event. */
export const said = (event: Told | undefined, name: string): Saying =>
  event === undefined ? null : event.detail && (event.detail[name] ?? null);

/** Every column that is not what the log says of it. */
export const disagreements = (
  record: string,
  seq: number | null,
  columns: Readonly<Record<string, readonly [stored: Saying, logged: Saying]>>,
): LogFault[] =>
  Object.entries(columns)
    .filter(([, [stored, logged]]) => logged !== undefined && !same(stored, logged))
    .map(([name]) => ({
      code: 'row_disagrees',
      seq,
      message: `${record}: ${name} is not what was recorded.`,
    }));

/** A record that no event made. */
export const unrecorded = (record: string): LogFault => ({
  code: 'row_unrecorded',
  seq: null,
  message: `${record} stands in the database, and no event says that it was made.`,
});

export const same = (one: Saying, other: Saying): boolean =>
  one !== undefined && other !== undefined && canonical(one) === canonical(other);

/** The value of a stored text; undefined where it is none, or null. */
export function parsedOrNothing(text: string | null): Json | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function detailOf(detail: string | null): Detail | undefined {
  const value = parsedOrNothing(detail);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Detail) : undefined;
}

import { formatSeal } from '../core/audit/seal.ts';
import type { Database } from '../store/database.ts';
import { findEvent, findLastSeal, listEvents, listEventsAfter, type StoredEvent } from '../store/events.ts';
import { getHead, getInstallation } from '../store/installation.ts';

/** The log's head with the generation it belongs to, and why the store has still to be accepted, where it has. */
export async function getLogHead({
  read,
}: Database): Promise<{ generation: number; seq: number; hash: string; acceptanceReason: string | null }> {
  const { generation, acceptanceReason } = await getInstallation(read);
  const { seq, hash } = await getHead(read);
  return { generation, seq, hash, acceptanceReason };
}

export const readLogAfter = ({ read }: Database, seq: number, limit: number): Promise<StoredEvent[]> =>
  listEventsAfter(read, seq, limit);

/** Whether the log holds exactly this event. */
export async function holdsEvent({ read }: Database, { seq, hash }: { seq: number; hash: string }): Promise<boolean> {
  return (await findEvent(read, seq))?.hash === hash;
}

/** The sequence number before the events with which a restored store was noticed and accepted, the last time. */
export async function findRestart({ read }: Database): Promise<number> {
  const [restored] = await listEvents(read, { action: 'store.restored', limit: 1 });
  return restored ? restored.seq - 1 : 0;
}

/**
 * Compares the store with what `head.json` last said of it. Answers why the store is not the one that was left, or
 * undefined: a store that stands behind its own log was shortened or restored.
 */
export async function standsBehind(
  db: Database,
  witness: { generation: number; seq: number; hash: string },
): Promise<string | undefined> {
  const head = await getLogHead(db);
  if (head.generation > witness.generation || witness.seq === 0) return undefined;
  if (head.generation < witness.generation) {
    return `The store is of generation ${head.generation}, but head.json has seen generation ${witness.generation}: an older copy was put back.`;
  }
  if (head.seq < witness.seq) {
    return `The log ends at ${head.seq}, but head.json has seen ${witness.seq}: the store was shortened, an older copy was put back, or DATABASE_URL names another store.`;
  }
  if (await holdsEvent(db, witness)) return undefined;
  return `Event ${witness.seq} is not the one head.json has seen: the store is another one, or its log was rewritten.`;
}

/** The newest seal as text, as a chat may keep it; undefined where the log was never sealed. */
export async function findSealText({ read }: Database): Promise<string | undefined> {
  const seal = await findLastSeal(read);
  return seal && formatSeal(seal);
}

/**
 * Why a store without `head.json` needs to be accepted: one that holds more than a first start wrote was left with one,
 * so somebody took it away, or put the store here without it.
 */
export async function lacksWitness(db: Database): Promise<string | undefined> {
  const [asked] = await listEvents(db.read, { action: 'request.', limit: 1 });
  return (
    asked &&
    'head.json is missing beside a store that is in use, so nobody can tell whether the store is the one it was.'
  );
}

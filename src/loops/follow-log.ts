import { existsSync } from 'node:fs';
import { appendFile, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { classicNameOf } from '../core/audit/classic-names.ts';
import { type Reach, unfailing } from '../core/fail-point.ts';
import type { Database } from '../store/database.ts';
import type { StoredEvent } from '../store/events.ts';
import { findRestart, getLogHead, holdsEvent, readLogAfter } from '../views/log.ts';

export interface LogFollower {
  /** brings events.ndjson and head.json up to the log's head */
  tick(): Promise<void>;
}

interface Place {
  seq: number;
  hash: string;
  /** the UTC day of that event, empty before the first */
  day: string;
}

const pageSize = 500;

/**
 * Copies the log, event by event, to `events.ndjson` for whoever tails it, and its head to `head.json`, so that a store
 * that was shortened or put back is noticed. A finished day's file is closed as `events-YYYY-MM-DD.ndjson` and never
 * touched again. While an operator has still to accept the store, both stand still: they are the witnesses.
 */
export function logFollower(of: {
  db: Database;
  home: string;
  writeAtomically: (path: string, text: string) => Promise<void>;
  reach?: Reach;
}): LogFollower {
  const { db, home, writeAtomically, reach = unfailing } = of;
  const path = join(home, 'events.ndjson');
  let place: Place | undefined;
  let written = '';
  return {
    async tick() {
      const head = await getLogHead(db);
      if (head.acceptanceReason !== null) {
        place = undefined;
        return;
      }
      let at = place ?? (await resumeAt(db, home, path));
      place = undefined; // until all went well, the file alone knows how far it got
      while (at.seq < head.seq) {
        reach('log.copy.before');
        at = await copyPage(db, home, path, at);
        reach('log.copy.after');
      }
      place = at;
      const text = `${JSON.stringify({ generation: head.generation, seq: head.seq, hash: head.hash })}\n`;
      if (text === written) return;
      reach('head.write.before');
      await writeAtomically(join(home, 'head.json'), text);
      reach('head.write.after');
      written = text;
    },
  };
}

async function copyPage(db: Database, home: string, path: string, from: Place): Promise<Place> {
  let place = from;
  let lines = '';
  const events = await readLogAfter(db, from.seq, pageSize);
  if (events.length === 0) throw new Error(`the log holds no event after ${from.seq}, but its head is beyond it`);
  for (const event of events) {
    const day = dayOf(event.at);
    if (place.day !== '' && day > place.day) {
      if (lines !== '') await appendFile(path, lines, { mode: 0o600 });
      lines = '';
      await closeSegment(home, path, place.day);
    }
    lines += `${JSON.stringify(lineOf(event))}\n`;
    place = { seq: event.seq, hash: event.hash, day };
  }
  if (lines !== '') await appendFile(path, lines, { mode: 0o600 });
  return place;
}

/** Where the file left off; after an accepted restore, where the log began anew. */
async function resumeAt(db: Database, home: string, path: string): Promise<Place> {
  const last = (await lastLine(path)) ?? (await lastOfSegments(home)) ?? { seq: 0, hash: '', day: '' };
  if (last.seq === 0 || (await holdsEvent(db, last))) return last;
  await closeSegment(home, path, last.day);
  return { seq: await findRestart(db), hash: '', day: '' };
}

async function closeSegment(home: string, path: string, day: string): Promise<void> {
  if (!existsSync(path)) return;
  let segment = join(home, `events-${day}.ndjson`);
  for (let n = 2; existsSync(segment); n++) segment = join(home, `events-${day}.${n}.ndjson`);
  await rename(path, segment);
}

const lineOf = ({ seq, at, traceId, actor, source, action, subject, detail, hash }: StoredEvent) => {
  const classic = classicNameOf(action, detail);
  return {
    seq,
    at: new Date(at).toISOString(),
    type: action,
    ...(classic ? { type_classic: classic } : {}),
    actor,
    source,
    subject,
    trace_id: traceId,
    detail: detail === null ? null : JSON.parse(detail),
    hash,
  };
};

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The last whole line of the open file. A line cut short by a crash is closed, so that the next one stands alone. */
async function lastLine(path: string): Promise<Place | undefined> {
  if (!existsSync(path)) return undefined;
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    if (length > 0 && buffer[length - 1] !== newline) await file.write('\n', size);
    return lastPlace(buffer.toString('utf8'));
  } finally {
    await file.close();
  }
}

/** Enough for the largest event, whose detail holds a request of 64 KiB and what was looked up for it. */
const tailBytes = 4 * 1024 * 1024;
const newline = 10;

/** The end of the newest closed segment, where the open file holds nothing yet. */
async function lastOfSegments(home: string): Promise<Place | undefined> {
  const segments = (await readdir(home)).filter((name) => /^events-\d{4}-\d\d-\d\d(\.\d+)?\.ndjson$/.test(name));
  const newest = await Promise.all(
    segments.map(async (name) => ({ name, at: (await stat(join(home, name))).mtimeMs })),
  );
  for (const { name } of newest.sort((one, other) => other.at - one.at)) {
    const place = lastPlace(await readFile(join(home, name), 'utf8'));
    if (place) return place;
  }
  return undefined;
}

function lastPlace(text: string): Place | undefined {
  for (const line of text.split('\n').reverse()) {
    const [, seq, day, hash] = /^\{"seq":(\d+),"at":"(\d{4}-\d\d-\d\d)T.*"hash":"([0-9a-f]{64})"\}$/s.exec(line) ?? [];
    if (seq && day && hash) return { seq: Number(seq), day, hash };
  }
  return undefined;
}

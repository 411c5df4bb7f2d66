import { closeSync, copyFileSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { HeadFile } from '../../core/audit/verify.ts';
import { canonical, type Json } from '../../core/canonical.ts';
import type { PublicKeyFile } from '../../home/public-keys.ts';
import { listEventsAfter, listSeals } from '../../store/events.ts';
import { getHead, getInstallation } from '../../store/installation.ts';
import { openLog } from './open-log.ts';
import type { Place } from './place.ts';

/** What an export is told; plain values, so that a worker can be. */
export interface ExportInput {
  place: Place;
  /** an empty directory */
  directory: string;
  /** written along under their names */
  publicKeys: PublicKeyFile[];
}

export interface Exported {
  events: number;
  seals: number;
}

const pageSize = 2_000;

const readme = `This is the log of a Gaia, whole, and all it takes to verify it without one.
Verify it with Node 20 or newer: node verify.mjs    (add --seal "TEXT" to check a seal that was kept elsewhere)
events.ndjson: one event a line, with the text of its detail; seals.ndjson: signed statements of where the log ended.
head.json: where the log ended when this was written; seal.pub and seal-*.pub: the keys that the seals are checked with.
Who could replace all of these files could replace those keys too: compare their ids with those from another source.
`;

/** Writes the log up to where it ends now, by pages. */
export async function exportStore(
  { place, directory, publicKeys }: ExportInput,
  report: (progress: { done: number; total: number }) => void,
): Promise<Exported> {
  const db = await openLog(place);
  const events = openSync(join(directory, 'events.ndjson'), 'wx', 0o600);
  const seals = openSync(join(directory, 'seals.ndjson'), 'wx', 0o600);
  try {
    const head = await getHead(db.read);
    const { generation } = await getInstallation(db.read);
    const counts: Exported = { events: 0, seals: 0 };
    let after = 0;
    for (;;) {
      const page = (await listEventsAfter(db.read, after, pageSize)).filter(({ seq }) => seq <= head.seq);
      const last = page.at(-1);
      if (last === undefined) break;
      writeSync(events, page.map((event) => `${canonical(event as unknown as Json)}\n`).join(''));
      const sealed = await listSeals(db.read, { after, upTo: last.seq, limit: pageSize });
      writeSync(seals, sealed.map((seal) => `${canonical(seal as unknown as Json)}\n`).join(''));
      counts.events += page.length;
      counts.seals += sealed.length;
      after = last.seq;
      report({ done: after, total: head.seq });
    }
    fsyncSync(events);
    fsyncSync(seals);
    const headFile: HeadFile = { generation, seq: head.seq, hash: head.hash };
    const write = (name: string, text: string) =>
      writeFileSync(join(directory, name), text, { mode: 0o600, flag: 'wx', flush: true });
    write('head.json', `${canonical({ ...headFile })}\n`);
    for (const { name, pem } of publicKeys) write(name, pem);
    write('README.txt', readme);
    copyFileSync(new URL('./assets/verify.mjs', import.meta.url), join(directory, 'verify.mjs'));
    return counts;
  } finally {
    closeSync(events);
    closeSync(seals);
    await db.close();
  }
}

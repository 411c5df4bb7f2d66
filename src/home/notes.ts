import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RestoredNote, restoredNoteOf } from './backups.ts';
import { errnoOf, fileError } from './file-errors.ts';

/** Why the store must be accepted, where a backup was put in its place; undefined where none was. */
export async function whyRestored(home: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(restoredNoteOf(home), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, `read ${restoredNoteOf(home)}`);
  }
  const from = readNote(text)?.from;
  return `The store was restored from ${from ? `the backup ${from}` : 'a backup'}; what happened after it is not in it.`;
}

function readNote(text: string): RestoredNote | undefined {
  try {
    const note = JSON.parse(text) as Partial<RestoredNote>;
    return typeof note.from === 'string' && /^[\w.:-]{1,100}$/.test(note.from) ? (note as RestoredNote) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The store itself asks for acceptance from now on. */
export const forgetRestored = (home: string): Promise<void> => rm(restoredNoteOf(home), { force: true });

/** Keeps what the terminal was told of alerts, for whoever was not there. */
export const keepAlert = (home: string, line: string, now: number): Promise<void> =>
  appendFile(join(home, 'alerts.log'), `${new Date(now).toISOString()} ${line}\n`, { mode: 0o600 });

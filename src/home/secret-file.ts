import { constants } from 'node:fs';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { forbidden, invalid } from '../core/errors.ts';
import { errnoOf, fileError } from './file-errors.ts';
import { syncDirectory, writeDraft } from './write-file-atomic.ts';

/**
 * The text of a file that only Gaia's user may read, made once. Of two processes that make it at once, one wins and
 * both get its text; a crash leaves a whole file or none. Refuses a link, and a file that others may read or write.
 */
export async function readOrCreateSecretFile(path: string, make: () => string): Promise<string> {
  try {
    return (await readSecretFile(path)) ?? (await createSecretFile(path, make()));
  } catch (error) {
    throw fileError(error, `make ${path}`);
  }
}

/** The text of a secret file, or nothing where there is none. The same refusals as above. */
export async function readSecretFile(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (errnoOf(error) === 'ELOOP')
      throw refusal(path, 'it is a link', `Remove the link and put the file itself there (rm ${path}).`);
    throw fileError(error, `read ${path}`);
  }
  try {
    return await readOpened(file, path);
  } finally {
    await file.close();
  }
}

async function readOpened(file: FileHandle, path: string): Promise<string> {
  const { mode, uid, isFile } = await file
    .stat()
    .then((stat) => ({ mode: stat.mode, uid: stat.uid, isFile: stat.isFile() }));
  if (!isFile) throw refusal(path, 'it is not a regular file', 'Put a regular file there.');
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw refusal(
      path,
      `it belongs to another user (uid ${uid})`,
      `Give it to the user that Gaia runs as: chown ${process.geteuid?.()} ${path}`,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw forbidden(`${path} holds a secret and others may use it (mode ${(mode & 0o777).toString(8)}).`, {
      reason: 'secret_file_open',
      remedy: `Close it: chmod 600 ${path}. If others may have read it already, make a new one.`,
    });
  }
  const text = (await file.readFile('utf8')).trim();
  if (text === '') throw refusal(path, 'it is empty', `Remove it (rm ${path}); Gaia then makes a new one.`);
  return text;
}

async function createSecretFile(path: string, text: string): Promise<string> {
  const draft = await writeDraft(path, `${text}\n`, 0o600);
  try {
    await link(draft, path); // exclusive: fails where someone else was first
    await syncDirectory(dirname(path));
    return text;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const winners = await readSecretFile(path);
    if (winners === undefined) throw error;
    return winners;
  } finally {
    await rm(draft, { force: true });
  }
}

const refusal = (path: string, why: string, remedy: string) =>
  invalid(`${path} cannot be used: ${why}.`, { reason: 'secret_file_unusable', remedy });

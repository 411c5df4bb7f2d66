import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, chown, type FileHandle, lstat, mkdir, open, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { BoundFile, ResolvedCommand } from '../core/command/command.ts';
import { conflict, GaiaError, unavailable } from '../core/errors.ts';
import { errnoOf, whyNot } from './errno.ts';
import { executionFiles, syncDirectory, writeSynced } from './execution-files.ts';
import type { HashFile } from './hash-files.ts';
import type { WatchedFile } from './plan.ts';
import type { Ids } from './probe.ts';
import { scriptOperand } from './script-operand.ts';
import type { Program } from './starter.ts';
import { isFixed, tracePath } from './trace-path.ts';

const run = promisify(execFile);

/** open(2): only to name it, which needs no permission to read it. Node has no name for it. */
const openPathOnly = 0o10000000;
const chunkBytes = 1024 * 1024;
const scratchPrefix = 'gaia-run-';

/** Something a command is bound to is not what was approved. */
export const changed = (name: string, what: string): GaiaError =>
  conflict(`${name} is not what was approved: ${what}.`, {
    reason: 'effect_changed',
    remedy: 'Ask again: what stands there now is looked up and shown anew.',
    facts: { name, what },
  });

const cannotTell = (name: string, why: string): GaiaError =>
  unavailable(`Whether ${name} is still what was approved cannot be told: ${why}.`, {
    reason: 'executor_unavailable',
    remedy: 'Mend that, and it starts by itself; nothing was started.',
    facts: { name, why },
  });

/** What a failed look says: that something else stands there, or that nobody can tell. */
function refusal(error: unknown, name: string): GaiaError {
  if (error instanceof GaiaError) {
    if (['effect_changed', 'executor_unavailable'].includes(error.extras.reason ?? '')) return error;
    if (error.extras.reason === 'file_too_large') return changed(name, `it has ${error.extras.facts?.bytes} bytes now`);
    const errno = String(error.extras.facts?.why ?? '');
    return tells(errno) || !/^E[A-Z0-9]+$/.test(errno)
      ? changed(name, error.message.replace(/\.$/, ''))
      : cannotTell(name, errno);
  }
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return tells(errno) ? changed(name, whyNot(error)) : cannotTell(name, `the system answered ${errno}`);
}

const tells = (errno: string) => ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENXIO', 'EISDIR'].includes(errno);

/** The working directory, held open; it is the one approved whatever happens to its path. */
export async function openDirectory({ path, device, inode }: ResolvedCommand['cwd']): Promise<FileHandle> {
  let directory: FileHandle | undefined;
  try {
    directory = await open(path, openPathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const { dev, ino } = await directory.stat({ bigint: true });
    if (String(dev) !== device || String(ino) !== inode) throw changed(path, 'another directory stands there');
    return directory;
  } catch (error) {
    await directory?.close();
    throw refusal(error, path);
  }
}

export function refuseOtherHost({ host }: ResolvedCommand): void {
  if (host !== hostname()) throw changed(host, `this host is called ${hostname()}`);
}

/** Compares what only root or Gaia may replace, and what is only looked at, with what was approved. */
export async function checkFiles(
  { executable, files }: ResolvedCommand,
  { hash, ownUid }: { hash: HashFile; ownUid: number },
): Promise<void> {
  const program = { ...executable, name: executable.path };
  for (const file of [program, ...files]) {
    if (file.binding === 'held') continue;
    try {
      if (file.binding === 'fixed') {
        const trace = await tracePath(file.path);
        if (trace.real !== file.path) throw changed(file.name, `it leads to ${trace.real} now`);
        if (!isFixed(trace, ownUid)) throw changed(file.name, 'others than root and Gaia may replace it now');
      }
      await checkContent(file, hash);
    } catch (error) {
      throw refusal(error, file.name);
    }
  }
}

async function checkContent(
  { name, path, sha256, bytes, binding }: Pick<BoundFile, 'name' | 'path' | 'sha256' | 'bytes' | 'binding'>,
  hash: HashFile,
): Promise<void> {
  const found = await hash(path, { maxBytes: bytes, isFixed: binding === 'fixed' });
  if (found.sha256 !== sha256) throw changed(name, 'its content is another');
}

/** Looks once more, right before the start, at files that the command will open by their own paths. */
export async function checkWatched(watched: readonly WatchedFile[], hash: HashFile): Promise<void> {
  for (const file of watched) {
    await checkContent({ ...file, binding: 'checked' }, hash).catch((error) => {
      throw refusal(error, file.name);
    });
  }
}

/** Files that are opened by their own paths, and may differ at the end: checked ones, and copies that no argument names. */
export function watchedFiles(command: ResolvedCommand): WatchedFile[] {
  const named = new Set(placesOfCopies(command).values());
  return command.files
    .filter((file) => file.binding === 'checked' || (file.binding === 'held' && !named.has(file)))
    .map(({ name, path, sha256, bytes }) => ({ name, path, sha256, bytes }));
}

/** Which arguments are replaced by the path of a copy: an interpreter's script, and what names a held file exactly. */
function placesOfCopies({ argv, executable, files }: ResolvedCommand): Map<number, BoundFile> {
  const script = scriptOperand(argv, executable.path);
  const places = new Map<number, BoundFile>();
  for (const [at, arg] of argv.entries()) {
    if (at === 0) continue;
    const file = files.find(({ name, binding, because }) => {
      return name === arg && binding === 'held' && (because === 'script' ? at === script : because === 'policy');
    });
    if (file) places.set(at, file);
  }
  return places;
}

/** What is started, with the copies in the place of what others may replace. */
export function programOf(command: ResolvedCommand, heldRoot: string): Program {
  const { argv, executable } = command;
  const copies = placesOfCopies(command);
  const args = argv.slice(1).map((arg, index) => {
    const copy = copies.get(index + 1);
    return copy ? `${heldRoot}${copy.path}` : arg;
  });
  const path = executable.binding === 'held' ? `${heldRoot}${executable.path}` : executable.path;
  // execvp(3) hands a file without a known first line to the shell; said here, every way of starting does the same
  if (executable.format === 'text') return { file: '/bin/sh', args: [path, ...args], argv0: '/bin/sh' };
  return { file: path, args, argv0: argv[0] ?? path };
}

/** What is copied: each file once. */
export const heldFiles = ({ executable, files }: ResolvedCommand): Omit<BoundFile, 'because' | 'binding'>[] => {
  const held = [{ ...executable, name: executable.path }, ...files].filter(({ binding }) => binding === 'held');
  return [...new Map(held.map((file) => [file.path, file])).values()];
};

/**
 * A directory outside the data directory, which the user of the command must be able to read, and nobody else: copies in
 * `held/`, and an empty home in `home/`. It is noted before it is made, so that a restarted Gaia can remove it.
 */
export async function makeScratch(
  execution: string,
  { ids, hasHome }: { ids: Ids; hasHome: boolean },
): Promise<string> {
  const scratch = join(tmpdir(), `${scratchPrefix}${randomBytes(16).toString('hex')}`);
  writeSynced(executionFiles(execution).places, JSON.stringify({ scratch }));
  syncDirectory(execution);
  await mkdir(scratch, { mode: 0o700 }); // whoever had taken the name, it would throw
  await giveToGroup(scratch, ids);
  await makeOpen(join(scratch, 'held'), ids);
  if (hasHome) {
    await mkdir(join(scratch, 'home'), { mode: 0o700 });
    if (ids) await chown(join(scratch, 'home'), ids.uid, ids.gid);
  }
  return scratch;
}

/** Whether a noted scratch directory is really there and Gaia's own: a name in /tmp is anyone's to take. */
export async function isOwnScratch(scratch: string): Promise<boolean> {
  try {
    const found = await lstat(scratch);
    return found.isDirectory() && found.uid === process.geteuid?.() && basename(scratch).startsWith(scratchPrefix);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

/** Who reads a copy, and by which program it is asked whether they may. */
export interface Reader {
  ids: Ids;
  perl: string;
}

/**
 * Writes the very bytes that are hashed to where only Gaia may write, so that no later look is needed. What the user of the
 * command may not read is not copied for them.
 */
export async function copyHeld(
  root: string,
  file: Omit<BoundFile, 'because' | 'binding'>,
  { ids, perl }: Reader,
): Promise<void> {
  const target = `${root}${file.path}`;
  let at = root;
  for (const segment of file.path.split('/').slice(1, -1)) {
    at = `${at}/${segment}`;
    await makeOpen(at, ids);
  }
  try {
    const source = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await source.stat({ bigint: true });
      if (!found.isFile()) throw changed(file.name, 'it is no regular file any more');
      if (found.size !== BigInt(file.bytes))
        throw changed(file.name, `it has ${found.size} bytes instead of ${file.bytes}`);
      if (ids) await refuseUnlessReadable(file, `${found.dev}:${found.ino}`, ids, perl);
      const sha256 = await copy(source, target, file.bytes, ids);
      if (sha256 === file.sha256) return;
      await rm(target);
      throw changed(file.name, 'its content is another');
    } finally {
      await source.close();
    }
  } catch (error) {
    throw refusal(error, file.name);
  }
}

/** Opens the file as that user would (04000: without waiting), and compares what was opened with what Gaia has open. */
const readAs = 'sysopen(F, $ARGV[0], 04000) or exit 3; @s = stat F; exit("$s[0]:$s[1]" eq $ARGV[1] ? 0 : 4)';
const readAsMs = 10_000;

async function refuseUnlessReadable(
  { name, path }: Pick<BoundFile, 'name' | 'path'>,
  identity: string,
  ids: NonNullable<Ids>,
  perl: string,
): Promise<void> {
  try {
    await run(perl, ['-f', '-e', readAs, path, identity], { ...ids, env: {}, cwd: '/', timeout: readAsMs });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 3) throw changed(name, 'the user that commands run as may not read it, so no copy is made for them');
    if (code === 4) throw changed(name, 'another file stands there now');
    throw cannotTell(name, `who may read it could not be asked (${String(code)})`);
  }
}

async function copy(source: FileHandle, path: string, bytes: number, ids: Ids): Promise<string> {
  const hash = createHash('sha256');
  const target = await open(path, 'wx', 0o600);
  try {
    const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, bytes)));
    for (let read = 0; read < bytes; ) {
      const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, bytes - read), read);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      await target.writeFile(chunk.subarray(0, bytesRead));
      read += bytesRead;
    }
    if (ids) await target.chown(process.geteuid?.() ?? 0, ids.gid);
    await target.chmod(ids ? 0o550 : 0o500);
  } finally {
    await target.close();
  }
  return hash.digest('hex');
}

async function makeOpen(path: string, ids: Ids): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  await giveToGroup(path, ids);
}

/** The group of the user that commands run as passes through, whatever the umask says; nobody else does. */
async function giveToGroup(path: string, ids: Ids): Promise<void> {
  if (ids) await chown(path, process.geteuid?.() ?? 0, ids.gid);
  await chmod(path, ids ? 0o750 : 0o700);
}

import { constants } from 'node:fs';
import { delimiter, isAbsolute } from 'node:path';
import type { Blocker } from '../core/approval/blocker.ts';
import type { ExecutableFormat, ResolvedCommand } from '../core/command/command.ts';
import { conflict, GaiaError } from '../core/errors.ts';
import { whyNot } from './errno.ts';
import { lstat, open, stat } from './files.ts';
import type { HashFile } from './hash-files.ts';
import { type IsOwn, ownFileWords } from './own-files.ts';
import { isFixed, type Trace, tracePath } from './trace-path.ts';

interface Where {
  /** real path of the directory that relative names start from; absent where it was not found */
  cwd?: string;
  /** Gaia's own PATH, as the environment writes it; relative entries are skipped */
  path: string;
  ownUid: number;
  isOwn: IsOwn;
  hash: HashFile;
}

/** The largest program that is hashed: above it a sparse file could keep a worker busy for minutes. */
const executableBytesMax = 1024 ** 3;

/** The file that argv[0] names, as execvp(3) would find it: by path from cwd, else along PATH. */
export async function findExecutable(
  asked: string,
  where: Where,
): Promise<ResolvedCommand['executable'] | Blocker | undefined> {
  if (!asked.includes('/')) return alongPath(asked, where);
  if (!isAbsolute(asked) && where.cwd === undefined) return undefined; // cwd_not_found says it already
  const path = isAbsolute(asked) ? asked : `${where.cwd}/${asked}`;
  const candidate = await look(path, where.isOwn);
  return typeof candidate === 'string' ? notFound(asked, `${path}: ${candidate}`) : bind(asked, candidate, where);
}

async function alongPath(asked: string, where: Where): Promise<ResolvedCommand['executable'] | Blocker> {
  const directories = where.path.split(delimiter).filter((entry) => isAbsolute(entry));
  const passedOver: string[] = [];
  for (const directory of directories) {
    const path = `${directory}/${asked}`;
    const candidate = await look(path, where.isOwn);
    if (typeof candidate !== 'string') return bind(asked, candidate, where);
    if (await exists(path)) passedOver.push(`${path}: ${candidate}`);
  }
  const why =
    passedOver.join('; ') || `no file of that name in Gaia's PATH (${directories.join(delimiter) || 'empty'})`;
  return notFound(asked, why);
}

/** What stands at a path, or why it cannot be started. */
async function look(path: string, isOwn: IsOwn): Promise<Trace | string> {
  if (isOwn(path)) return ownFileWords;
  try {
    const trace = await tracePath(path);
    if (isOwn(trace.real)) return ownFileWords;
    const found = await stat(trace.real);
    if (found.isDirectory()) return 'it is a directory';
    if (!found.isFile()) return 'it is not a regular file';
    if ((found.mode & 0o111) === 0) return 'it is not executable';
    return trace;
  } catch (error) {
    const why = whyNot(error);
    return (await isLink(path)) ? `it is a link that leads nowhere (${why})` : why;
  }
}

const exists = (path: string) => lstat(path).then(Boolean, () => false);
const isLink = (path: string) =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

async function bind(
  asked: string,
  trace: Trace,
  { ownUid, hash }: Where,
): Promise<ResolvedCommand['executable'] | Blocker> {
  try {
    const fixed = isFixed(trace, ownUid);
    const { sha256, bytes, shebang } = await hash(trace.real, { maxBytes: executableBytesMax, isFixed: fixed });
    const format = shebang ? 'script' : await formatOf(trace.real);
    const interpreter = format === 'text' ? '/bin/sh' : shebang;
    return {
      path: trace.real,
      sha256,
      bytes,
      binding: fixed ? 'fixed' : 'held',
      format,
      ...(interpreter && { interpreter }),
    };
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    return notFound(asked, error.message.replace(/\.$/, ''), error.extras.remedy);
  }
}

/** First bytes of programs that kernels start themselves: ELF; Mach-O in both widths and byte orders, and for several machines. */
const nativeMagic = new Set(['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', 'cafebabf']);

/** What a file without a `#!` line is. */
async function formatOf(path: string): Promise<ExecutableFormat> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error) => {
    throw conflict(`it was replaced while it was being read (${whyNot(error)})`, { reason: 'file_changing' });
  });
  try {
    const head = Buffer.alloc(4);
    const bytes = await file.read(head, 0, 4, 0);
    return nativeMagic.has(head.toString('hex', 0, bytes)) ? 'native' : 'text';
  } finally {
    await file.close();
  }
}

const remedyFor = (asked: string) =>
  asked.includes('/')
    ? 'Ask again with the path of an executable file on this host.'
    : 'Ask again with the full path of the program, or add its directory to the PATH that Gaia is started with.';

function notFound(asked: string, why: string, remedy = remedyFor(asked)): Blocker {
  return {
    code: 'executable_not_found',
    phase: 'submit',
    message: `${asked} cannot be started: ${why}.`,
    remedy,
    facts: { executable: asked, why },
  };
}

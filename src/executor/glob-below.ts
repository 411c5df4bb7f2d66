import type { Dirent, readdir } from 'node:fs';
import { join, relative } from 'node:path';
import type { Unbound } from '../core/command/command.ts';
import { invalid } from '../core/errors.ts';
import { errnoOf } from './errno.ts';
import { listDirectory, stat } from './files.ts';

const filesMax = 500;
const searchMs = 5_000;
/** Links to directories named one by one in a remark. */
const namedMax = 10;
/** Not searched unless a pattern names them. */
const skipped = ['node_modules', '.git'];

/**
 * The files below a directory that patterns match, sorted, dot files included. Links are listed like files and never
 * followed; what a pattern asks for but cannot have is said in `unbound`. Refuses where the search takes too long.
 * A pattern without wildcards is given back as it is, whether or not a file stands there.
 */
export async function globBelow(
  cwd: string,
  patterns: readonly string[],
): Promise<{ names: string[]; unbound: Unbound[] }> {
  const { isDynamicPattern } = await import('tinyglobby');
  const isWild = (pattern: string) => pattern.startsWith('!') || pattern.includes('\\') || isDynamicPattern(pattern);
  const below = patterns.filter(staysBelow);
  const unbound: Unbound[] = patterns
    .filter((pattern) => !staysBelow(pattern))
    .map((name) => ({
      name,
      why: 'a `bind:` pattern of the policy that leads out of the working directory: not used',
    }));

  const plain = below.filter((pattern) => !isWild(pattern));
  const wild = below.filter(isWild);
  const found = wild.length === 0 ? undefined : await search(cwd, wild);
  const names = [...new Set([...plain, ...(found?.names ?? [])])].sort();
  if (names.length > filesMax) {
    const why = `the policy's patterns match ${names.length - filesMax} more files; only the first ${filesMax} are bound`;
    unbound.push({ name: patterns.join(' '), why });
  }
  return { names: names.slice(0, filesMax), unbound: [...unbound, ...(found?.unbound ?? [])] };
}

const staysBelow = (pattern: string) => !pattern.startsWith('/') && !pattern.split(/[/{},!]/).includes('..');

async function search(cwd: string, patterns: readonly string[]): Promise<{ names: string[]; unbound: Unbound[] }> {
  const { glob } = await import('tinyglobby');
  const signal = AbortSignal.timeout(searchMs);
  const ignore = skipped.filter((name) => !patterns.some((pattern) => pattern.split('/').includes(name)));
  const reading = watchReading();
  const names = await glob(patterns, {
    cwd,
    dot: true,
    expandDirectories: false,
    followSymbolicLinks: false,
    ignore: ignore.map((name) => `**/${name}/**`),
    signal,
    fs: { readdir: reading.readdir },
  });
  if (signal.aborted) {
    throw invalid(`Finding the files that the policy binds took more than ${searchMs / 1000} s below ${cwd}.`, {
      reason: 'bind_too_slow',
      remedy: 'Ask again with a smaller working directory, or narrow the `bind:` patterns of the policy.',
    });
  }
  const goesDeeper = patterns.some((pattern) => pattern.includes('/'));
  const notSearched = [...reading.failed];
  if (goesDeeper) for (const link of reading.links) if (await isDirectory(link)) notSearched.push(link);
  return { names, unbound: sayNotSearched(notSearched.map((path) => relative(cwd, path) || '.')) };
}

/**
 * readdir for the search: it shows links as files, since the search would pass over them (a file that the policy binds
 * must not escape by becoming a link), and notes the links and the directories that could not be read.
 */
function watchReading() {
  const links: string[] = [];
  const failed: string[] = [];
  const reader = (
    path: string,
    _options: { withFileTypes: true },
    done: (error: Error | null, entries?: Dirent[]) => void,
  ) => {
    const show = (entries: Dirent[]) => {
      for (const entry of entries.filter((one) => one.isSymbolicLink())) {
        links.push(join(path, entry.name));
        entry.isSymbolicLink = () => false;
        entry.isFile = () => true;
      }
      done(null, entries);
    };
    const fail = (error: Error) => {
      failed.push(path);
      done(error);
    };
    // the event loop turns between two directories, so that the time limit counts where calls block
    listDirectory(path).then(
      (entries) => setImmediate(show, entries),
      (error: Error) => setImmediate(fail, error),
    );
  };
  return { links, failed, readdir: reader as typeof readdir };
}

/** Whether a link leads to a directory; one that leads nowhere or may not be followed leads to none. */
async function isDirectory(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function sayNotSearched(names: string[]): Unbound[] {
  if (names.length === 0) return [];
  const more = names.length > namedMax ? ` and ${names.length - namedMax} more` : '';
  const why = 'not searched for files that the policy binds: a link to a directory, or not readable';
  return [{ name: `${names.sort().slice(0, namedMax).join(', ')}${more}`, why }];
}

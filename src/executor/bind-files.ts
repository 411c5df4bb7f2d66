import { isAbsolute } from 'node:path';
import type { BoundFile, Unbound } from '../core/command/command.ts';
import { commandLimits } from '../core/command/limits.ts';
import { GaiaError } from '../core/errors.ts';
import { errnoOf, whyNot } from './errno.ts';
import { stat } from './files.ts';
import { globBelow } from './glob-below.ts';
import type { HashFile } from './hash-files.ts';
import { type IsOwn, ownFileWords } from './own-files.ts';
import { isFixed, type Trace, tracePath } from './trace-path.ts';

interface Where {
  /** real path */
  cwd: string;
  ownUid: number;
  isOwn: IsOwn;
  hash: HashFile;
}

export interface Found {
  files: BoundFile[];
  unbound: Unbound[];
}

/** A name in a command that may be a file, and why it would be bound. */
interface Candidate {
  name: string;
  because: BoundFile['because'];
}

/** Files of the kernel: reading them may block, have effects, or show Gaia's own process. */
const kernelFile = /^\/(proc|sys|dev(?!\/shm\/))(\/|$)/;

/** What the arguments name: each existing regular file is bound by its content, everything else there is said. */
export async function bindOperands(argv: readonly string[], script: number | undefined, where: Where): Promise<Found> {
  const candidates = argv.flatMap((arg, at): Candidate[] => {
    if (at === 0) return [];
    if (at === script) return [{ name: arg, because: 'script' }];
    const named: Candidate[] = [{ name: arg, because: 'argument' }];
    if (arg.startsWith('-') && arg.includes('='))
      named.push({ name: arg.slice(arg.indexOf('=') + 1), because: 'argument' });
    return named;
  });
  return bindAll(candidates, where);
}

/** What the policy's `bind:` patterns find below cwd. */
export async function bindByPolicy(patterns: readonly string[], where: Where): Promise<Found> {
  if (patterns.length === 0) return { files: [], unbound: [] };
  if (where.isOwn(where.cwd)) return { files: [], unbound: [{ name: patterns.join(' '), why: ownFileWords }] };
  const { names, unbound } = await globBelow(where.cwd, patterns);
  const found = await bindAll(
    names.map((name) => ({ name, because: 'policy' })),
    where,
  );
  return { files: found.files, unbound: [...unbound, ...found.unbound] };
}

/** Each file once, in the order it was named; the stronger reason stays (a script, then the policy, then an argument). */
export function mergeFiles(
  operands: readonly BoundFile[],
  byPolicy: readonly BoundFile[],
  argv: readonly string[],
): BoundFile[] {
  const policyPaths = new Map(byPolicy.map((file) => [file.path, file]));
  const kept = operands.map((file) => {
    const better = file.because === 'argument' ? policyPaths.get(file.path) : undefined;
    if (better === undefined) return file;
    // only what an argument names as it stands can be handed over as a copy; `make` reads its Makefile where it lies
    const binding = better.binding === 'checked' && argv.includes(file.name) ? 'held' : better.binding;
    return { ...better, name: file.name, binding };
  });
  const paths = new Set(kept.map((file) => file.path));
  return [...kept, ...byPolicy.filter((file) => !paths.has(file.path))];
}

async function bindAll(candidates: readonly Candidate[], where: Where): Promise<Found> {
  const files = new Map<string, BoundFile>();
  const unbound = new Map<string, Unbound>();
  for (const candidate of candidates) {
    const found = candidate.name === '' ? undefined : await bind(candidate, where);
    if (found === undefined) continue;
    if ('why' in found) unbound.set(found.name, found);
    else if (!files.has(found.name) || found.because === 'script') files.set(found.name, found);
  }
  return { files: [...files.values()], unbound: [...unbound.values()] };
}

/** An argument that names nothing is just an argument; a script that is not there yet is said, it may come later. */
async function bind(
  { name, because }: Candidate,
  { cwd, ownUid, isOwn, hash }: Where,
): Promise<BoundFile | Unbound | undefined> {
  if (kernelFile.test(name)) return { name, why: 'a file of the kernel: never read' };
  const path = isAbsolute(name) ? name : `${cwd}/${name}`;
  if (isOwn(path)) return { name, why: ownFileWords };
  let trace: Trace;
  let kind: string;
  try {
    trace = await tracePath(path);
    if (isOwn(trace.real)) return { name, why: ownFileWords };
    kind = kernelFile.test(trace.real) ? 'a file of the kernel: never read' : await kindOf(trace.real);
  } catch (error) {
    if (because !== 'script' && namesNothing(error)) return undefined;
    return { name, why: `not bound: ${whyNot(error)}` };
  }
  if (kind !== 'file') return { name, why: kind };
  if (because === 'policy' && !trace.real.startsWith(cwd === '/' ? '/' : `${cwd}/`)) {
    return { name, why: 'a link that leads out of the working directory: not followed' };
  }
  try {
    const fixed = isFixed(trace, ownUid);
    const { sha256, bytes } = await hash(trace.real, { maxBytes: commandLimits.boundFileBytes, isFixed: fixed });
    const binding = fixed ? 'fixed' : because === 'script' ? 'held' : 'checked';
    return { name, path: trace.real, sha256, bytes, binding, because };
  } catch (error) {
    return { name, why: whyUnbound(error) };
  }
}

const namesNothing = (error: unknown) => ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '');

async function kindOf(path: string): Promise<string> {
  const found = await stat(path);
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'a directory: its contents are not bound';
  if (found.isFIFO()) return 'a named pipe: never opened';
  if (found.isSocket()) return 'a socket: never opened';
  return 'a device: never opened';
}

/** A file that is being written travels on as the refusal it is: nobody could say what was approved. */
function whyUnbound(error: unknown): string {
  if (error instanceof GaiaError && error.extras.reason === 'file_too_large') {
    return 'a file larger than 1 MiB: its content is not bound';
  }
  if (error instanceof GaiaError && error.extras.reason === 'too_much_to_read') {
    return 'too much to read: the files named before it are 64 MiB already; its content is not bound';
  }
  if (error instanceof GaiaError && error.extras.reason === 'file_unreadable') {
    return `a file that Gaia could not read (${error.extras.facts?.why}): its content is not bound`;
  }
  throw error;
}

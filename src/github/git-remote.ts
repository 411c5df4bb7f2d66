import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readOrdinaryFile } from './workspace-file.ts';

/**
 * The address of a remote of a git workspace, read from its configuration: no git is run in a directory that others write.
 * Undefined where there is no such workspace, remote or address.
 */
export async function gitRemoteUrl(workspace: string, remote: string): Promise<string | undefined> {
  const config = await configOf(workspace);
  if (config === undefined) return undefined;
  let section = '';
  let url: string | undefined;
  for (const line of config.split('\n')) {
    const head = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (head) section = `${head[1]?.toLowerCase()} ${(head[2] ?? '').replace(/\\(.)/g, '$1')}`;
    const value = /^\s*url\s*=\s*(.*?)\s*$/i.exec(line)?.[1];
    // git pushes to every url of a remote; with two, none of them is the one
    if (value !== undefined && section === `remote ${remote}`)
      url = url === undefined ? value.replace(/^"(.*)"$/, '$1') : '';
  }
  return url === '' ? undefined : url;
}

/** A configuration is small; more is none. */
const mostBytes = 1_048_576;

/** `.git/config`, or that of the repository a linked worktree belongs to: one that names the workspace as its own. */
async function configOf(workspace: string): Promise<string | undefined> {
  const own = await textOf(join(workspace, '.git', 'config'), workspace);
  if (own !== undefined) return own;
  const git = join(workspace, '.git');
  const linked = /^gitdir:\s*(.+?)\s*$/m.exec((await textOf(git, workspace)) ?? '')?.[1];
  if (linked === undefined) return undefined;
  const place = resolve(workspace, linked);
  const back = (await textOf(join(place, 'gitdir')))?.trim();
  if (back === undefined || !(await isSameFile(resolve(place, back), git))) return undefined;
  const common = (await textOf(join(place, 'commondir')))?.trim();
  return textOf(join(common === undefined ? place : resolve(place, common), 'config'));
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const real = (path: string) => realpath(path).catch(() => undefined);
  const [first, second] = await Promise.all([real(one), real(other)]);
  return first !== undefined && first === second;
}

const textOf = async (path: string, within?: string): Promise<string | undefined> =>
  (await readOrdinaryFile(path, { mostBytes, ...(within && { within }) }))?.toString('utf8');

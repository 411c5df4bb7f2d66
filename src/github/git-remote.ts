import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The address of a remote of a git workspace, read from its configuration: no git is run in a directory that others write.
 * Undefined where there is no such workspace, remote or address.
 */
export async function gitRemoteUrl(workspace: string, remote: string): Promise<string | undefined> {
  const config = await readIfThere(await configOf(workspace));
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

/** `.git/config`, or that of the repository a linked worktree belongs to. */
async function configOf(workspace: string): Promise<string> {
  const git = join(workspace, '.git');
  const isDirectory = await stat(git).then(
    (one) => one.isDirectory(),
    () => false,
  );
  if (isDirectory) return join(git, 'config');
  const linked = /^gitdir:\s*(.+?)\s*$/m.exec((await readIfThere(git)) ?? '')?.[1];
  if (linked === undefined) return join(git, 'config');
  const own = isAbsolute(linked) ? linked : resolve(workspace, linked);
  const common = (await readIfThere(join(own, 'commondir')))?.trim();
  return join(common === undefined ? own : resolve(own, common), 'config');
}

/** A configuration is small; more is none. */
const mostBytes = 1_048_576;

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > mostBytes) return undefined;
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

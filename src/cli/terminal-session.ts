import { accessSync, chmodSync, constants, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { readOrNothing } from './read-or-nothing.ts';
import type { Terminal } from './terminal.ts';

/** A person's session on this terminal's machine, for an hour. */
export interface TerminalSession {
  /** the bearer */
  session: string;
  person: string;
  /** milliseconds since the epoch */
  expiresAt: number;
  /** the Gaia it is good for; it is sent nowhere else */
  url: string;
}

const fileName = 'terminal-session.json';

export function readTerminalSession({ home }: { home: string }, env: Terminal['env']): TerminalSession | undefined {
  for (const path of places(home, env)) {
    const session = parsed(readOrNothing(path));
    // A file that others may read is as good as theirs.
    if (session !== undefined && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) === 0) return session;
  }
  return undefined;
}

/** Keeps it in the data directory, or with the user's own state where that is closed; answers where. */
export function writeTerminalSession(
  session: TerminalSession,
  { home }: { home: string },
  env: Terminal['env'],
): string {
  const [inHome, ofUser] = places(home, env);
  const path = isWritable(home) ? inHome : ofUser;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(session)}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return path;
}

/** Forgets it; answers whether there was one. */
export function removeTerminalSession({ home }: { home: string }, env: Terminal['env']): boolean {
  const there = places(home, env).filter((path) => readOrNothing(path) !== undefined);
  for (const path of there) rmSync(path, { force: true });
  return there.length > 0;
}

function places(home: string, env: Terminal['env']): [inHome: string, ofUser: string] {
  const state = env.XDG_STATE_HOME?.startsWith('/')
    ? env.XDG_STATE_HOME
    : join(env.HOME || homedir(), '.local', 'state');
  return [join(home, fileName), join(state, 'gaia', fileName)];
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function parsed(text: string | undefined): TerminalSession | undefined {
  if (text === undefined) return undefined;
  try {
    const found = JSON.parse(text) as Partial<TerminalSession> | null;
    const isWhole =
      typeof found?.session === 'string' && typeof found.url === 'string' && typeof found.expiresAt === 'number';
    return isWhole ? { ...(found as TerminalSession), person: found.person ?? '' } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

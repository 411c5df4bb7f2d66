import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GaiaProblem } from '../../client/problem.ts';
import { visible } from '../../core/text/visible.ts';
import { writeFileAtomic } from '../../home/write-file-atomic.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { readOrNothing } from '../read-or-nothing.ts';

/** People have half an hour, and the hook a minute more to say so. */
const seconds = { people: 1_800, hook: 1_860 } as const;

/** What is put before people: what changes something, and tools of other servers. Reading is not. */
const matcher = 'Bash|Edit|MultiEdit|Write|NotebookEdit|WebFetch|mcp__(?!gaia__).*';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Members = { [name: string]: Json };

/** Writes the hook into Claude Code's settings of this directory, after showing what it writes. The rest of the file stays. */
export async function installHook(cli: Cli, { settings, yes }: { settings?: string; yes?: boolean }): Promise<Exit> {
  const path = resolve(cli.terminal.cwd, settings ?? '.claude/settings.json');
  const before = readSettings(path);
  const entry: Members = { matcher, hooks: [{ type: 'command', command: commandOf(cli), timeout: seconds.hook }] };
  const after = withEntry(before, entry);
  const isThere = JSON.stringify(before) === JSON.stringify(after);
  const shown = JSON.stringify({ hooks: { PreToolUse: [entry] } }, null, 2);
  if (isThere) {
    cli.answer({ path, written: false, entry }, [`${path} has this hook already.`]);
    return exits.done;
  }
  cli.note(
    `To ${visible(path)}, under "hooks", this is added; the rest of the file stays:`,
    ...shown.split('\n').map(visible),
  );
  if (!yes && !(await agreed(cli))) {
    cli.answer({ path, written: false, entry }, ['Nothing was written.']);
    return exits.failed;
  }
  mkdirSync(dirname(path), { recursive: true });
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777;
  await writeFileAtomic(path, `${JSON.stringify(after, null, 2)}\n`, { mode });
  cli.answer({ path, written: true, entry }, [
    `Written to ${path}. Claude Code reads it when it starts; /hooks there shows it.`,
  ]);
  return exits.done;
}

async function agreed(cli: Cli): Promise<boolean> {
  if (cli.terminal.canAsk) return /^y(es)?$/i.test((await cli.terminal.ask('Write it? [y/N] ')).trim());
  throw new GaiaProblem({
    status: 400,
    code: 'confirmation_needed',
    detail: 'There is nobody here to ask.',
    remedy: 'Say --yes, or put the entry there yourself.',
  });
}

function readSettings(path: string): Members {
  const text = readOrNothing(path);
  if (text === undefined || text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as Json;
    if (isMembers(value) && isMembers(value.hooks ?? {})) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new GaiaProblem({
    status: 409,
    code: 'settings_damaged',
    detail: `${path} is not settings of Claude Code, so nothing was written to it.`,
    remedy: 'Correct it, or name another file with --settings.',
  });
}

function withEntry(settings: Members, entry: Members): Members {
  const hooks = (settings.hooks ?? {}) as Members;
  const known = Array.isArray(hooks.PreToolUse) ? hooks.PreToolUse : [];
  const others = known.filter((each) => !isOurs(each));
  return { ...settings, hooks: { ...hooks, PreToolUse: [...others, entry] } };
}

const isOurs = (entry: Json): boolean => /hook claude-code/.test(JSON.stringify(entry));

/** A call of this very Gaia, wherever the agent runs: its program, and its data directory or address. */
function commandOf(cli: Cli): string {
  const main = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
  const { home, url, urlIsTrusted } = cli.settings;
  const place = urlIsTrusted ? [`GAIA_URL=${quoted(url)}`] : [];
  const program = [process.execPath, main, 'hook', 'claude-code', '--seconds', String(seconds.people)].map(quoted);
  return [`GAIA_HOME=${quoted(home)}`, ...place, ...program].join(' ');
}

const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

const isMembers = (value: Json): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GaiaProblem } from '../../client/problem.ts';
import { visible } from '../../core/text/visible.ts';
import { makeDirectory } from '../../home/make-directory.ts';
import { writeFileAtomic } from '../../home/write-file-atomic.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { readOrNothing } from '../read-or-nothing.ts';

/** People have half an hour, and the hook a minute more to start and to say so: more than `lastWordSeconds`. */
const seconds = { people: 1_800, hook: 1_860 } as const;

/** Tools that only read files of this machine, or keep the session's own notes, by their vendor's description. */
const readOnly =
  'Read|Glob|Grep|LS|NotebookRead|BashOutput|TaskOutput|TaskCreate|TaskGet|TaskList|TaskUpdate|TodoRead|TodoWrite|ToolSearch|AskUserQuestion|EnterPlanMode|ExitPlanMode';
/** By these an agent asks; who decides is not the agent. */
const ownTools =
  'mcp__gaia__(?:answer_comment|ask_human|get_request|list_requests|propose_changeset|request_command|wait_for_decision|withdraw_request)';

/** What is put before people: every tool but these, also one that does not exist yet. The whole name counts. */
const matcher = `^(?!(?:${readOnly}|${ownTools})$).*$`;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Members = { [name: string]: Json };

/**
 * Writes the hook into Claude Code's settings of this directory and this machine, after showing what it writes. The rest of
 * the file stays. It names programs and directories of this machine, so it does not go into the settings that a team shares.
 */
export async function installHook(cli: Cli, { settings, yes }: { settings?: string; yes?: boolean }): Promise<Exit> {
  const path = realPath(resolve(cli.terminal.cwd, settings ?? '.claude/settings.local.json'));
  const before = readSettings(path);
  const handler = { type: 'command', command: commandOf(cli), timeout: seconds.hook, onFailure: 'block' };
  const entry: Members = { matcher, hooks: [handler] };
  const isThere = JSON.stringify(before) === JSON.stringify(withEntry(before, entry, path));
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
  const after = withEntry(readSettings(path), entry, path); // read again: the agent may have written to it meanwhile
  makeDirectory(dirname(path), { remedy: 'Name another settings file with --settings.' });
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777;
  await writeFileAtomic(path, `${JSON.stringify(after, null, 2)}\n`, { mode });
  cli.answer({ path, written: true, entry }, [
    `Written to ${path}. Claude Code reads it when it starts; /hooks there shows it.`,
    'It names paths of this machine: keep it out of version control.',
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

/** Where a link leads, so that the link stays one. */
function realPath(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path;
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync(path);
  throw damaged(`${path} is a link that leads nowhere.`);
}

function readSettings(path: string): Members {
  const text = statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readOrNothing(path);
  if (text === undefined) throw damaged(`${path} cannot be read.`);
  if (text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as Json;
    if (isMembers(value) && isMembers(value.hooks ?? {})) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw damaged(`${path} is not settings of Claude Code.`);
}

/** With the entry, and without our own handler as an earlier installation wrote it. What else stands in its group stays. */
function withEntry(settings: Members, entry: Members, path: string): Members {
  const hooks = (settings.hooks ?? {}) as Members;
  const known = hooks.PreToolUse ?? [];
  if (!Array.isArray(known)) throw damaged(`"PreToolUse" in ${path} is not a list.`);
  return { ...settings, hooks: { ...hooks, PreToolUse: [...known.flatMap(withoutOurs), entry] } };
}

function withoutOurs(group: Json): Json[] {
  if (!isMembers(group) || !Array.isArray(group.hooks)) return [group];
  const others = group.hooks.filter((handler) => !isOurs(handler));
  if (others.length === group.hooks.length) return [group];
  return others.length === 0 ? [] : [{ ...group, hooks: others }];
}

/** As this file writes it, and as the runbook does. */
const isOurs = (handler: Json): boolean =>
  isMembers(handler) &&
  typeof handler.command === 'string' &&
  /(?:\bgaia|\/cli\/main\.[jt]s)'? hook claude-code(?: |$)/.test(handler.command);

const damaged = (why: string) =>
  new GaiaProblem({
    status: 409,
    code: 'settings_damaged',
    detail: `${why} Nothing was written.`,
    remedy: 'Correct it, or name another file with --settings.',
  });

/** A call of this very Gaia, wherever the agent runs: its program, and its data directory or address. */
function commandOf(cli: Cli): string {
  const main = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
  const { home, url, urlIsTrusted } = cli.settings;
  const place = urlIsTrusted ? [`GAIA_URL=${quoted(url)}`] : [];
  const program = [process.execPath, main, 'hook', 'claude-code', '--seconds', String(seconds.people)].map(quoted);
  // Only the exit code 2 blocks: a hook that cannot start or breaks off shall not let the call go on.
  return [`GAIA_HOME=${quoted(home)}`, ...place, ...program, '|| exit 2'].join(' ');
}

const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

const isMembers = (value: Json): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Submission } from '../../core/approval/submission.ts';

/** What a coding agent tells its hooks before it uses a tool. Members that its vendor adds later are no reason to refuse. */
const payload = z.looseObject({
  hook_event_name: z.enum(['PreToolUse', 'PermissionRequest']),
  tool_name: z.string().min(1).max(200),
  tool_input: z.record(z.string(), z.unknown()),
  cwd: z.string().startsWith('/'),
  session_id: z.string().min(1).max(200).optional(),
  tool_use_id: z.string().min(1).max(200).optional(),
});

export interface ToolCall {
  event: 'PreToolUse' | 'PermissionRequest';
  tool: string;
  input: Record<string, unknown>;
  cwd: string;
  session: string | undefined;
  /** one use of the tool, where the vendor names it */
  use: string | undefined;
}

/** Reads what stood on standard input; undefined with the reason where it is no tool call. */
export function readToolCall(text: string): ToolCall | { fault: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { fault: 'what stood on standard input is not JSON' };
  }
  const read = payload.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { fault: `${issue?.path.join('.') || 'the payload'}: ${issue?.message ?? 'is not understood'}` };
  }
  const { hook_event_name, tool_name, tool_input, cwd, session_id, tool_use_id } = read.data;
  return { event: hook_event_name, tool: tool_name, input: tool_input, cwd, session: session_id, use: tool_use_id };
}

/** The longest question there is, in UTF-16 code units; nothing of an input is ever left out. */
const longestQuestion = 8_000;

export const allowed = 'allow';
export const notAllowed = 'do not allow';

/** Ways to ask for a tool call, the plainest first; a later one where Gaia does not find the program of the one before. */
export function submissionsFor(call: ToolCall, agent: string, seconds: number): Submission[] | { fault: string } {
  const common = {
    title: `${agent}: ${call.tool}`.slice(0, 200),
    ttlSeconds: Math.min(86_400, Math.max(30, seconds)),
    ...(call.session && { agentRunId: call.session }),
  };
  const key = (place: number) => call.use && { idempotencyKey: keyOf(call, agent, place) };
  const { description } = call.input;
  const commands = commandsOf(call);
  if (commands.length > 0) {
    return commands.map((argv, place) => ({
      kind: 'command' as const,
      ...common,
      ...(typeof description === 'string' && description !== '' && { reason: description.slice(0, 4_000) }),
      ...key(place),
      command: { argv, cwd: call.cwd, mode: 'client' as const },
    }));
  }
  // One answer allows one call: the call is named, so that an equal one is a question of its own.
  const which = [call.use && `call ${call.use}`, call.session && `session ${call.session}`].filter((part) => part);
  const text = `${agent} wants to use the tool ${call.tool} in ${call.cwd}${which.length > 0 ? ` (${which.join(', ')})` : ''}, with this input:\n${JSON.stringify(call.input, null, 2)}`;
  if (text.length > longestQuestion) {
    return {
      fault: `the input of ${call.tool} is ${text.length.toLocaleString('en')} characters long, and at most ${longestQuestion.toLocaleString('en')} can be put before a person; take smaller steps`,
    };
  }
  return [{ kind: 'question', ...common, ...key(0), question: { text, choices: [allowed, notAllowed] } }];
}

/** The tools that hand a text, or words, to a shell, and how the shell takes a text. */
const shells: Readonly<Record<string, (text: string) => string[][]>> = {
  Bash: wordsOrBash,
  Monitor: wordsOrBash,
  shell: wordsOrBash,
  local_shell: wordsOrBash,
  exec_command: wordsOrBash,
  PowerShell: (text) => [['pwsh', '-NoProfile', '-NonInteractive', '-Command', text]],
};

/** Members of a shell's input beside its command that change nothing about its effect. */
const besideTheCommand = ['description', 'timeout', 'timeout_ms'];

/**
 * What a shell's call runs, where that is all it does. With any other member (a directory, more rights, the background) it is
 * no plain command: then all of its input is put before people.
 */
function commandsOf({ tool, input }: ToolCall): string[][] {
  const shell = Object.hasOwn(shells, tool) ? shells[tool] : undefined;
  const { command, ...others } = input;
  if (shell === undefined || Object.keys(others).some((name) => !besideTheCommand.includes(name))) return [];
  if (typeof command === 'string' && command !== '') return shell(command);
  const isWords = Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === 'string');
  return isWords ? [command] : [];
}

function wordsOrBash(text: string): string[][] {
  const words = plainWords(text);
  return [...(words ? [words] : []), ['/bin/bash', '--noprofile', '--norc', '-c', text]];
}

/** Words that a shell would do something else with than run a program of this name. */
const ofTheShell = new Set(
  `. : [ alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs disown do done
  echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help history if in jobs kill let
  local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source suspend test then
  time times trap true type typeset ulimit umask unalias unset until wait while`.split(/\s+/),
);

/**
 * The words of a command line that every shell takes as they stand: no quotes, expansions, operators or assignments, and a
 * program in front. What is anything else is asked for as the shell string it is.
 */
export function plainWords(text: string): string[] | undefined {
  if (!/^[A-Za-z0-9_./:@%+,=-]+(?: +[A-Za-z0-9_./:@%+,=-]+)*$/.test(text)) return undefined;
  const words = text.split(/ +/);
  const program = words[0] as string;
  return ofTheShell.has(program) || program.includes('=') ? undefined : words;
}

/** One use of a tool is one request, however often its hook is run. */
const keyOf = ({ session, use, input }: ToolCall, agent: string, way: number): string =>
  createHash('sha256')
    .update(JSON.stringify([agent, session, use, input, way]))
    .digest('hex');

import type { Facts } from '../policy/types.ts';
import { mixedScripts, readsRightToLeft } from '../text/scripts.ts';
import { visible } from '../text/visible.ts';
import { runningOption } from './options.ts';
import { programName } from './program-name.ts';
import { interpreters, isLoaderName, multiCall, plainApplets, privileged, shells, wrappers } from './words.ts';

/** What a command does that a person should look at twice: each completes "needs a closer look when …". */
export const riskWords = {
  privilege: "it takes somebody else's rights",
  shell: 'it runs a shell',
  pipe_into_shell: 'it feeds text into a shell',
  interpreter: 'it runs an interpreter',
  wrapper: 'it runs a program that runs others',
  command_option: 'one of its options runs another program',
  loader_env: 'its environment changes what programs load',
  replaceable_script: 'its script can be replaced by others',
  replaceable_program: 'its program can be replaced by others',
} as const;
export type RiskCode = keyof typeof riskWords;

export interface Risk {
  code: RiskCode;
  /** from `riskWords` */
  words: string;
  /** what was found, visible: `“python3.11” runs code` */
  because: string;
}

type CommandFacts = NonNullable<Facts['command']>;

/** Why a command is `high`, each reason once. Judged by the name it is called by and by the program that really runs. */
export function riskOf(command: Facts['command']): Risk[] {
  if (command === undefined) return [];
  const found = new Map<RiskCode, string>();
  const note = (code: RiskCode, because: string) => {
    if (!found.has(code)) found.set(code, because);
  };
  for (const path of programsOf(command)) noteProgram(path, '', note);
  noteApplet(command, note);
  noteOptions(command, note);
  if (found.size > 0) noteOperands(command.argv, note);
  if (command.executableFormat === 'text') {
    note('shell', `${quoted(command.executable)} does not say what reads it, so a shell does`);
  }
  for (const argument of command.argv.slice(1)) {
    if (feedsAShell(argument)) note('pipe_into_shell', `the argument ${quoted(argument)} does`);
  }
  for (const name of command.env) {
    if (isLoaderName(name)) note('loader_env', `it sets ${visible(name)}`);
  }
  noteReplaceable(command, note);
  const codes = Object.keys(riskWords) as RiskCode[];
  return codes.flatMap((code) => {
    const because = found.get(code);
    return because === undefined ? [] : [{ code, words: riskWords[code], because }];
  });
}

/** Short words for the head of a card, the weightiest first. */
export function badges({ command, isTest }: Pick<Facts, 'command' | 'isTest'>): string[] {
  const shown = riskOf(command).map(({ code }) => badgeOf[code]);
  if (command?.hasStdin) shown.push('STDIN');
  const texts = command === undefined ? [] : [...command.argv, command.cwd, command.executable];
  if (texts.some(mixedScripts)) shown.push('MIXED SCRIPTS');
  if (texts.some(readsRightToLeft)) shown.push('RIGHT TO LEFT');
  if (isTest) shown.push('TEST');
  return shown;
}

const badgeOf: Record<RiskCode, string> = {
  privilege: 'SUDO',
  shell: 'SHELL',
  pipe_into_shell: 'PIPE INTO SHELL',
  interpreter: 'INTERPRETER',
  wrapper: 'WRAPPER',
  command_option: 'RUNS ANOTHER',
  loader_env: 'ENV',
  replaceable_script: 'SCRIPT',
  replaceable_program: 'REPLACEABLE',
};

type Note = (code: RiskCode, because: string) => void;

/** The names to judge: as called, and as found; of a multi-call binary only the name it is called by. */
function programsOf({ argv, executable }: CommandFacts): string[] {
  const called = argv[0] ?? '';
  return multiCall.has(programName(executable)) ? [called] : [called, executable];
}

function noteProgram(path: string, where: string, note: Note): void {
  const name = programName(path);
  const shown = `${quoted(path)}${where}`;
  if (privileged.has(name)) note('privilege', `${shown} runs others as somebody else`);
  if (shells.has(name)) note('shell', `${shown} is a shell`);
  if (interpreters.has(name)) note('interpreter', `${shown} runs code`);
  if (wrappers.has(name)) note('wrapper', `${shown} runs other programs`);
}

/** A multi-call program that is called by no name of a plain applet takes the applet from its arguments, or is unknown. */
function noteApplet({ argv, executable }: CommandFacts, note: Note): void {
  const called = argv[0] ?? '';
  const applet = called.slice(called.lastIndexOf('/') + 1).replace(/^-/, '');
  if (!multiCall.has(programName(executable)) || plainApplets.has(applet)) return;
  if (saysWhatItRuns(programName(called))) return;
  note('wrapper', `${quoted(called)} may be any program of ${quoted(executable)}`);
}

const saysWhatItRuns = (name: string): boolean =>
  [privileged, shells, interpreters, wrappers].some((list) => list.has(name));

function noteReplaceable({ executable, executableBinding, interpreter }: CommandFacts, note: Note): void {
  if (executableBinding === 'fixed' || executableBinding === 'stated') return;
  const where = 'outside the places only the administrator may write';
  if (interpreter === undefined) note('replaceable_program', `${quoted(executable)} stands ${where}`);
  else note('replaceable_script', `${quoted(executable)} is a script (${visible(interpreter)}) ${where}`);
}

/** What a program that runs others may be told to run stands anywhere among its arguments. */
function noteOperands(argv: readonly string[], note: Note): void {
  for (const argument of argv.slice(1)) {
    const assigned = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(argument)?.[1];
    if (assigned !== undefined && isLoaderName(assigned)) note('loader_env', `it sets ${assigned}`);
    for (const word of argument.split(/[\s;&|()`]+/, 200)) {
      if (word !== '' && !word.startsWith('-')) noteProgram(word, ' among its arguments', quietly(note));
    }
  }
}

/** A wrapper's operand is named as shell, interpreter or other rights; that it is one more wrapper says nothing new. */
const quietly =
  (note: Note): Note =>
  (code, because) => {
    if (code !== 'wrapper') note(code, because);
  };

function noteOptions(command: CommandFacts, note: Note): void {
  for (const path of programsOf(command)) {
    const given = runningOption(programName(path), command.argv.slice(1));
    if (given !== undefined) note('command_option', `${quoted(path)} with ${quoted(given)} may`);
  }
}

/** `… | sh`, `… | sudo -E bash -s`, `sh <(curl …)`, `eval "$(wget …)"`. */
function feedsAShell(argument: string): boolean {
  if (/(?:<\(|\$\(|`)\s{0,20}(?:curl|wget|fetch|aria2c|http|nc|ncat)\s/.test(argument)) return true;
  const stages = argument.split('|', 1_000);
  if (stages.length === 1_000) return true;
  return stages.slice(1).some(startsAShell);
}

function startsAShell(stage: string): boolean {
  for (const word of stage
    .replace(/^&/, '')
    .trimStart()
    .slice(0, 1_000)
    .split(/[\s;&)"'`]+/, 12)) {
    const name = programName(word);
    if (shells.has(name) || interpreters.has(name)) return true;
    const stepsAside =
      word === '' || word.startsWith('-') || word.includes('=') || privileged.has(name) || wrappers.has(name);
    if (!stepsAside) return false;
  }
  return false;
}

const quoted = (text: string): string => {
  const shown = visible(text.length > 80 ? text.slice(0, 80) : text);
  return text.length > 80 ? `“${shown}…”` : `“${shown}”`;
};

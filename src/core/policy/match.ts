import { quoteArgv } from '../text/quote.ts';
import { visible } from '../text/visible.ts';
import { matchesGlob, matchesPath } from './glob.ts';
import type { Match } from './policy.ts';
import type { Facts } from './types.ts';

/** Whether a rule looks at these facts, and why, in words: what fits where it does, what does not where it does not. */
export interface Matching {
  matched: boolean;
  because: string[];
}

export function matching(match: Match, facts: Facts): Matching {
  const looks = Object.entries(looksAt).flatMap(([key, look]) => {
    const wanted = match[key as keyof Match];
    return wanted === undefined ? [] : [look(wanted, facts)];
  });
  const misses = looks.filter(({ fits }) => !fits);
  if (misses.length > 0) return { matched: false, because: misses.map(({ words }) => words) };
  return {
    matched: true,
    because: looks.length === 0 ? ['it looks at every request'] : looks.map(({ words }) => words),
  };
}

/** Every argument pattern in its place, a last `**` standing for any rest, as does nothing. */
export function fitsArgv(patterns: readonly string[], { argv, executable }: NonNullable<Facts['command']>): boolean {
  const placed = patterns.at(-1) === '**' ? patterns.slice(0, -1) : patterns;
  return placed.every((pattern, place) => {
    const argument = argv[place];
    if (argument === undefined) return false;
    // A program may be called by any path to it; a rule that says `make` means make.
    const called =
      place === 0 && !pattern.includes('/') ? [argument, baseName(argument), baseName(executable)] : [argument];
    return called.some((text) => matchesGlob(pattern, text));
  });
}

/** Whether an option is given: as it stands, with `=value`, shortened (`--forc`), or within a cluster (`-f` in `-rf`). */
export function givesFlag(flag: string, argument: string): boolean {
  const [name = argument] = argument.startsWith('--') ? argument.split('=', 1) : [argument];
  if (matchesGlob(flag, argument) || matchesGlob(flag, name)) return true;
  if (/^-[A-Za-z0-9]$/.test(flag)) return /^-[A-Za-z0-9]+/.test(argument) && argument.includes(flag.slice(1));
  return flag.startsWith('--') && name.length > 2 && name.startsWith('--') && flag.startsWith(name);
}

interface Look {
  fits: boolean;
  words: string;
}

const command =
  (look: (command: NonNullable<Facts['command']>, wanted: readonly string[]) => Look) =>
  (wanted: readonly string[], facts: Facts): Look =>
    facts.command === undefined ? { fits: false, words: 'it is no command' } : look(facts.command, wanted);

const change =
  (look: (change: NonNullable<Facts['change']>, wanted: readonly string[]) => Look) =>
  (wanted: readonly string[], facts: Facts): Look =>
    facts.change === undefined ? { fits: false, words: 'it is no changeset' } : look(facts.change, wanted);

/** What each member of a match looks at; a new member is a new line here. */
const looksAt: Record<keyof Match, (wanted: readonly string[], facts: Facts) => Look> = {
  kind: (wanted, { kind }) => one('its kind', kind, wanted.includes(kind) ? kind : undefined, wanted),
  agent: (wanted, { agent }) =>
    agent === undefined
      ? { fits: false, words: 'no agent asks' }
      : one(
          'its agent',
          agent,
          first(wanted, (glob) => matchesGlob(glob, agent)),
          wanted,
        ),
  argv: command((asked, wanted) => {
    const fits = fitsArgv(wanted, asked);
    return { fits, words: `its arguments ${fits ? 'begin' : 'do not begin'} with ${said([quoteArgv(wanted)])}` };
  }),
  flags: command(({ argv }, wanted) => {
    const flag = first(wanted, (one) => argv.slice(1).some((argument) => givesFlag(one, argument)));
    return flag === undefined
      ? { fits: false, words: `it is called without ${said(wanted)}` }
      : { fits: true, words: `it is called with ${said([flag])}` };
  }),
  executable: command(({ executable }, wanted) =>
    one(
      'its program',
      executable,
      first(wanted, (glob) => matchesPath(glob, executable)),
      wanted,
    ),
  ),
  cwd: command(({ cwd }, wanted) =>
    one(
      'its directory',
      cwd,
      first(wanted, (glob) => matchesPath(glob, cwd)),
      wanted,
    ),
  ),
  env: command(({ env }, wanted) => {
    const name = env.find((name) => wanted.some((glob) => matchesGlob(glob, name)));
    return name === undefined
      ? { fits: false, words: `it sets nothing like ${said(wanted)}` }
      : { fits: true, words: `it sets ${visible(name)}` };
  }),
  repo: change(({ target }, wanted) =>
    one(
      'its target',
      target,
      first(wanted, (glob) => matchesGlob(glob.toLowerCase(), target.toLowerCase())),
      wanted,
    ),
  ),
  operation: change(({ operations }, wanted) => {
    const found = operations.find((op) => wanted.some((glob) => matchesGlob(glob, op)));
    return found === undefined
      ? { fits: false, words: `none of its operations is ${said(wanted)}` }
      : { fits: true, words: `one of its operations is ${said([found])}` };
  }),
  mode: command(({ mode }, wanted) =>
    one('its mode', mode, (wanted as readonly string[]).includes(mode) ? mode : undefined, wanted),
  ),
};

function one(what: string, value: string, fitting: string | undefined, wanted: readonly string[]): Look {
  const is = `${what} is ${said([value])}`;
  if (fitting === undefined) return { fits: false, words: `${is}, not ${said(wanted)}` };
  return { fits: true, words: fitting === value ? is : `${is}, which fits ${said([fitting])}` };
}

const first = (wanted: readonly string[], fits: (one: string) => boolean): string | undefined => wanted.find(fits);

/** “a”, “b” or “c” */
export const said = (values: readonly string[]): string => {
  const shown = values.map((value) => `“${visible(value)}”`);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
};

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

import { canonical, type Json } from '../canonical.ts';
import type { ResolvedCommand } from '../command/command.ts';
import type { Effect } from './request.ts';
import { sandboxWords } from './words.ts';

/** One difference between a request and the one it replaces; null where one side has nothing there. */
export interface Change {
  what: string;
  before: string | null;
  after: string | null;
}

/** What is different from the request that this one replaces, the weightiest first; empty where they ask for the same. */
export function changesBetween(earlier: Effect, later: Effect): Change[] {
  if (earlier.kind === 'command' && later.kind === 'command')
    return [...testChange(earlier, later), ...commandChanges(earlier.command, later.command)];
  if (earlier.kind === 'question' && later.kind === 'question') {
    return [
      ...testChange(earlier, later),
      ...between('the question', earlier.question.text, later.question.text),
      ...listChanges('choice', earlier.question.choices ?? [], later.question.choices ?? []),
    ];
  }
  return between('the kind', earlier.kind, later.kind);
}

const testChange = (earlier: Effect, later: Effect): Change[] =>
  between('marked as a test', yesNo(earlier.isTest), yesNo(later.isTest));

function commandChanges(earlier: ResolvedCommand, later: ResolvedCommand): Change[] {
  return [
    ...argumentChanges(earlier.argv, later.argv),
    ...between('the program', earlier.executable.path, later.executable.path),
    ...(earlier.executable.path === later.executable.path
      ? between('the content of the program', earlier.executable.sha256, later.executable.sha256)
      : []),
    ...between('the directory', earlier.cwd.path, later.cwd.path),
    ...between('the host', earlier.host, later.host),
    ...between('the mode', earlier.mode, later.mode),
    ...memberChanges('environment', earlier.env, later.env),
    ...between('the standard input', earlier.stdin ?? null, later.stdin ?? null),
    ...memberChanges('the content of', contentOf(earlier), contentOf(later)),
    ...between('the time limit', `${earlier.timeoutSeconds} s`, `${later.timeoutSeconds} s`),
    ...sandboxChanges(earlier.sandbox, later.sandbox),
  ];
}

function sandboxChanges(earlier: ResolvedCommand['sandbox'], later: ResolvedCommand['sandbox']): Change[] {
  const [before, after] = [sandboxWords(earlier), sandboxWords(later)];
  if (canonical(earlier as unknown as Json) === canonical(later as unknown as Json)) return [];
  return [{ what: 'the sandbox', before, after: before === after ? `${after}, with other details` : after }];
}

/** Arguments that both begin and end with stay out, so that an inserted one is told as one. */
function argumentChanges(earlier: readonly string[], later: readonly string[]): Change[] {
  let start = 0;
  while (start < Math.min(earlier.length, later.length) && earlier[start] === later[start]) start++;
  let end = 0;
  while (
    end < Math.min(earlier.length, later.length) - start &&
    earlier[earlier.length - 1 - end] === later[later.length - 1 - end]
  )
    end++;
  const before = earlier.slice(start, earlier.length - end);
  const after = later.slice(start, later.length - end);
  return Array.from({ length: Math.max(before.length, after.length) }, (_, place) => ({
    what: `argument ${start + place}`,
    before: before[place] ?? null,
    after: after[place] ?? null,
  })).filter((change) => change.before !== change.after);
}

const listChanges = (what: string, earlier: readonly string[], later: readonly string[]): Change[] =>
  Array.from({ length: Math.max(earlier.length, later.length) }, (_, place) =>
    between(`${what} ${place + 1}`, earlier[place] ?? null, later[place] ?? null),
  ).flat();

function memberChanges(
  what: string,
  earlier: Readonly<Record<string, string>>,
  later: Readonly<Record<string, string>>,
): Change[] {
  const names = [...new Set([...Object.keys(earlier), ...Object.keys(later)])].sort();
  return names.flatMap((name) => between(`${what} ${name}`, own(earlier, name), own(later, name)));
}

const own = (members: Readonly<Record<string, string>>, name: string): string | null =>
  Object.hasOwn(members, name) ? (members[name] as string) : null;

const contentOf = ({ files }: ResolvedCommand): Record<string, string> =>
  Object.fromEntries(files.map(({ path, sha256 }) => [path, `sha256 ${sha256.slice(0, 12)}`]));

const between = (what: string, before: string | null, after: string | null): Change[] =>
  before === after ? [] : [{ what, before, after }];

const yesNo = (is: boolean): string => (is ? 'yes' : 'no');

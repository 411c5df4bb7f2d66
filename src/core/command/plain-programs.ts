import type { ResolvedCommand } from './command.ts';
import { multiCall } from './words.ts';

/** Whether these arguments keep a program from starting others, writing files, and reading what they do not name. */
type Fits = (operands: readonly string[]) => boolean;

const any: Fits = () => true;
/** `--files0-from=F`, also shortened, takes the names of files from a file. */
const withoutLists: Fits = (given) => !given.some((argument) => /^--fi/.test(argument));
/** `date -s` and `date 01011200` set the clock. */
const showsTime: Fits = (given) =>
  given.every((argument) => /^(?:\+.*|-u|--utc|-R|-I\w*|--rfc-3339=\w+)$/s.test(argument));
const asksOfUnits: Fits = ([verb = '', ...units]) =>
  ['status', 'is-active', 'is-enabled', 'is-failed'].includes(verb) &&
  units.every((unit) => /^[\w@.:\\][\w@.:\\-]*$/.test(unit));

/**
 * Programs that start nothing, write nothing, and read neither configuration nor anything else than their operands.
 * What is missing here is not judged harmless: most programs read something of the project they stand in.
 */
const plain: Readonly<Record<string, Fits>> = {
  ...Object.fromEntries(
    `ls cat head tail stat df id whoami groups pwd echo printf true false sha1sum sha224sum sha256sum sha384sum sha512sum
    md5sum b2sum cksum cmp cut tr nl base64 basename dirname realpath readlink uptime free ps nproc uname arch`
      .split(/\s+/)
      .map((name) => [name, any]),
  ),
  wc: withoutLists,
  du: withoutLists,
  date: showsTime,
  systemctl: asksOfUnits,
};

/** Why a command may do something else the next time it runs, as it stands; undefined where it does the same. */
export function mayChange({
  argv,
  executable,
  env,
}: Pick<ResolvedCommand, 'argv' | 'executable' | 'env'>): string | undefined {
  const [called = '', ...operands] = argv;
  const name = baseName(called);
  const runs = baseName(executable.path);
  const fits = Object.hasOwn(plain, name) && (runs === name || multiCall.has(runs)) ? plain[name] : undefined;
  if (executable.binding !== 'fixed' || executable.format !== 'native' || fits === undefined)
    return 'what its program does may hang on files that change after the approval, as with a Makefile';
  if (!fits(operands)) return 'with these arguments it may do more than it shows';
  if (Object.keys(env).length > 0) return 'it sets variables, which programs and libraries act on';
  return undefined;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

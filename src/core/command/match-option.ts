/** Options of one program that run another one. */
export interface Options {
  /** without dashes; every abbreviation counts, as getopt_long(3) takes each that is unambiguous */
  long?: readonly string[];
  /** long options that look like an abbreviation of one above and are not */
  harmless?: readonly string[];
  /** letters, also inside a cluster (`-xzI`) */
  short?: string;
  /** letters that take the rest of their cluster as a value, so that no further letter stands there */
  valued?: string;
  /** the first argument may be a cluster without its dash (`tar cfI`); its letters take their values from later arguments */
  bundled?: true;
  /** other arguments */
  words?: RegExp;
}

/** The first argument that is one of the options. Values that look like one count too: better a look too many. */
export const matchOption = (options: Options, args: readonly string[]): string | undefined =>
  args.find((argument, at) => isOption(options, argument, at === 0));

function isOption(options: Options, argument: string, isFirst: boolean): boolean {
  const { long = [], harmless = [], short = '', valued = '', bundled, words } = options;
  if (words?.test(argument)) return true;
  if (argument.startsWith('--')) {
    const name = argument.slice(2, 66).split('=', 1)[0] ?? '';
    return name !== '' && !harmless.includes(name) && long.some((option) => option.startsWith(name));
  }
  if (argument.startsWith('-')) return inCluster(argument.slice(1), short, valued);
  return bundled === true && isFirst && inCluster(argument, short, '');
}

function inCluster(letters: string, short: string, valued: string): boolean {
  for (const letter of letters) {
    if (short.includes(letter)) return true;
    if (valued.includes(letter)) return false;
  }
  return false;
}

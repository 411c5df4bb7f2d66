/**
 * The first argument of sed that may run a program or reach another file: a script file, an option not known here, or a
 * script beyond deleting, printing and replacing (`e`, `s///e`, `w`). What is not plainly harmless counts.
 */
export function sedRuns(args: readonly string[]): string | undefined {
  const operands: string[] = [];
  let hasScript = false;
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] as string;
    if (argument === '--') {
      operands.push(...args.slice(at + 1));
      break;
    }
    const expression = /^(?:-[nErsuz]*e|--expression(?:=|$))(.*)$/s.exec(argument)?.[1];
    if (expression !== undefined) {
      const isAttached = expression !== '' || argument.endsWith('=');
      if (!isAttached) at += 1;
      const script = isAttached ? expression : (args[at] ?? '');
      // with POSIXLY_CORRECT set, what stands before the first option is the script
      const harmful = [...operands.slice(0, 1), script].find((one) => !isHarmless(one));
      if (harmful !== undefined) return harmful;
      hasScript = true;
    } else if (!argument.startsWith('-') || argument === '-') operands.push(argument);
    else if (!harmlessOption.test(argument)) return argument;
  }
  const script = hasScript ? undefined : operands[0];
  return script === undefined || isHarmless(script) ? undefined : script;
}

const harmlessOption =
  /^(?:-[nErsuz]*(?:i.*)?|--(?:quiet|silent|regexp-extended|separate|unbuffered|null-data|posix|sandbox|debug|help|version|in-place(?:=.*)?))$/s;

const address = String.raw`(?:\d+|\$|/(?:[^/\\\n]|\\[^\n])*/)`;
const replaced = String.raw`(?:(?!\1)[^\\\n]|\\[^\n])*`;
/** One command: an address, then a single letter, text to put in, or `s` with flags that only choose and print. */
const harmlessCommand = new RegExp(
  String.raw`\s*(?:${address}(?:,${address})?\s{0,9}!?\s{0,9})?(?:[aic][^\n]*|[dDpPqQ=nNgGhHx]|[sy]([^\\\w\s])${replaced}\1${replaced}\1[gpiImM0-9]*)[ \t]*(?:[;\n]|$)\s*`,
  'y',
);

function isHarmless(script: string): boolean {
  harmlessCommand.lastIndex = 0;
  while (harmlessCommand.lastIndex < script.length) {
    if (!harmlessCommand.test(script)) return false;
  }
  return true;
}

import { basename } from 'node:path';

/** How one family of interpreters reads its options, as far as needed to find the script among the arguments. */
interface Family {
  names: RegExp;
  /** letters in a cluster (`-euo`) that take the rest of the cluster, or else the next argument */
  valued: string;
  /** letters that take only the rest of their cluster (`-i.bak`) */
  attached: string;
  /** letters after which the program comes from elsewhere: an argument, a module, standard input */
  noScript: string;
  longValued: readonly string[];
  longNoScript: readonly string[];
}

/** From the manuals of bash 5, python 3.13, node 20 and 24, perl 5.40, ruby 3.3, php 8.4 and lua 5.4. */
const families: readonly Family[] = [
  {
    names: /^(r?bash|sh|dash|ash|zsh|[mp]?ksh|yash|fish)$/,
    valued: '',
    attached: '',
    noScript: 'cs',
    longValued: ['--rcfile', '--init-file', '--init-command'],
    longNoScript: ['--command'],
  },
  {
    names: /^(python|pypy)$/,
    valued: 'WX',
    attached: '',
    noScript: 'cm',
    longValued: ['--check-hash-based-pycs'],
    longNoScript: [],
  },
  {
    names: /^(node|nodejs)$/,
    valued: 'rC',
    attached: '',
    noScript: 'ep',
    longValued: [
      ...['--require', '--import', '--loader', '--experimental-loader', '--conditions', '--env-file'],
      ...['--env-file-if-exists', '--input-type', '--title', '--watch-path', '--openssl-config', '--icu-data-dir'],
      ...['--disable-warning', '--unhandled-rejections', '--dns-result-order', '--redirect-warnings'],
      ...[
        '--allow-fs-read',
        '--allow-fs-write',
        '--diagnostic-dir',
        '--cpu-prof-dir',
        '--cpu-prof-name',
        '--heap-prof-dir',
      ],
      ...['--heap-prof-name', '--snapshot-blob', '--experimental-default-type', '--inspect-port', '--test-reporter'],
      ...['--test-reporter-destination', '--test-name-pattern', '--experimental-config-file', '--localstorage-file'],
    ],
    longNoScript: ['--eval', '--print', '--run'],
  },
  { names: /^perl$/, valued: 'I', attached: 'CDFMVdimx', noScript: 'eE', longValued: [], longNoScript: [] },
  {
    names: /^ruby$/,
    valued: 'CEIr',
    attached: 'FKTWix',
    noScript: 'e',
    longValued: ['--encoding', '--external-encoding', '--internal-encoding'],
    longNoScript: [],
  },
  {
    names: /^php$/,
    valued: 'cdfz',
    attached: '',
    noScript: 'rBRE',
    longValued: ['--define', '--php-ini'],
    longNoScript: ['--run'],
  },
  { names: /^(lua|luajit)$/, valued: 'el', attached: '', noScript: '', longValued: [], longNoScript: [] },
];

/**
 * The place in `argv` of the file that an interpreter will read as its program, also behind `env` and `busybox`.
 * Nothing where argv[0] is no interpreter, or where its program is an argument, a module or standard input.
 * `executable` is the real path of argv[0]: either name may tell (`python` → python3.13, `./run` → bash).
 */
export function scriptOperand(argv: readonly string[], executable: string): number | undefined {
  return afterProgram(argv, 0, [nameOf(argv[0] ?? ''), nameOf(executable)]);
}

/** `python3.13` is python, `ruby3.3` is ruby. */
const nameOf = (path: string) => basename(path).replace(/[\d.]+$/, '');

function afterProgram(argv: readonly string[], at: number, names: string[]): number | undefined {
  if (names.includes('env')) return behind(argv, programOfEnv(argv, at + 1));
  if (names.includes('busybox')) return afterProgram(argv, at + 1, [nameOf(argv[at + 1] ?? '')]);
  const family = families.find((one) => names.some((name) => one.names.test(name)));
  return family && firstOperand(argv, at + 1, family);
}

/** What `env` starts: a path is itself the script, a bare name may be an interpreter. */
function behind(argv: readonly string[], program: number | undefined): number | undefined {
  const name = program === undefined ? undefined : argv[program];
  if (program === undefined || name === undefined) return undefined;
  return afterProgram(argv, program, [nameOf(name)]) ?? (name.includes('/') ? program : undefined);
}

/** Where the program stands after `env`; nothing with -S (one string of several arguments) or -C (another directory). */
function programOfEnv(argv: readonly string[], from: number): number | undefined {
  for (let at = from; at < argv.length; at += 1) {
    const arg = argv[at] ?? '';
    if (arg === '--') return afterAssignments(argv, at + 1);
    if (arg === '-u' || arg === '--unset') at += 1;
    else if (/^(-[iv0]*[SC]|--split-string|--chdir)/.test(arg)) return undefined;
    else if (!arg.startsWith('-')) return afterAssignments(argv, at);
  }
  return undefined;
}

function afterAssignments(argv: readonly string[], from: number): number | undefined {
  const program = argv.findIndex((arg, at) => at >= from && !arg.includes('='));
  return program === -1 ? undefined : program;
}

function firstOperand(argv: readonly string[], from: number, family: Family): number | undefined {
  for (let at = from; at < argv.length; at += 1) {
    const arg = argv[at] ?? '';
    if (arg === '-') return undefined;
    if (arg === '--') return at + 1 < argv.length ? at + 1 : undefined;
    if (arg.startsWith('--')) {
      const [name = ''] = arg.split('=', 1);
      if (family.longNoScript.includes(name)) return undefined;
      if (name === arg && family.longValued.includes(name)) at += 1;
    } else if (/^[-+]/.test(arg)) {
      const read = readCluster(arg.slice(1), family);
      if (read === 'no_script') return undefined;
      at += read;
    } else return at;
  }
  return undefined;
}

/** How many of the following arguments a cluster of letters takes, or that there is no script. */
function readCluster(letters: string, family: Family): number | 'no_script' {
  if (family.names.test('bash')) {
    // the shells take one name for every o and O, never attached
    return /[cs]/.test(letters) ? 'no_script' : (letters.match(/[oO]/g)?.length ?? 0);
  }
  for (const [index, letter] of [...letters].entries()) {
    if (family.noScript.includes(letter)) return 'no_script';
    if (family.attached.includes(letter)) return 0;
    if (family.valued.includes(letter)) return index === letters.length - 1 ? 1 : 0;
  }
  return 0;
}

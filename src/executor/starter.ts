import { invalid } from '../core/errors.ts';
import type { Tools } from './probe.ts';

/** What is started, as it will be seen where it runs. */
export interface Program {
  file: string;
  args: string[];
  argv0: string;
}

/** A place inside that must be the very one that was looked at outside. */
export interface Pinned {
  path: string;
  device: string;
  inode: string;
}

/** What the starter is told on descriptor 3, where no argument and no environment of a wrapper shows it. */
export interface Orders {
  program: Program;
  /** all that the program gets; nothing is added to it */
  env: Record<string, string>;
  pinned: Pinned[];
  /** whether it stays as the first process of a pid namespace and says how the program ended */
  isInit: boolean;
  noNewPrivs: boolean;
  /** how many processes may be; absent: as many as Gaia may start */
  processes?: number;
}

/**
 * Processes of one command in a sandbox (user namespaces count their own), or of all commands of EXEC_USER together. Enough
 * for a parallel build, and few enough that a fork bomb leaves the host its process numbers.
 */
export const processesMax = 4_096;

/** Numbers of execve, prctl and prlimit64, which the kernel keeps for ever. */
const systemCalls: Partial<Record<string, [execve: number, prctl: number, prlimit: number]>> = {
  x64: [59, 157, 302],
  arm64: [221, 167, 261],
  riscv64: [221, 167, 261],
  loong64: [221, 167, 261],
  ppc64: [11, 171, 325],
  s390x: [11, 172, 334],
};

/**
 * The last thing that runs before the program, in perl: shells and bubblewrap add names of their own to an environment, and
 * what a request names there (LD_PRELOAD) must work nowhere but in the program. It reads its orders to their end, compares the
 * pinned places, sets limits (4: core files, 6: processes), answers `ready`, and calls execve(2) itself: exec of perl would
 * hand what no machine reads to a shell. As an init it cannot be traced (prctl 4) and answers `ended` with a wait status.
 * Answers: `place PATH`, `ready`, `failed ERRNO`, `ended STATUS`; the program never has descriptor 3.
 */
const script = String.raw`
open(my $word, '+<&=', 3) or exit 125;
fcntl($word, 2, 1);
my $text = '';
1 while sysread($word, $text, 65536, length $text);
$text =~ s/^(\d+)\0//s && $1 == length $text or exit 125;
my @field = split /\0/, $text, -1;
pop @field;
my ($execve, $prctl, $prlimit, $init, $nnp, $processes, $pinned) = splice @field, 0, 7;
sub failed { syswrite $word, 'failed ' . ($! + 0) . "\n"; exit 126 }
while ($pinned-- > 0) {
  my ($path, $is) = splice @field, 0, 2;
  my @found = stat $path;
  next if @found && "$found[0]:$found[1]" eq $is;
  syswrite $word, "place $path\n";
  exit 125;
}
for my $each ([4, 0], $processes eq '' ? () : [6, $processes]) {
  my ($which, $most) = (0 + $each->[0], 0 + $each->[1]);
  my $now = pack 'QQ', 0, 0;
  syscall($prlimit, 0, $which, 0, $now) == 0 or failed;
  my $new = pack 'QQ', map { $_ < $most ? $_ : $most } unpack 'QQ', $now;
  syscall($prlimit, 0, $which, $new, 0) == 0 or failed;
}
if ($nnp) { syscall($prctl, 38, 1, 0, 0, 0) == 0 or failed }
if ($init) {
  syscall($prctl, 4, 0, 0, 0, 0) == 0 or failed;
  my $child = fork;
  defined $child or failed;
  if ($child) {
    close $_ for *STDIN, *STDOUT, *STDERR;
    while ((my $ended = wait) != -1) {
      next if $ended != $child;
      syswrite $word, "ended $?\n";
      exit 0;
    }
    exit 125;
  }
}
my ($count, $file) = splice @field, 0, 2;
my @arg = splice @field, 0, $count;
my $args = pack 'p*', @arg, undef;
my $env = pack 'p*', @field, undef;
$SIG{FPE} = 'DEFAULT';
syswrite $word, "ready\n";
syscall($execve, $file, $args, $env);
failed;
`;

/** Why nothing can be started here; undefined where it can. */
export function whyNoStarter({ perl }: Tools): string | undefined {
  if (systemCalls[process.arch] === undefined) return `processors of the kind ${process.arch} are not known`;
  return perl === undefined ? 'perl is not installed where only root may replace it' : undefined;
}

export function refuseWithoutStarter(tools: Tools): void {
  const why = whyNoStarter(tools);
  if (why === undefined) return;
  throw invalid(`Commands cannot be started here: ${why}.`, {
    reason: 'starter_missing',
    remedy: 'Install perl (package perl-base or perl), or unset ALLOW_COMMAND_EXECUTION: requests are rehearsed then.',
  });
}

/** The starter as a program that a wrapper starts. */
export const starter = ({ perl = '/usr/bin/perl' }: Tools): [string, ...string[]] => [perl, '-f', '-e', script];

export function ordersText({ program, env, pinned, isInit, noNewPrivs, processes }: Orders): Buffer {
  const fields = [
    ...(systemCalls[process.arch] ?? []),
    isInit ? '1' : '',
    noNewPrivs ? '1' : '',
    processes ?? '',
    pinned.length,
    ...pinned.flatMap(({ path, device, inode }) => [path, `${device}:${inode}`]),
    program.args.length + 1,
    ...[program.file, program.argv0, ...program.args],
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
  ].map(String);
  const nul = fields.find((field) => field.includes('\0'));
  if (nul !== undefined) throw new Error('an order holds a NUL'); // it would shift all that follow
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  return Buffer.concat([Buffer.from(`${body.length}\0`), body]);
}

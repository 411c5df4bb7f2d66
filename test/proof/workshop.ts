import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const isRoot = process.getuid?.() === 0;
/** Commands run as an ordinary user where the proofs run as root, as Gaia demands. */
export const execUser = isRoot ? { execUser: 'nobody' } : {};

/** `make run-N-SECONDS-CODE` leaves a line in `ran` when it begins and one in `ended`, says so, and ends with a code. */
const makefile = `MAKEFLAGS += -rR
Makefile: ;
run-%:
	@echo $@ >>ran; set -- $(subst -, ,$*); sleep $$2; echo "out $@"; echo $@ >>ended; exit $$3
`;

/**
 * A place where commands run and leave their traces, outside Gaia's directory and open to the user that commands run as;
 * and a directory for temporary files that is nobody else's, so that what is left there can be told.
 */
export function aWorkshop() {
  const root = mkdtempSync(join(tmpdir(), 'gaia-work-'));
  const [cwd, scratch] = [join(root, 'work'), join(root, 'tmp')];
  mkdirSync(cwd);
  mkdirSync(scratch);
  chmodSync(root, 0o755);
  chmodSync(cwd, 0o777);
  chmodSync(scratch, 0o1777);
  for (const name of ['ran', 'ended']) {
    writeFileSync(join(cwd, name), '');
    chmodSync(join(cwd, name), 0o666);
  }
  writeFileSync(join(cwd, 'Makefile'), makefile);
  const linesOf = (name: string): string[] =>
    existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), 'utf8').split('\n').filter(Boolean) : [];
  return {
    root,
    cwd,
    /** what a process of Gaia needs to start commands here */
    env: {
      ALLOW_COMMAND_EXECUTION: '1',
      TMPDIR: scratch,
      ...(isRoot ? { EXEC_USER: execUser.execUser as string } : {}),
    } as Record<string, string>,
    /** one word for each command that began */
    began: () => linesOf('ran'),
    /** one word for each that came to its own end */
    ended: () => linesOf('ended'),
    /** temporary directories that are there */
    scratches: (): string[] => readdirSync(scratch),
    /** Has this process keep its temporary files here until it is undone. */
    takeTemporaryFiles(): () => void {
      const before = process.env.TMPDIR;
      process.env.TMPDIR = scratch;
      return () => {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
      };
    },
    remove: (): void => rmSync(root, { recursive: true, force: true }),
  };
}
export type Workshop = ReturnType<typeof aWorkshop>;

/** Living processes that name a text among their arguments or in their environment, but this one; a zombie is none. */
export function processesThatName(text: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const read = (name: string): string => {
      try {
        return readFileSync(`/proc/${pid}/${name}`, 'latin1');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
        return ''; // it has ended, or is another user's
      }
    };
    const line = read('cmdline');
    if (!line.includes(text) && !read('environ').includes(text)) continue;
    if (!/\) [ZXx] /.test(read('stat'))) found.push(`${pid} ${line.replaceAll('\0', ' ').slice(0, 120)}`);
  }
  return found;
}

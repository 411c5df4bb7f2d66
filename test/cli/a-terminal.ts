import { buildProgram } from '../../src/cli/program.ts';
import { runGaia } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface Run {
  exit: number;
  stdout: string;
  stderr: string;
  /** what was asked of whoever sits there; marked where what they type is hidden */
  asked: string[];
}

export interface Seat {
  env?: Record<string, string>;
  cwd?: string;
  now?: number;
  /** who sits there answers so, in turn, or does something first; without it nobody is there */
  answers?: (string | (() => string | Promise<string>))[];
  stdin?: string | Uint8Array;
  isTerminal?: boolean;
  /** called with what interrupts, as Ctrl-C would */
  interruptible?: (interrupt: () => void) => void;
}

/** Runs `gaia` in this process, at a terminal that only the test sees. */
export async function gaia(argv: readonly string[], seat: Seat = {}): Promise<Run> {
  const run: Run = { exit: -1, stdout: '', stderr: '', asked: [] };
  const answers = [...(seat.answers ?? [])];
  const terminal: Terminal = {
    env: { GAIA_HOME: '/nowhere/gaia', ...seat.env },
    cwd: seat.cwd ?? '/',
    now: () => seat.now ?? Date.UTC(2026, 10, 21, 9, 0, 0),
    out: (text) => {
      run.stdout += text;
    },
    err: (text) => {
      run.stderr += text;
    },
    outIsTerminal: seat.isTerminal ?? false,
    errIsTerminal: seat.isTerminal ?? false,
    canAsk: seat.answers !== undefined,
    ask: async (question, how) => {
      run.asked.push(how?.hidden ? `${question}(hidden)` : question);
      const answer = answers.shift() ?? '';
      return typeof answer === 'string' ? answer : answer();
    },
    readAll: async () => Buffer.from(seat.stdin ?? ''),
    onInterrupt: (listener) => {
      seat.interruptible?.(listener);
      return () => undefined;
    },
    delay: async () => undefined,
  };
  run.exit = await runGaia(buildProgram, argv, terminal);
  return run;
}

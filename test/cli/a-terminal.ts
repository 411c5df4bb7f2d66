import type { ChildProcess } from 'node:child_process';
import { type Program, runAttached } from '../../src/cli/attached.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runGaia } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface Run {
  exit: number;
  stdout: string;
  stderr: string;
  /** what was asked of whoever sits there; marked where what they type is hidden */
  asked: string[];
  /** the programs that were run here */
  programs: Program[];
}

export interface Seat {
  env?: Record<string, string>;
  cwd?: string;
  now?: number;
  /** who sits there answers so, in turn, or does something first; without it nobody is there */
  answers?: (string | (() => string | Promise<string>))[];
  stdin?: string | Uint8Array;
  /** instead of it, where reading it is what is tested */
  readAll?: Terminal['readAll'];
  isTerminal?: boolean;
  /** called with what interrupts, as Ctrl-C would */
  interruptible?: (interrupt: () => void) => void;
  /** called with what sends a signal to `gaia`, whenever it begins to listen for some */
  signals?: (send: (signal: NodeJS.Signals) => void) => void;
  /** called with every program that is started */
  started?: (child: ChildProcess) => void;
}

/** Runs `gaia` in this process, at a terminal that only the test sees. */
export async function gaia(argv: readonly string[], seat: Seat = {}): Promise<Run> {
  const run: Run = { exit: -1, stdout: '', stderr: '', asked: [], programs: [] };
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
    isAttached: seat.isTerminal ?? false,
    canAsk: seat.answers !== undefined,
    ask: async (question, how) => {
      run.asked.push(how?.hidden ? `${question}(hidden)` : question);
      const answer = answers.shift() ?? '';
      return typeof answer === 'string' ? answer : answer();
    },
    readAll: seat.readAll ?? (async () => Buffer.from(seat.stdin ?? '')),
    onInterrupt: (listener) => {
      seat.interruptible?.(listener);
      return () => undefined;
    },
    onSignals: (signals, listener) => {
      let listens = true;
      seat.signals?.((signal) => {
        if (!listens || !signals.includes(signal)) throw new Error(`${signal} would have ended gaia`);
        listener(signal);
      });
      return () => {
        listens = false;
      };
    },
    run: async (program) => {
      run.programs.push(program);
      const { child, ended, kill } = await runAttached(program, ['ignore', 'pipe', 'pipe']);
      child.stdout?.on('data', (chunk: Buffer) => {
        run.stdout += chunk;
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        run.stderr += chunk;
      });
      const closed = new Promise((resolve) => child.once('close', resolve));
      seat.started?.(child);
      return { ended: closed.then(() => ended), kill };
    },
    delay: async () => undefined,
  };
  run.exit = await runGaia(buildProgram, argv, terminal);
  return run;
}

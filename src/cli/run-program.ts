import { constants } from 'node:os';
import type { Attached, Program } from './attached.ts';
import { runExits } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** How a program ended, and what the one who ran it ends with. */
export interface Ran {
  /** as shells give it: its own, or 128 and the number of the signal that ended it */
  exit: number;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  durationMs: number;
  /** why it did not start, where it did not */
  notStarted?: string;
}

/** Signals that ask a program to end. A terminal sends the first two to its whole foreground group, so also to the program. */
const fromTerminal = ['SIGINT', 'SIGQUIT'] as const;
export const endingSignals = [...fromTerminal, 'SIGTERM', 'SIGHUP'] as const;

/** How long a program whose time is over may take to end after SIGTERM, in milliseconds. */
const graceMs = 10_000;

/** Runs a program to its end with the terminal attached and hands signals on to it; its time, where limited, in milliseconds. */
export async function runProgram(
  terminal: Terminal,
  program: Program,
  { timeoutMs, onTimeout }: { timeoutMs?: number; onTimeout?: () => void } = {},
): Promise<Ran> {
  let attached: Attached | undefined;
  const early: NodeJS.Signals[] = [];
  const stopListening = terminal.onSignals(endingSignals, (signal) => {
    if (terminal.isAttached && (fromTerminal as readonly string[]).includes(signal)) return;
    if (attached === undefined) early.push(signal);
    else attached.kill(signal);
  });
  const timers: NodeJS.Timeout[] = [];
  const startedAt = performance.now();
  const durationMs = () => Math.round(performance.now() - startedAt);
  try {
    attached = await terminal.run(program);
    for (const signal of early) attached.kill(signal);
    if (timeoutMs !== undefined) {
      const end = (signal: NodeJS.Signals, afterMs: number, before?: () => void) =>
        timers.push(setTimeout(() => [before?.(), attached?.kill(signal)], afterMs));
      end('SIGTERM', timeoutMs, onTimeout);
      end('SIGKILL', timeoutMs + graceMs);
    }
    const { exitCode, signal } = await attached.ended;
    const exit = signal === null ? (exitCode ?? runExits.refused) : 128 + constants.signals[signal];
    return { exit, exitCode, signal, durationMs: durationMs() };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
    const exit = error.code === 'ENOENT' ? runExits.notFound : runExits.notExecutable;
    return { exit, exitCode: exit, signal: null, durationMs: durationMs(), notStarted: error.code };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    stopListening();
  }
}

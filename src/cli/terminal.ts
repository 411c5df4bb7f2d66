import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Attached, type Program, runAttached } from './attached.ts';

/** Where `gaia` was called: everything it reads from and writes to. Tests hand in their own. */
export interface Terminal {
  env: Record<string, string | undefined>;
  /** absolute */
  cwd: string;
  /** milliseconds since the epoch */
  now(): number;
  /** writes as is */
  out(text: string): void;
  err(text: string): void;
  /** whether people look at standard output */
  outIsTerminal: boolean;
  errIsTerminal: boolean;
  /** how wide it is where it is one */
  errColumns?: number;
  /** whether any of the three streams is a terminal: its signals go to whatever runs there, not to us alone */
  isAttached: boolean;
  /** whether someone is there to answer */
  canAsk: boolean;
  /** one line, without its end; empty where input has ended. `hidden`: what is typed is not shown */
  ask(question: string, how?: { hidden?: boolean }): Promise<string>;
  /** all of standard input; aborted, it is closed, so that it keeps nothing waiting */
  readAll(signal?: AbortSignal): Promise<Uint8Array>;
  /** calls back at every interrupt (Ctrl-C), which then no longer ends the process; answers how to stop that */
  onInterrupt(listener: () => void): () => void;
  /** the same for these signals */
  onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void;
  /** starts a program with this terminal; throws an error with a code where it cannot be started */
  run(program: Program): Promise<Attached>;
  /** waits */
  delay(ms: number): Promise<void>;
}

export const processTerminal = (): Terminal => ({
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY === true,
  errIsTerminal: process.stderr.isTTY === true,
  get errColumns() {
    return process.stderr.columns;
  },
  isAttached: process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true,
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  async ask(question, { hidden = false } = {}) {
    const output = hidden ? silence() : process.stderr;
    const lines = createInterface({ input: process.stdin, output, terminal: true });
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    // in raw mode Ctrl-C is a key; it shall do here what it does everywhere else
    lines.once('SIGINT', () => {
      lines.close();
      if (!process.emit('SIGINT')) process.kill(process.pid, 'SIGINT');
    });
    try {
      const answer = lines.question(question);
      if (hidden) process.stderr.write(question); // only now: what is typed before would be echoed
      return (await Promise.race([answer, ended])).trim();
    } finally {
      lines.close();
      if (hidden) process.stderr.write('\n');
    }
  },
  async readAll(signal) {
    const chunks: Uint8Array[] = [];
    signal?.addEventListener('abort', () => process.stdin.destroy(signal.reason), { once: true });
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  },
  onInterrupt(listener) {
    process.on('SIGINT', listener);
    return () => void process.off('SIGINT', listener);
  },
  onSignals(signals, listener) {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
  run: (program) => runAttached(program),
  delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

const silence = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Text in colour where people look at it and have not said no (NO_COLOR, TERM=dumb). */
export type Paint = (style: keyof typeof styles, text: string) => string;

const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export function painter(env: Terminal['env'], isTerminal: boolean): Paint {
  if (!isTerminal || env.NO_COLOR || env.TERM === 'dumb') return (_, text) => text;
  return (style, text) => `\x1b[${styles[style][0]}m${text}\x1b[${styles[style][1]}m`;
}

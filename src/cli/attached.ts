import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';

/** A program to run with the terminal of its caller. */
export interface Program {
  argv: readonly string[];
  /** absolute */
  cwd: string;
  /** all of its environment */
  env: Readonly<Record<string, string | undefined>>;
}

export interface Attached {
  /** how it ended: one of the two is null */
  ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program, as stated and without a shell, in the caller's process group and with its terminal. Throws what spawn says. */
export async function runAttached(
  { argv, cwd, env }: Program,
  stdio: StdioOptions = 'inherit',
): Promise<Attached & { child: ChildProcess }> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { cwd, env: { ...env }, stdio, shell: false });
  const ended = new Promise<Awaited<Attached['ended']>>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', reject);
  });
  return { child, ended, kill: (signal) => void child.kill(signal) };
}

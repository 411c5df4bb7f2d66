import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { unavailable } from '../core/errors.ts';
import { workerUrl } from '../threads/worker-url.ts';
import { errnoOf } from './errno.ts';
import { executionFiles, readLatch } from './execution-files.ts';
import type { Plan } from './plan.ts';

/** How long a supervisor may take until its latch; then it is ended, and whoever takes the latch first decides. */
const latchMs = 30_000;

/** Starts a supervisor with the working directory in hand; settles when it has taken the latch, throws where it ended first. */
export async function startSupervisor(execution: string, plan: Plan, directory: number): Promise<void> {
  const { complaint: path } = executionFiles(execution);
  const complaint = await open(path, 'w', 0o600);
  try {
    const program = fileURLToPath(workerUrl('supervisor', import.meta.url));
    const supervisor = spawn(process.execPath, [program, execution], {
      argv0: 'gaia-supervisor',
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', complaint.fd, directory],
    });
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => supervisor.kill('SIGKILL'), latchMs);
      const settle = (act: () => void) => {
        clearTimeout(limit);
        act();
      };
      supervisor.once('error', (error) => settle(() => reject(cannotRun(error))));
      supervisor.once('exit', () => {
        if (readLatch(execution)?.by === 'supervisor') settle(resolve);
        else void readFile(path, 'utf8').then((said) => settle(() => reject(ended(said))), reject);
      });
      supervisor.stdout?.once('data', () => settle(resolve));
      supervisor.stdin?.on('error', () => undefined); // it is gone: its exit says why
      supervisor.stdin?.end(JSON.stringify(plan));
    });
    supervisor.stdout?.destroy();
    supervisor.unref();
  } finally {
    await complaint.close();
  }
}

export const cannotRun = (error: unknown) =>
  unavailable(`Nothing could be started: the system answered ${errnoOf(error) ?? String(error)}.`, {
    reason: 'executor_unavailable',
    remedy: 'Look at the room on the disk, and at the limits of processes and open files.',
  });

const ended = (said: string) =>
  unavailable(`Nothing was started: its supervisor ended first (${said.trim().slice(0, 500) || 'it said nothing'}).`, {
    reason: 'supervisor_ended',
    remedy: 'Look at the room on the disk, and at the limits of processes and memory.',
  });

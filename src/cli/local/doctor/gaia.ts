import type { Config } from '../../../config.ts';
import { executionWords } from '../../../core/approval/words.ts';
import { decideIsolation } from '../../../core/command/isolation.ts';
import { findExecUser, findTools, probeSandbox } from '../../../executor/probe.ts';
import { refuseWithoutStarter } from '../../../executor/starter.ts';
import { runningGaia } from '../../../home/running.ts';
import { type Check, type Finding, ok, warn } from './check.ts';

/** How this Gaia is set to act, and whether it does. */
export const gaiaChecks = (config: Config): Check[] => [
  { name: 'execution', look: () => ofExecution(config) },
  { name: 'transport', look: () => ok('Nothing is written to GitHub.') },
  { name: 'running', look: (signal) => ofRunning(config.home, signal) },
  { name: 'public_url', look: (signal) => ofPublicUrl(config, signal) },
];

/** Decides as the start does; what would keep Gaia from starting is thrown. */
async function ofExecution({ execution: { allow, sandbox, user } }: Config): Promise<Finding> {
  if (!allow) return ok('Commands are rehearsed, never run.');
  const tools = await findTools();
  const execUser = user === undefined ? undefined : await findExecUser(user, tools);
  const uid = process.geteuid?.() ?? -1;
  const probe = await probeSandbox(uid === 0 ? execUser?.ids : undefined, tools);
  refuseWithoutStarter(tools);
  const isolation = decideIsolation({ allow, uid, sandbox, probe, ...(execUser && { execUser }) }) ?? 'none';
  const words = `Commands: ${executionWords({ execution: isolation, executionUser: user ?? null })}.`;
  if (isolation !== 'none') return ok(words);
  return warn(words, 'Unset SANDBOX, and give Gaia a sandbox (package bubblewrap) or, as root, an EXEC_USER.');
}

async function ofRunning(home: string, signal: AbortSignal): Promise<Finding> {
  const running = await runningGaia(home);
  if (running === undefined) return warn('Gaia does not run on this data directory.', 'Start it: npm start');
  const { pid, url, startedAt } = running;
  if (url === undefined) return warn(`Gaia (process ${pid}) is starting.`, 'Wait a moment, and look again.');
  const answer = await answerOf(`${url}/readyz`, signal);
  if (answer === 200) return ok(`Gaia runs (process ${pid}, since ${startedAt}) at ${url}.`);
  return warn(
    `Gaia (process ${pid}) does not answer at ${url} as it should (${answer}).`,
    'gaia status says more; else stop and start it.',
  );
}

async function ofPublicUrl({ publicUrl, telegram, home }: Config, signal: AbortSignal): Promise<Finding> {
  if (publicUrl === undefined)
    return ok(
      telegram
        ? 'Not set: links to the console work on this machine only; decisions in Telegram need none.'
        : 'Not set: the console is for this machine.',
    );
  if ((await runningGaia(home)) === undefined) return ok(`${publicUrl}; looked at when Gaia runs.`);
  const answer = await answerOf(`${publicUrl}/healthz`, signal);
  if (answer === 200) return ok(`${publicUrl} leads to Gaia.`);
  return warn(
    `${publicUrl} does not lead to Gaia from here (${answer}).`,
    'Look at the proxy, its certificate and DNS.',
  );
}

/** The status of an answer, or why there was none. */
async function answerOf(url: string, signal: AbortSignal): Promise<number | string> {
  try {
    return (await fetch(url, { redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(4_000)]) }))
      .status;
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? name;
  }
}

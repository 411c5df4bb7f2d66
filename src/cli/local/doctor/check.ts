import { GaiaError } from '../../../core/errors.ts';
import { errnoOf } from '../../../home/file-errors.ts';

export type Verdict = 'ok' | 'warn' | 'fail';

export interface Finding {
  verdict: Verdict;
  message: string;
  /** what to do, where it is not ok */
  remedy?: string;
}

/** One thing looked at. */
export interface Check {
  /** permanent snake_case, for programs */
  name: string;
  /** Throws a GaiaError for what keeps it from working. Gives up when the signal does. */
  look(signal: AbortSignal): Finding | Promise<Finding>;
}

export type Checked = Finding & { check: string };

/** No check may hold up the others longer than this. */
const withinMs = 5_000;

export const ok = (message: string): Finding => ({ verdict: 'ok', message });
export const warn = (message: string, remedy: string): Finding => ({ verdict: 'warn', message, remedy });
export const fail = (message: string, remedy: string): Finding => ({ verdict: 'fail', message, remedy });

/** Runs all checks beside each other; gives their findings in the order of the checks. */
export function runChecks(
  checks: readonly Check[],
  onDone: (done: number) => void,
  limitMs = withinMs,
): Promise<Checked[]> {
  let done = 0;
  return Promise.all(
    checks.map(async (check) => {
      const finding = await within(check, limitMs);
      done++;
      onDone(done);
      return { check: check.name, ...finding };
    }),
  );
}

async function within({ look }: Check, limitMs: number): Promise<Finding> {
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => {
      resolve(fail(`No answer within ${limitMs / 1_000} s.`, 'Look at the disk and the network, and try again.'));
      giveUp.abort(new Error('the check took too long'));
    }, limitMs);
  });
  try {
    return await Promise.race([Promise.resolve(giveUp.signal).then(look).catch(failure), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was thrown, as a finding. Of what is no refusal only the code is said: its words may hold an address with a secret. */
export function failure(error: unknown): Finding {
  if (error instanceof GaiaError) {
    const { remedy = 'Correct it, and look again.', faults = [] } = error.extras;
    const lines = faults.filter(({ field }) => !error.message.includes(field));
    return fail([error.message, ...lines.map(({ field, message }) => `${field}: ${message}`)].join('\n'), remedy);
  }
  const code = errnoOf(error) ?? (error instanceof Error ? error.name : 'unknown');
  return fail(`It could not be looked at (${code}).`, 'Run it as the user that Gaia runs as, and look at the log.');
}

import { type Failure, troubleWords } from './poller-trouble.ts';

const tokenEveryMs = 300_000;
const conflictEveryMs = 30_000;
const conflictsGiveUpMs = 300_000;
/** Two pollers push each other out in turn, so a look that went well does not end a conflict at once. */
const conflictOverMs = 120_000;
const retryFromMs = 500;
const retryAtMostMs = 5_000;

/** What to do after a look for updates that failed. */
export interface Verdict {
  waitMs: number;
  /** said in `/status` while it lasts */
  trouble?: string;
  /** nothing is left to try: the process must end */
  gaveUp?: true;
}

/** Decides how long to wait after failures, from what came before. Instants are of a clock that only goes forward. */
export function supervision(now: () => number) {
  let failures = 0;
  let conflictSince: number | undefined;
  let lastConflictAt = 0;

  const backoff = (): number => Math.min(retryAtMostMs, retryFromMs * 2 ** Math.min(failures++, 10));
  return {
    wentWell(): void {
      failures = 0;
      if (conflictSince !== undefined && now() - lastConflictAt >= conflictOverMs) conflictSince = undefined;
    },
    /** whether another poller was met lately, so that the trouble is not over */
    isContested: (): boolean => conflictSince !== undefined,
    /** @param failure undefined: it was Gaia's own, not Telegram's */
    failed(failure: Failure | undefined): Verdict {
      switch (failure?.kind) {
        case 'token':
          return { waitMs: tokenEveryMs, trouble: troubleWords.token };
        case 'other_poller':
          if (conflictSince !== undefined && now() - lastConflictAt >= conflictOverMs) conflictSince = undefined;
          lastConflictAt = now();
          conflictSince ??= lastConflictAt;
          return lastConflictAt - conflictSince >= conflictsGiveUpMs
            ? { waitMs: 0, trouble: troubleWords.other_poller, gaveUp: true }
            : { waitMs: conflictEveryMs, trouble: troubleWords.other_poller };
        case 'busy':
          return { waitMs: failure.waitMs };
        case 'unreachable':
          return { waitMs: backoff(), trouble: troubleWords.unreachable(failure.why) };
        case 'webhook':
        case undefined:
          return { waitMs: backoff() };
      }
    },
  };
}

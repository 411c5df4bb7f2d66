import type { Gate, Run } from '../core/change/run.ts';
import type { GitHubStatusAnswer, RunAnswer } from '../core/wire/answers-github.ts';
import { listCheckpoints } from '../store/checkpoints.ts';
import type { Handle } from '../store/database.ts';
import { countIntentsByState, listOpenIntents } from '../store/intents.ts';
import { findRun, listGates, listRuns, noSuchRun } from '../store/runs.ts';

/** A run as every door shows it, with the verdicts of its present epoch. */
export async function getRunAnswer(q: Handle, id: string): Promise<RunAnswer> {
  const run = await findRun(q, id);
  if (run === undefined) throw noSuchRun(id);
  return answerOf(run, await listGates(q, id));
}

const answerOf = ({ version: _, ...run }: Run, gates: readonly Gate[]): RunAnswer => ({
  ...run,
  gates: (['verification', 'internal_review'] as const).map((gate) => {
    const found = gates.filter((one) => one.gate === gate && one.epoch === run.epoch).at(-1);
    return {
      gate,
      verdict: found?.verdict ?? 'PENDING',
      headSha: found?.headSha ?? null,
      artifacts: found?.artifacts ?? [],
      recordedBy: found?.recordedBy ?? null,
      recordedAt: found?.recordedAt ?? null,
    };
  }),
});

/** The ledger, the runs and the checkpoints, for people. */
export async function ledgerStatus(
  q: Handle,
): Promise<Pick<GitHubStatusAnswer, 'intents' | 'open' | 'runs' | 'checkpoints'>> {
  const runs: RunAnswer[] = [];
  for (const run of await listRuns(q, 20)) runs.push(answerOf(run, await listGates(q, run.id)));
  return {
    intents: await countIntentsByState(q),
    open: (await listOpenIntents(q)).map(({ requestId, place, op, target, state, dueAt, blocker }) => ({
      requestId,
      place,
      op,
      target,
      state,
      dueAt,
      code: blocker?.code ?? null,
    })),
    runs,
    checkpoints: (await listCheckpoints(q)).map(({ number, sha256, requestId, approvedAt, revokedAt }) => ({
      number,
      sha256,
      requestId,
      approvedAt,
      revokedAt,
    })),
  };
}

import { and, asc, desc, eq } from 'drizzle-orm';
import { canonical, type Json } from '../core/canonical.ts';
import type { Artifact, Gate, Run } from '../core/change/run.ts';
import { conflict, notFound } from '../core/errors.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';

const byId = statement('runs.byId', (q, $: { id: string }, { t }) =>
  q.select().from(t.runs).where(eq(t.runs.id, $.id)),
);
const byIdHeld = statement('runs.byIdHeld', (q, $: { id: string }, { t, hold }) =>
  hold(q.select().from(t.runs).where(eq(t.runs.id, $.id)).$dynamic()),
);

export const findRun = async (q: Handle, id: string): Promise<Run | undefined> => (await q.run(byId, { id }))[0];

/** The run, held to the end of the work. Throws not_found. */
export async function getRun(tx: Tx, id: string): Promise<Run> {
  const [run] = await tx.run(byIdHeld, { id });
  if (!run) throw noSuchRun(id);
  return run;
}

export const noSuchRun = (id: string) =>
  notFound(`There is no GitHub run ${id}.`, {
    reason: 'no_such_run',
    remedy: '`gaia github status` shows the runs there are.',
  });

export async function insertRun(tx: Tx, run: Run): Promise<boolean> {
  const rows = await tx.insert(tx.t.runs).values(run).onConflictDoNothing().returning({ id: tx.t.runs.id });
  return rows.length === 1;
}

/** Writes the next version of a run over the one it was made from, or throws conflict. */
export async function saveRun(tx: Tx, run: Run): Promise<Run> {
  const { id, version, state, epoch, headSha, endedAt, endText } = run;
  const { runs } = tx.t;
  const rows = await tx
    .update(runs)
    .set({ version: version + 1, state, epoch, headSha, endedAt, endText })
    .where(and(eq(runs.id, id), eq(runs.version, version)))
    .returning({ id: runs.id });
  if (rows.length === 0)
    throw conflict(`The run ${id} changed in the meantime.`, {
      reason: 'version_conflict',
      remedy: 'Look at it again.',
    });
  return { ...run, version: version + 1 };
}

export const listRuns = (q: Handle, limit: number): Promise<Run[]> =>
  q.select().from(q.t.runs).orderBy(desc(q.t.runs.createdAt), desc(q.t.runs.id)).limit(limit);

export async function insertGate(tx: Tx, runId: string, { artifacts, ...gate }: Gate): Promise<void> {
  await tx.insert(tx.t.gates).values({ ...gate, runId, artifacts: canonical(artifacts as unknown as Json) });
}

/** The verdicts of a run, the oldest first. */
export async function listGates(q: Handle, runId: string): Promise<Gate[]> {
  const { gates } = q.t;
  const rows = await q.select().from(gates).where(eq(gates.runId, runId)).orderBy(asc(gates.seq));
  return rows.map(({ seq: _, runId: __, artifacts, ...gate }) => ({
    ...gate,
    artifacts: JSON.parse(artifacts) as Artifact[],
  }));
}

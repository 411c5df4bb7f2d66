import { nextDueAt } from '../core/schedule/cron.ts';
import { redact } from '../core/secrets/redact.ts';
import type { Tx } from '../store/database.ts';
import { assertFence, claimLease, endLeases, type HeldLease, releaseLease } from '../store/lease.ts';
import { holdSchedule, insertSchedule, saveSchedule } from '../store/schedules.ts';
import { type App, newTraceId } from './app.ts';

/** Something that happens by the clock. */
export interface Scheduled {
  name: string;
  /** five fields, in the zone people read times in */
  cron: string;
  /** the very first time at once, not when it is due next */
  firstAtOnce?: true;
  /** does it; answers what came of it, in few words */
  run(): Promise<string>;
}

/** Longer than any run may take: a run whose process died is taken up by another after it. */
const leaseMs = 10 * 60_000;

/**
 * Runs something if it is due: once for whatever was missed, and again what was cut off; never twice at once, also with
 * several instances.
 * @returns whether it ran
 */
export async function runIfDue(
  app: App,
  { name, cron, firstAtOnce, run }: Scheduled,
  { holder, timeZone }: { holder: string; timeZone: string },
): Promise<boolean> {
  const lease = await app.db.write((tx) =>
    takeIfDue(tx, { name, cron, firstAtOnce, holder: `${holder}:${newTraceId(app)}`, timeZone }),
  );
  if (!lease) return false;
  let outcome: { outcome: 'done' | 'failed'; said: string };
  try {
    outcome = { outcome: 'done', said: await run() };
  } catch (error) {
    const said = error instanceof Error ? error.message : 'unknown';
    outcome = { outcome: 'failed', said: redact(said, app.inForce.policy.secrets).slice(0, 500) };
    await finish(app, name, lease, outcome);
    throw error;
  }
  await finish(app, name, lease, outcome);
  return true;
}

async function takeIfDue(
  tx: Tx,
  {
    name,
    cron,
    firstAtOnce,
    holder,
    timeZone,
  }: Pick<Scheduled, 'name' | 'cron'> & {
    firstAtOnce: true | undefined;
    holder: string;
    timeZone: string;
  },
): Promise<HeldLease | undefined> {
  const next = nextDueAt(cron, timeZone, tx.now);
  if (next === undefined) throw new RangeError(`the schedule ${name} never comes`);
  await insertSchedule(tx, name, firstAtOnce ? tx.now : next);
  const known = await holdSchedule(tx, name);
  if (!known) throw new Error(`the schedule ${name} vanished`);
  // another expression, or a clock that was far ahead, must not leave it due long after it should be
  if (known.dueAt > next) await saveSchedule(tx, name, { dueAt: next });
  const wasCutOff = known.startedAt !== null && known.endedAt === null; // its process died: its lease tells once it is over
  if (known.dueAt > tx.now && !wasCutOff) return undefined;
  const lease = await claimLease(tx, { name: `schedule:${name}`, holder, leaseMs });
  if (!lease || known.startedAt === tx.now) return undefined;
  await saveSchedule(tx, name, { dueAt: next, startedAt: tx.now, endedAt: null });
  return lease;
}

const finish = (
  app: App,
  name: string,
  lease: HeldLease,
  outcome: { outcome: 'done' | 'failed'; said: string },
): Promise<void> =>
  app.db.write(async (tx) => {
    await assertFence(tx, lease);
    await saveSchedule(tx, name, { endedAt: tx.now, ...outcome });
    await releaseLease(tx, lease);
  });

/** Whoever alone uses the store, at its start: no run of before is under way any more, so none is waited for. */
export const endRunsOfBefore = (app: App): Promise<void> => app.db.write((tx) => endLeases(tx, 'schedule:'));

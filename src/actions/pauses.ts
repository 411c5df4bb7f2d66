import type { By } from '../core/access/actor.ts';
import { conflict } from '../core/errors.ts';
import { redact } from '../core/secrets/redact.ts';
import { forgetRenderings } from '../store/cards.ts';
import type { Tx } from '../store/database.ts';
import { holdInstallation, type Installation, saveInstallation } from '../store/installation.ts';
import { getRequest } from '../store/requests.ts';
import { type App, eventBy } from './app.ts';
import { notify, refreshCards } from './deliveries.ts';
import { stopAllIn } from './executions.ts';
import { mustOperate } from './operators.ts';
import { endOldAccess } from './restored-access.ts';

/** Stops anything new from starting. Decisions go on. */
export const pause = (app: App, how: Pausing, by: By): Promise<Installation> =>
  app.db.write((tx) => pauseIn(app, tx, how, by));

export interface Pausing {
  reason: string | null;
  /** ends what runs, too */
  kill?: boolean;
}

/** The same within a work that does more. */
export async function pauseIn(
  app: App,
  tx: Tx,
  { reason: said, kill = false }: Pausing,
  by: By,
): Promise<Installation> {
  mustOperate(app, by);
  if (kill) await stopAllIn(app, tx, by);
  const reason = said === null ? null : redact(said, app.inForce.policy.secrets);
  const installation = await holdInstallation(tx);
  if (installation.pausedAt !== null) return installation;
  const paused = { pausedAt: tx.now, pausedBy: by.actor, pauseReason: reason };
  await saveInstallation(tx, paused);
  tx.record(eventBy(by, 'system.paused', 'system', { reason, pausedAt: tx.now }));
  await notify(app, tx, 'system', { about: 'paused', by: by.actor, reason });
  return { ...installation, ...paused };
}

/**
 * Lets things start again. A store that stands behind its log needs more: an operator accepts it as a new generation,
 * and approvals of the old one never start anything.
 */
export const resume = (app: App, how: { acceptGeneration?: boolean }, by: By): Promise<Installation> =>
  app.db.write((tx) => resumeIn(app, tx, how, by));

/** The same within a work that does more. */
export async function resumeIn(
  app: App,
  tx: Tx,
  { acceptGeneration = false }: { acceptGeneration?: boolean },
  by: By,
): Promise<Installation> {
  mustOperate(app, by);
  const installation = await holdInstallation(tx);
  if (installation.acceptanceReason !== null && !acceptGeneration) {
    throw conflict(installation.acceptanceReason, {
      reason: 'acceptance_needed',
      remedy:
        'If this is what you restored on purpose: `gaia resume --accept-generation`. Otherwise find out who changed it first.',
    });
  }
  if (installation.pausedAt === null && installation.acceptanceReason === null) return installation;
  const accepted = installation.acceptanceReason !== null;
  const resumed = {
    pausedAt: null,
    pausedBy: null,
    pauseReason: null,
    acceptanceReason: null,
    generation: accepted
      ? Math.max(installation.generation, app.witnessedGeneration ?? 0) + 1
      : installation.generation,
  };
  await saveInstallation(tx, resumed);
  if (accepted)
    tx.record(
      eventBy(by, 'store.accepted', 'system', {
        generation: resumed.generation,
        because: installation.acceptanceReason,
      }),
    );
  tx.record(eventBy(by, 'system.resumed', 'system', { generation: resumed.generation }));
  if (accepted) await reconcileCards(app, tx);
  await notify(app, tx, 'system', { about: 'resumed', by: by.actor, reason: null });
  return { ...installation, ...resumed };
}

/** Every card of an open request is brought up to date: its messages may show what the restored store does not know. */
async function reconcileCards(app: App, tx: Tx): Promise<void> {
  for (const id of await forgetRenderings(tx, ['pending', 'approved', 'executing', 'unknown']))
    await refreshCards(app, tx, await getRequest(tx, id), 'reconciled');
}

/** Nothing starts until an operator has accepted the store; says why. Whoever was let in before comes in anew. */
export function requireAcceptance(
  app: App,
  reason: string,
  by: By,
  revokedKeys: readonly string[] = [],
): Promise<void> {
  return app.db.write(async (tx) => {
    const installation = await holdInstallation(tx);
    await endOldAccess(tx, revokedKeys, by);
    if (installation.acceptanceReason !== null) return;
    await saveInstallation(tx, { acceptanceReason: reason });
    tx.record(eventBy(by, 'store.restored', 'system', { because: reason }));
    await notify(app, tx, 'system', { about: 'acceptance', reason });
  });
}

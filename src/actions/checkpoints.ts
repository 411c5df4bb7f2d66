import type { By } from '../core/access/actor.ts';
import { effectDigestOf } from '../core/approval/request.ts';
import { blocker } from '../core/change/blockers.ts';
import type { ResolvedCheckpoint } from '../core/change/changeset.ts';
import { notFound } from '../core/errors.ts';
import { type Checkpoint, insertCheckpoint, revokeCheckpoints } from '../store/checkpoints.ts';
import type { Tx } from '../store/database.ts';
import { holdInstallation } from '../store/installation.ts';
import { type App, eventBy } from './app.ts';
import { unreadBlocker } from './changes/unread.ts';
import type { LookedUp } from './look-ups.ts';
import { mustOperate } from './operators.ts';

/** The document as it lies in the data directory now; it is read in the turn of `asker`, or for Gaia itself. */
export async function lookUpCheckpoint(
  app: App,
  { number }: { number: number },
  isTest: boolean,
  asker: string | undefined,
): Promise<LookedUp> {
  const found = await app.github.checkpoint(number);
  if (found === undefined) {
    const message = `There is no CHECKPOINT_${number}.md in the checkpoints of the data directory.`;
    return { blockers: [blocker('checkpoint_missing', message, {}, { phase: 'submit', retryable: false })] };
  }
  let secrets: string[];
  try {
    const reader = asker === undefined ? app.github.texts : app.github.texts.for(asker);
    secrets = await reader.secretsIn([found.text]);
  } catch (error) {
    const unread = unreadBlocker(error, {});
    if (unread === undefined) throw error;
    return { blockers: [unread] };
  }
  const checkpoint: ResolvedCheckpoint = { number, file: found.file, sha256: found.sha256, text: found.text };
  const effect = { v: 1 as const, kind: 'checkpoint' as const, isTest, checkpoint };
  const remarks = {
    unbound: [],
    notes: ['Approving it is one of the conditions for live writes to GitHub; it can be revoked.'],
  };
  if (secrets.length > 0)
    return { blockers: [blocker('secret_detected', `${found.file} seems to hold a secret (${secrets.join(', ')}).`)] };
  if (found.text.trim() === '')
    return {
      blockers: [blocker('payload_invalid', `${found.file} is empty.`)],
      found: { effect, effectDigest: effectDigestOf(effect), remarks },
    };
  return { effect, remarks };
}

/** Keeps that people approved a document, word for word. */
export async function recordCheckpoint(
  tx: Tx,
  requestId: string,
  { number, sha256, file }: ResolvedCheckpoint,
  by: By,
): Promise<void> {
  await insertCheckpoint(tx, { number, sha256, requestId, approvedAt: tx.now });
  tx.record(
    eventBy(by, 'checkpoint.approved', `checkpoint:${number}`, {
      sha256,
      file,
      request: requestId,
      approvedAt: tx.now,
    }),
  );
}

/** Takes back what was approved under a number; from now on nothing is written because of it. */
export function revokeCheckpoint(app: App, number: number, by: By): Promise<Checkpoint[]> {
  mustOperate(app, by);
  return app.db.write(async (tx) => {
    await holdInstallation(tx); // an attempt that is being put on record sees it, or comes before it
    const revoked = await revokeCheckpoints(tx, number, by.actor);
    if (revoked.length === 0)
      throw notFound(`No approved checkpoint ${number} is in force.`, {
        reason: 'no_such_checkpoint',
        remedy: '`gaia github status` names the one in force.',
      });
    tx.record(
      eventBy(by, 'checkpoint.revoked', `checkpoint:${number}`, {
        sha256: revoked.map(({ sha256 }) => sha256),
        revokedAt: tx.now,
      }),
    );
    return revoked;
  });
}

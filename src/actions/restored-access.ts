import type { By } from '../core/access/actor.ts';
import { findKeyHeld, saveKeyRevoked } from '../store/agents.ts';
import type { Tx } from '../store/database.ts';
import { useUpLinksAndLogins } from '../store/sessions.ts';
import { eventBy } from './app.ts';
import { closeAllSessions } from './sessions.ts';

/**
 * A store that was put back knows nothing of who was let out since: everyone signs in anew, and keys that its log's copies
 * say were revoked stay revoked.
 */
export async function endOldAccess(tx: Tx, revoked: readonly string[], by: By): Promise<void> {
  await closeAllSessions(tx, by);
  await useUpLinksAndLogins(tx);
  for (const id of revoked) {
    const key = await findKeyHeld(tx, id);
    if (!key || key.revokedAt !== null) continue;
    await saveKeyRevoked(tx, id, tx.now, by.actor);
    tx.record(eventBy(by, 'key.revoked', `key:${id}`, { agent: key.agentId, revokedAt: tx.now }));
  }
}

import type { KeyObject } from 'node:crypto';
import type { By } from '../core/access/actor.ts';
import { makeSeal, type Seal } from '../core/audit/seal.ts';
import { findLastSeal, insertSeal, listEventsAfter } from '../store/events.ts';
import { getHead, getInstallation } from '../store/installation.ts';
import { assertFence, claimLease, type HeldLease } from '../store/lease.ts';
import { type App, eventBy, gaiaItself, newTraceId } from './app.ts';

/** Signs the head of the log as it is, unless nothing was logged since the last seal but that seal itself. */
export function sealLog(app: App, key: KeyObject, by: By, lease?: HeldLease): Promise<Seal | undefined> {
  return app.db.write(async (tx) => {
    if (lease) await assertFence(tx, lease);
    const head = await getHead(tx);
    const last = await findLastSeal(tx);
    const since = await listEventsAfter(tx, last?.seq ?? 0, 2);
    if (since.every((event) => event.action === 'log.sealed')) return last;
    const { generation } = await getInstallation(tx);
    const seal = makeSeal({ generation, seq: head.seq, at: head.at, hash: head.hash }, key);
    await insertSeal(tx, seal);
    tx.record(
      eventBy(by, 'log.sealed', `seal:${seal.seq}`, {
        seq: seal.seq,
        hash: seal.hash,
        keyId: seal.keyId,
        signature: seal.signature,
      }),
    );
    return seal;
  });
}

const leaseMs = 60_000;

/** Seals the log on behalf of all instances that share the store: whoever holds the lease does it. */
export async function sealAsLeader(app: App, key: KeyObject, holder: string): Promise<Seal | undefined> {
  const lease = await app.db.write((tx) => claimLease(tx, { name: 'sealing', holder, leaseMs }));
  return lease && sealLog(app, key, gaiaItself(newTraceId(app)), lease);
}

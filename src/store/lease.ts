import { and, eq, gt, like } from 'drizzle-orm';
import { conflict } from '../core/errors.ts';
import type { Tx } from './database.ts';
import { statement } from './statement.ts';

/** A lease as its holder knows it. */
export interface HeldLease {
  name: string;
  holder: string;
  /** rises with every new holder, so that work done under an older one can be told apart */
  fence: number;
}

/**
 * Takes or renews a lease by the store's clock. A holder that is frozen loses it by time alone; `assertFence` in the
 * transaction that relies on it tells it so.
 * @returns undefined while another holds it
 */
export async function claimLease(
  tx: Tx,
  { name, holder, leaseMs }: { name: string; holder: string; leaseMs: number },
): Promise<HeldLease | undefined> {
  const until = tx.now + leaseMs;
  const [made] = await tx.run(insertLease, { name, holder, fence: 1, until });
  if (made) return { name, holder, fence: made.fence };
  const [lease] = await tx.run(heldLease, { name });
  if (!lease) throw new Error(`the lease ${name} vanished`);
  const isOver = lease.until <= tx.now;
  if (lease.holder !== holder && !isOver) return undefined;
  // a holder that comes back after its time may have been away: its older work is fenced out as well
  const fence = isOver ? lease.fence + 1 : lease.fence;
  await tx.run(moveLease, { name, holder, fence, until });
  return { name, holder, fence };
}

/**
 * Holds the lease to the end of this transaction, so that nobody takes it before the commit.
 * @throws GaiaError `conflict` (`lease_lost`) when another holds it by now, or its time is over
 */
export async function assertFence(tx: Tx, { name, holder, fence }: HeldLease): Promise<void> {
  const [lease] = await tx.run(heldLease, { name });
  if (lease && lease.holder === holder && lease.fence === fence && lease.until > tx.now) return;
  throw conflict(`The lease ${name} is no longer held by ${holder}.`, {
    reason: 'lease_lost',
    remedy: 'Nothing was changed; the present holder goes on.',
  });
}

/** Gives a lease back early. Its row stays, so that the fence goes on rising. A lost lease is left alone. */
export async function releaseLease(tx: Tx, lease: HeldLease): Promise<void> {
  await tx.run(endLease, { ...lease, until: tx.now });
}

/** Ends every lease whose name begins so, whoever holds it. */
export async function endLeases(tx: Tx, begin: string): Promise<void> {
  const { leases } = tx.t;
  await tx
    .update(leases)
    .set({ until: tx.now })
    .where(and(like(leases.name, `${begin}%`), gt(leases.until, tx.now)));
}

const insertLease = statement('lease.insert', (q, $: HeldLease & { until: number }, { t }) =>
  q
    .insert(t.leases)
    .values({ name: $.name, holder: $.holder, fence: $.fence, until: $.until })
    .onConflictDoNothing()
    .returning({ fence: t.leases.fence }),
);

const heldLease = statement('lease.held', (q, $: { name: string }, { t, hold }) =>
  hold(q.select().from(t.leases).where(eq(t.leases.name, $.name)).$dynamic()),
);

const moveLease = statement('lease.move', (q, $: HeldLease & { until: number }, { t }) =>
  q.update(t.leases).set({ holder: $.holder, fence: $.fence, until: $.until }).where(eq(t.leases.name, $.name)),
);

const endLease = statement('lease.end', (q, $: HeldLease & { until: number }, { t }) =>
  q
    .update(t.leases)
    .set({ until: $.until })
    .where(and(eq(t.leases.name, $.name), eq(t.leases.holder, $.holder), eq(t.leases.fence, $.fence))),
);

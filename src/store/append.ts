import { eq } from 'drizzle-orm';
import { type ChainedEvent, chain, type Head, type NewEvent } from '../core/audit/event.ts';
import type { Handle } from './database.ts';
import { type NoValues, statement } from './statement.ts';

/**
 * Appends events to the log: the last statements of a transaction. The head row is held from here to the commit, so
 * appends queue behind each other and the chain has neither gaps nor forks.
 * @returns where the log now ends
 */
export async function append(handle: Pick<Handle, 'run'>, events: readonly NewEvent[], now: number): Promise<Head> {
  const [held] = await handle.run(heldHead, {});
  if (!held) throw new Error('the head row of the log is missing');
  let head: Head = held;
  for (const event of events) {
    const link = chain(head, event, now);
    await handle.run(insertEvent, link.event);
    await handle.run(insertDetail, { seq: link.event.seq, detail: link.detail });
    head = link.head;
  }
  await handle.run(moveHead, head);
  return head;
}

/** Where the log ends, as last committed. */
export async function currentHead(handle: Pick<Handle, 'run'>): Promise<Head> {
  const [head] = await handle.run(readHead, {});
  if (!head) throw new Error('the head row of the log is missing');
  return head;
}

const readHead = statement('log.head', (q, _: NoValues, { t }) =>
  q
    .select({ seq: t.logHead.seq, hash: t.logHead.hash, at: t.logHead.at })
    .from(t.logHead)
    .where(eq(t.logHead.id, 'log')),
);

const heldHead = statement('log.head_held', (q, _: NoValues, { t, hold }) =>
  hold(
    q
      .select({ seq: t.logHead.seq, hash: t.logHead.hash, at: t.logHead.at })
      .from(t.logHead)
      .where(eq(t.logHead.id, 'log'))
      .$dynamic(),
  ),
);

const insertEvent = statement('log.insert_event', (q, $: ChainedEvent, { t }) =>
  q.insert(t.events).values({
    seq: $.seq,
    at: $.at,
    traceId: $.traceId,
    actor: $.actor,
    source: $.source,
    action: $.action,
    subject: $.subject,
    detailHash: $.detailHash,
    prevHash: $.prevHash,
    hash: $.hash,
  }),
);

const insertDetail = statement('log.insert_detail', (q, $: { seq: number; detail: string }, { t }) =>
  q.insert(t.eventDetails).values({ seq: $.seq, detail: $.detail }),
);

const moveHead = statement('log.move_head', (q, $: Head, { t }) =>
  q.update(t.logHead).set({ seq: $.seq, hash: $.hash, at: $.at }).where(eq(t.logHead.id, 'log')),
);

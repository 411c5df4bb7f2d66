import { describe, expect, test } from 'vitest';
import type { Tx } from '../../src/store/database.ts';
import { type Due, duePage, type Intent, insertIntent, listDueRequests } from '../../src/store/intents.ts';
import { aStore, engines } from '../support/store.ts';

let made = 0;
const record = (tx: Tx, intent: Partial<Intent>) => {
  const id = `i${++made}`;
  return insertIntent(tx, {
    id,
    requestId: id,
    place: 0,
    op: 'issue.create',
    target: 'octo/app',
    runId: null,
    key: id,
    heldKey: id,
    payloadHash: id,
    state: 'recorded',
    attempts: 0,
    looks: 0,
    sentAt: null,
    dueAt: 0,
    outcome: null,
    written: null,
    blocker: null,
    createdAt: 0,
    settledAt: null,
    ...intent,
  });
};

describe.each(engines)('the requests whose next write is due, on %s,', (engine) => {
  test('are those whose first open operation is, the longest due first', async () => {
    const { db } = await aStore(engine);
    await db.write(async (tx) => {
      await record(tx, { requestId: 'later', dueAt: 20 });
      await record(tx, { requestId: 'first', dueAt: 10, state: 'unknown' });
      // waits for its first operation, however long ago the second was recorded
      await record(tx, { requestId: 'waits', dueAt: 101 });
      await record(tx, { requestId: 'waits', place: 1, dueAt: 1 });
      // the first is done: the second is next
      await record(tx, { requestId: 'second', state: 'done', dueAt: 1 });
      await record(tx, { requestId: 'second', place: 1, dueAt: 15 });
      await record(tx, { requestId: 'over', state: 'rejected', dueAt: 1 });
    });
    expect(await listDueRequests(db.read, 100)).toEqual([
      { requestId: 'first', dueAt: 10 },
      { requestId: 'second', dueAt: 15 },
      { requestId: 'later', dueAt: 20 },
    ]);
  });

  test('come page by page, and none hides behind the others', async () => {
    const { db } = await aStore(engine);
    await db.write(async (tx) => {
      for (let n = 0; n < duePage + 20; n++) await record(tx, { dueAt: Math.floor(n / 50) });
    });
    const first = await listDueRequests(db.read, 100);
    const second = await listDueRequests(db.read, 100, first.at(-1) as Due);
    expect([first.length, second.length]).toEqual([duePage, 20]);
    expect(new Set([...first, ...second].map(({ requestId }) => requestId)).size).toBe(duePage + 20);
  });
});

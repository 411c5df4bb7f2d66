import { AsyncResource } from 'node:async_hooks';
import { and, eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Tx } from '../../src/store/database.ts';
import { isUniqueViolation, StoreError } from '../../src/store/store-error.ts';
import { Misuse } from '../../src/store/work.ts';
import { aStore, engines } from '../support/store.ts';
import { addAgent, agentsIn, eventsIn, fact } from './works.ts';

describe.each(engines)('a store on %s', (engine) => {
  test('keeps what a work wrote, by statements and by builders', async () => {
    const { db } = await aStore(engine);
    const answer = await db.write(async (tx) => {
      await addAgent(tx, 'a');
      await tx.insert(tx.t.agents).values({ id: 'b', createdAt: 2, createdBy: 'admin' });
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await agentsIn(db.read)).toEqual(['a', 'b']);
  });

  test('gives every word back as the value that was stored', async () => {
    const { db } = await aStore(engine);
    const large = 2 ** 52 + 1;
    const request = {
      id: 'r-1',
      kind: 'command',
      state: 'pending',
      version: 2_147_483_647,
      generation: 1,
      askedBy: 'agent:builder',
      payload: '{"b":1,"a":"naïve 🧵\\n"}',
      remarks: '[]',
      policyDigest: 'p',
      blockers: '[]',
      isTest: true,
      joins: 0,
      createdAt: large,
      expiresAt: -1,
      traceId: 't',
    } as const;
    await db.write(async (tx) => {
      await tx.insert(tx.t.requests).values(request);
      await tx.insert(tx.t.requests).values({ ...request, id: 'r-2', isTest: false });
      const vote = { requestId: 'r-1', verdict: 'approve', digest: 'd', source: 'http', decidedAt: large } as const;
      await tx.insert(tx.t.decisions).values({ ...vote, personId: '1' });
      await tx.insert(tx.t.decisions).values({ ...vote, personId: '2' });
    });
    const { requests, decisions } = db.t;
    const [stored, other] = await db.read.select().from(requests).orderBy(requests.id);
    expect(stored).toMatchObject(request);
    expect(stored?.title).toBeNull();
    expect(other?.isTest).toBe(false);
    expect(
      await db.read.select({ id: decisions.id, at: decisions.decidedAt }).from(decisions).orderBy(decisions.id),
    ).toEqual([
      { id: 1, at: large },
      { id: 2, at: large },
    ]);
  });

  test('keeps nothing of a work that throws', async () => {
    const { db } = await aStore(engine);
    const work = db.write(async (tx) => {
      await addAgent(tx, 'a');
      tx.record(fact());
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await agentsIn(db.read)).toEqual([]);
    expect(await eventsIn(db.read)).toEqual([]);
  });

  test('keeps nothing of a work that swallowed the failure of a statement', async () => {
    const { db } = await aStore(engine);
    const work = db.write(async (tx) => {
      await addAgent(tx, 'a');
      await addAgent(tx, 'a').catch(() => undefined);
      return 'pretends to have worked';
    });
    await expect(work).rejects.toBeInstanceOf(StoreError);
    expect(await agentsIn(db.read)).toEqual([]);
  });

  test('never shows a read what is not committed', async () => {
    const { db } = await aStore(engine);
    const readOutside = AsyncResource.bind(() => agentsIn(db.read));
    let seen: string[] | undefined;
    await db.write(async (tx) => {
      await addAgent(tx, 'a');
      seen = await readOutside();
    });
    expect(seen).toEqual([]);
    expect(await agentsIn(db.read)).toEqual(['a']);
  });

  test('cannot be written through its reads', async () => {
    const { db } = await aStore(engine);
    await expect(addAgent(db.read, 'a')).rejects.toThrow(StoreOrAccess);
    await expect((async () => db.read.delete(db.t.leases))()).rejects.toThrow(StoreOrAccess);
    expect(await agentsIn(db.read)).toEqual([]);
  });

  test('refuses a write and a read inside a write at once', async () => {
    const { db } = await aStore(engine);
    const refusals: unknown[] = [];
    const note = (error: unknown) => refusals.push(error);
    await db.write(async (tx) => {
      await db.write(async (inner) => addAgent(inner, 'inner')).catch(note);
      await agentsIn(db.read).catch(note);
      await (async () => db.read.select().from(db.t.agents))().catch(note);
      await addAgent(tx, 'outer');
    });
    expect(refusals.map(String)).toEqual([
      'Misuse: write inside a write: use the handle of the work',
      'Misuse: read inside a write: use the handle of the work',
      'Misuse: read inside a write: use the handle of the work',
    ]);
    expect(await agentsIn(db.read)).toEqual(['outer']);
  });

  test('refuses a handle that outlived its work, also inside a later work', async () => {
    const { db } = await aStore(engine);
    const kept = await db.write(async (tx) => ({ tx }));
    await expect(addAgent(kept.tx, 'a')).rejects.toBeInstanceOf(Misuse);
    expect(() => kept.tx.insert(db.t.agents)).toThrow(Misuse);
    expect(() => kept.tx.record(fact())).toThrow(Misuse);
    await db.write(async () => {
      await expect(addAgent(kept.tx, 'b')).rejects.toBeInstanceOf(Misuse);
    });
    expect(await agentsIn(db.read)).toEqual([]);
    expect(await eventsIn(db.read)).toEqual([]);
  });

  test('refuses a query that was built inside a work and awaited after it', async () => {
    const { db } = await aStore(engine);
    const { built } = await db.write(async (tx) => ({
      built: tx.insert(tx.t.agents).values({ id: 'late', createdAt: 1, createdBy: 'admin' }),
    }));
    await expect((async () => built)()).rejects.toBeInstanceOf(Misuse);
    expect(await agentsIn(db.read)).toEqual([]);
  });

  test('refuses what a floating promise does after its work, even while the next one runs', async () => {
    const { db } = await aStore(engine);
    let goOn: () => void = () => undefined;
    const signal = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let late: Promise<unknown> | undefined;
    await db.write(async (tx) => {
      const later = async () => {
        const built = tx.insert(tx.t.agents).values({ id: 'stowaway', createdAt: 1, createdBy: 'admin' });
        await signal;
        return built; // runs here
      };
      late = later().catch((error: unknown) => error);
    });
    await db.write(async (tx) => {
      goOn();
      await addAgent(tx, 'b');
      await addAgent(tx, 'c');
    });
    expect(await late).toBeInstanceOf(Misuse);
    expect(await agentsIn(db.read)).toEqual(['b', 'c']);
  });

  test.each([
    ['statements', (tx: Tx) => Promise.all([addAgent(tx, 'a'), addAgent(tx, 'b')])],
    ['builders', (tx: Tx) => Promise.all([tx.select().from(tx.t.agents), tx.select().from(tx.t.leases)])],
    ['settled ones', (tx: Tx) => Promise.allSettled([addAgent(tx, 'a'), addAgent(tx, 'b')])],
  ])('refuses parallel queries inside a work (%s), and keeps nothing of it', async (_, parallel) => {
    const { db } = await aStore(engine);
    const work = db.write(async (tx) => {
      await addAgent(tx, 'first');
      await parallel(tx);
    });
    await expect(work).rejects.toThrow('two queries at once');
    expect(await agentsIn(db.read)).toEqual([]);
    await db.write((tx) => addAgent(tx, 'after')); // and goes on
    expect(await agentsIn(db.read)).toEqual(['after']);
  });

  test('lets exactly one of many guarded writes of a version win', async () => {
    const { db } = await aStore(engine);
    const { leases } = db.t;
    await db.write((tx) => tx.insert(leases).values({ name: 'row', holder: 'nobody', fence: 1, until: 0 }).returning());
    const contend = (holder: string) =>
      db.write(async (tx) => {
        const won = await tx
          .update(leases)
          .set({ holder, fence: 2 })
          .where(and(eq(leases.name, 'row'), eq(leases.fence, 1)))
          .returning();
        return won.length;
      });
    const wins = await Promise.all(Array.from({ length: 12 }, (_, i) => contend(`h${i}`)));
    expect(wins.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('names the violated key, and carries no value in its errors', async () => {
    const { db } = await aStore(engine);
    const secret = 'hunter2-very-secret';
    await db.write((tx) => addAgent(tx, secret));
    const error = await db.write((tx) => addAgent(tx, secret)).catch((thrown: unknown) => thrown);
    expect(isUniqueViolation(error, 'agents_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'requests_once')).toBe(false);
    expect(error).toMatchObject({ statement: 'test.insert_agent' });
    const plain = await db
      .write(async (tx) => tx.insert(tx.t.agents).values({ id: secret, createdAt: 1, createdBy: 'admin' }))
      .catch((thrown: unknown) => thrown);
    expect(isUniqueViolation(plain)).toBe(true);
    const wrongType = await (async () =>
      db.read
        .select()
        .from(db.t.agents)
        .where(eq(db.t.agents.createdAt, { secret } as never)))().catch((thrown: unknown) => thrown);
    for (const shown of [error, plain, wrongType]) expect(everythingIn(shown)).not.toContain('hunter2');
  });

  test('names the violated index by the same name on both engines', async () => {
    const { db } = await aStore(engine);
    const link = (code: string) => ({ requestId: 'r', personId: '1', digest: code, confirmBy: 1 });
    const request = {
      id: 'r',
      kind: 'command',
      state: 'pending',
      version: 1,
      generation: 1,
      askedBy: 'a',
      payload: '',
      remarks: '',
      policyDigest: '',
      blockers: '',
      isTest: true,
      joins: 0,
      createdAt: 1,
      expiresAt: 1,
      traceId: '',
    } as const;
    const error = await db
      .write(async (tx) => {
        await tx.insert(tx.t.requests).values(request);
        await tx.insert(tx.t.confirmations).values(link('a'));
        await tx.insert(tx.t.confirmations).values(link('b'));
      })
      .catch((thrown: unknown) => thrown);
    expect(isUniqueViolation(error, 'confirmations_one_per_person')).toBe(true);
  });

  test('refuses writes once it is closed, after those that were waiting', async () => {
    const { db, again } = await aStore(engine);
    const other = await again();
    const waiting = [db.write((tx) => addAgent(tx, 'a')), db.write((tx) => addAgent(tx, 'b'))];
    await Promise.all(waiting);
    await db.close();
    await expect(db.write((tx) => addAgent(tx, 'c'))).rejects.toThrow('closed');
    expect(await agentsIn(other.read)).toEqual(['a', 'b']);
  });
});

/** A refusal by the engine, in whatever shape. */
const StoreOrAccess = /readonly|read-only|cannot be opened/;

function everythingIn(error: unknown): string {
  const seen: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    seen.push(
      String(at),
      at.stack ?? '',
      JSON.stringify(Object.getOwnPropertyNames(at).map((name) => [name, Reflect.get(at as Error, name)])),
    );
  }
  return seen.join('\n');
}

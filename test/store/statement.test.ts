import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Tx } from '../../src/store/database.ts';
import { statement } from '../../src/store/statement.ts';
import { aStore, engines } from '../support/store.ts';

const settle = statement(
  'test.settle',
  (q, $: { id: string; version: number; next: number; state: 'approved' | 'denied' }, { t }) =>
    q
      .update(t.requests)
      .set({ state: $.state, version: $.next })
      .where(eq(t.requests.id, $.id))
      .returning({ version: t.requests.version }),
);
const leaseOf = statement('test.lease', (q, $: { name: string }, { t }) =>
  q.select().from(t.leases).where(eq(t.leases.name, $.name)),
);
const insertLease = statement('test.insert_lease', (q, $: { name: string; until: number }, { t }) =>
  q.insert(t.leases).values({ name: $.name, holder: 'h', fence: 1, until: $.until }),
);

describe('a statement', () => {
  test('has a name of its own', () => {
    expect(() => statement('test.settle', (q, _: { id: string }, { t }) => q.select().from(t.leases))).toThrow(
      'two statements are named',
    );
    expect(() => statement('x'.repeat(64), (q, _: { id: string }, { t }) => q.select().from(t.leases))).toThrow(
      '63 bytes',
    );
  });

  test.each(engines)('is filled in anew each time, on %s', async (engine) => {
    const { db } = await aStore(engine);
    await db.write(async (tx) => {
      for (const [name, until] of [
        ['a', 1],
        ['b', 2 ** 40],
      ] as const)
        await tx.run(insertLease, { name, until });
      expect(await tx.run(leaseOf, { name: 'a' })).toEqual([{ name: 'a', holder: 'h', fence: 1, until: 1 }]);
    });
    expect(await db.read.run(leaseOf, { name: 'b' })).toMatchObject([{ until: 2 ** 40 }]);
    expect(await db.read.run(leaseOf, { name: "b' or '1'='1" })).toEqual([]);
  });

  test('is checked by the compiler: state, hole, result, comparison and column', () => {
    const wrong = async (tx: Tx) => {
      // @ts-expect-error no such state
      await tx.run(settle, { id: 'x', version: 1, next: 2, state: 'nonsense' });
      // @ts-expect-error no such hole
      await tx.run(leaseOf, { nmae: 'x' });
      // @ts-expect-error a number, not a text
      const text: string | undefined = (await tx.run(leaseOf, { name: 'x' }))[0]?.fence;
      statement('test.wrong_comparison', (q, $: { name: number }, { t }) =>
        // @ts-expect-error compares a text column with a number
        q.select().from(t.leases).where(eq(t.leases.name, $.name)),
      );
      // @ts-expect-error any text into a column of states
      statement('test.wrong_column', (q, $: { state: string }, { t }) => q.update(t.requests).set({ state: $.state }));
      return text;
    };
    expect(wrong).toBeTypeOf('function');
  });
});

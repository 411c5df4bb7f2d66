import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { CommitUnknown } from '../../src/store/store-error.ts';
import { aStore, engines } from '../support/store.ts';
import { addAgent, agentsIn, eventsIn, fact } from './works.ts';

/** Throws once, at one point. */
function failing(point: string, fail: () => void) {
  let isArmed = true;
  return (reached: string) => {
    if (reached !== point || !isArmed) return;
    isArmed = false;
    fail();
  };
}

const ioError = (code: string) => () => {
  throw Object.assign(new Error('disk I/O error'), { code });
};

describe.each(engines)('a commit on %s', (engine) => {
  test('passes its fail points in order, once each', async () => {
    const points: string[] = [];
    const { db } = await aStore(engine, { reach: (point) => points.push(point) });
    await db.write((tx) => addAgent(tx, 'a'));
    expect(points).toEqual(['store.begin.after', 'store.commit.before', 'store.commit.after']);
  });

  test.each(['store.begin.after', 'store.commit.before'])(
    'does not happen when the process fails at %s',
    async (point) => {
      const reach = failing(point, () => {
        throw new Error('failed on purpose');
      });
      const { db } = await aStore(engine, { reach });
      const work = db.write(async (tx) => {
        await addAgent(tx, 'a');
        tx.record(fact());
      });
      await expect(work).rejects.toThrow('failed on purpose');
      expect(await agentsIn(db.read)).toEqual([]);
      expect(await eventsIn(db.read)).toEqual([]);
      await db.write((tx) => addAgent(tx, 'b')); // a failure for certain: the store goes on
      expect(await agentsIn(db.read)).toEqual(['b']);
    },
  );

  test('whose answer is lost is unknown: said once, and nothing is written any more', async () => {
    const reach = failing('store.commit.after', ioError('SQLITE_IOERR'));
    const { db } = await aStore(engine, { reach });
    const heard: Error[] = [];
    db.onFatal((error) => heard.push(error));
    const waiting = [db.write((tx) => addAgent(tx, 'a'))];
    await expect(waiting[0]).rejects.toBeInstanceOf(CommitUnknown);
    await expect(db.write((tx) => addAgent(tx, 'b'))).rejects.toMatchObject({
      code: 'unavailable',
      extras: { reason: 'commit_unknown' },
    });
    await expect(db.write((tx) => addAgent(tx, 'c'))).rejects.toBeInstanceOf(CommitUnknown); // and so on
    expect(heard).toHaveLength(1);
    expect(await agentsIn(db.read)).toEqual(['a']); // it had happened; reads still say so

    const late: Error[] = [];
    db.onFatal((error) => late.push(error));
    await agentsIn(db.read);
    expect(late).toEqual(heard);
  });
});

describe('a commit on SQLite', () => {
  test('that meets an I/O error is unknown', async () => {
    const reach = failing('store.commit.before', ioError('SQLITE_IOERR_FSYNC'));
    const { db } = await aStore('sqlite', { reach });
    await expect(db.write((tx) => addAgent(tx, 'a'))).rejects.toBeInstanceOf(CommitUnknown);
    await expect(db.write((tx) => addAgent(tx, 'b'))).rejects.toBeInstanceOf(CommitUnknown);
    expect(await agentsIn(db.read)).toEqual([]);
  });

  test('that meets a full disk has not happened, for certain, and the store goes on', async () => {
    const reach = failing('store.commit.before', ioError('SQLITE_FULL'));
    const { db } = await aStore('sqlite', { reach });
    await expect(db.write((tx) => addAgent(tx, 'a'))).rejects.toMatchObject({
      code: 'unavailable',
      extras: { reason: 'disk_full' },
    });
    await db.write((tx) => addAgent(tx, 'b'));
    expect(await agentsIn(db.read)).toEqual(['b']);
  });
});

describe('a commit that works on SQLite share', () => {
  test('is one for many that wait; each sees those before it, and its events follow theirs', async () => {
    let commits = 0;
    const { db } = await aStore('sqlite', { reach: (point) => (commits += point === 'store.commit.after' ? 1 : 0) });
    const works = ['a', 'b', 'c'].map((id) =>
      db.write(async (tx) => {
        const before = await agentsIn(tx);
        await addAgent(tx, id);
        tx.record(fact(`agent:${id}`));
        return before;
      }),
    );
    expect(await Promise.all(works)).toEqual([[], ['a'], ['a', 'b']]);
    expect((await eventsIn(db.read)).map(({ seq, subject }) => [seq, subject])).toEqual([
      [1, 'agent:a'],
      [2, 'agent:b'],
      [3, 'agent:c'],
    ]);

    commits = 0; // now with everything prepared: a busy machine may need a few, never one for each
    await Promise.all(Array.from({ length: 40 }, (_, n) => db.write((tx) => addAgent(tx, `d-${n}`))));
    expect(commits).toBeLessThan(20);
  });

  test.each(['a', 'b', 'c'])('leaves nothing of %s, which fails, and all of the others', async (failing) => {
    const { db } = await aStore('sqlite');
    const works = ['a', 'b', 'c'].map((id) =>
      db.write(async (tx) => {
        await addAgent(tx, id);
        tx.record(fact(`agent:${id}`));
        if (id === failing) await addAgent(tx, id); // the same again: refused by the database
      }),
    );
    const kept = ['a', 'b', 'c'].filter((id) => id !== failing);
    const ends = await Promise.allSettled(works);
    expect(ends.map(({ status }) => status === 'fulfilled')).toEqual(['a', 'b', 'c'].map((id) => id !== failing));
    expect(await agentsIn(db.read)).toEqual(kept);
    expect((await eventsIn(db.read)).map(({ seq, subject }) => `${seq} ${subject}`)).toEqual(
      kept.map((id, index) => `${index + 1} agent:${id}`),
    );
  });

  test('leaves nothing of a work that waits for something else, and all of those before it', async () => {
    const { db } = await aStore('sqlite');
    const first = db.write((tx) => addAgent(tx, 'a'));
    const strays = db.write(async (tx) => {
      await addAgent(tx, 'b');
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await expect(strays).rejects.toThrow('waited for something other than the database');
    await first;
    expect(await agentsIn(db.read)).toEqual(['a']);
  });

  test('that fails refuses them all, and nothing of any has happened', async () => {
    let isFull = true;
    const reach = (point: string) => {
      if (point === 'store.commit.before' && isFull) ioError('SQLITE_FULL')();
    };
    const { db } = await aStore('sqlite', { reach });
    const works = ['a', 'b', 'c'].map((id) => db.write((tx) => addAgent(tx, id)));
    for (const work of await Promise.allSettled(works)) {
      expect(work).toMatchObject({ status: 'rejected', reason: { extras: { reason: 'disk_full' } } });
    }
    expect(await agentsIn(db.read)).toEqual([]);
    isFull = false;
    await db.write((tx) => addAgent(tx, 'd'));
    expect(await agentsIn(db.read)).toEqual(['d']);
  });

  test('whose answer is lost is unknown to them all', async () => {
    const reach = failing('store.commit.after', ioError('SQLITE_IOERR'));
    const { db } = await aStore('sqlite', { reach });
    const works = ['a', 'b'].map((id) => db.write((tx) => addAgent(tx, id)));
    for (const work of await Promise.allSettled(works)) {
      expect(work).toMatchObject({ status: 'rejected', reason: expect.any(CommitUnknown) });
    }
  });

  test('is not answered to any before it is done', async () => {
    const { db } = await aStore('sqlite');
    const works = ['a', 'b', 'c'].map(async (id) => {
      await db.write((tx) => addAgent(tx, id));
      return (await agentsIn(db.read)).includes(id); // a read never sees what is not committed
    });
    expect(await Promise.all(works)).toEqual([true, true, true]);
  });
});

describe.runIf(engines.includes('postgres'))('a commit on PostgreSQL', () => {
  test('at which the connection is lost is unknown, and is not tried again', async () => {
    let where = '';
    let commits = 0;
    const reach = (point: string) => {
      if (point !== 'store.commit.before') return;
      commits++;
      const program = `const client = new (await import('pg')).default.Client({ connectionString: ${JSON.stringify(where)} });
        await client.connect();
        await client.query("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'");
        await client.end();`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
    };
    const store = await aStore('postgres', { reach });
    where = store.where;
    await expect(store.db.write((tx) => addAgent(tx, 'a'))).rejects.toBeInstanceOf(CommitUnknown);
    await expect(store.db.write((tx) => addAgent(tx, 'b'))).rejects.toBeInstanceOf(CommitUnknown);
    expect(commits).toBe(1);
    expect(await agentsIn(store.db.read)).toEqual([]);
  });
});

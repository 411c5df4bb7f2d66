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

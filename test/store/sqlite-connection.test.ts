import { chmodSync, statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { assertVersion, openConfigured } from '../../src/store/sqlite-connection.ts';
import { StoreDamaged } from '../../src/store/store-error.ts';
import { aStore } from '../support/store.ts';
import { addAgent, agentsIn } from './works.ts';

describe('a connection to SQLite', () => {
  test.each([false, true])('has the settings that durability and safety need (read only: %s)', async (readonly) => {
    const { where } = await aStore('sqlite');
    const raw = openConfigured(where, { readonly });
    const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema', 'cell_size_check', 'mmap_size'];
    const found = settings.map((name) => [name, raw.pragma(name, { simple: true })]);
    expect(Object.fromEntries(found)).toEqual({
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      trusted_schema: 0,
      cell_size_check: 1,
      mmap_size: 0,
    });
    expect(raw.pragma('busy_timeout', { simple: true })).toBe(readonly ? 100 : 0);
    raw.close();
  });

  test('keeps the file to its owner, also where it was not', async () => {
    const { where } = await aStore('sqlite');
    chmodSync(where, 0o644);
    openConfigured(where).close();
    expect(statSync(where).mode & 0o777).toBe(0o600);
  });

  test.each(['3.7.0', '3.51.2', '2.99.99', '3.51'])('is refused to SQLite %s', (version) => {
    expect(() => assertVersion(version)).toThrow('too old');
  });

  test.each(['3.51.3', '3.53.2', '3.100.0', '4.0.0'])('is allowed to SQLite %s', (version) => {
    expect(() => assertVersion(version)).not.toThrow();
  });

  test('that finds its file damaged stops all writes, once, with a remedy', async () => {
    const { where, clock } = await aStore('sqlite');
    const db = await openSqlite({ path: where, now: clock.now });
    await db.write((tx) => addAgent(tx, 'a'));
    const raw = new Sqlite(where);
    raw.unsafeMode();
    raw.pragma('writable_schema = ON');
    // the table's root page is one that holds something else
    raw.exec(
      "update sqlite_master set rootpage = (select rootpage from sqlite_master where name = 'events_by_action') where name = 'agents'",
    );
    raw.close();
    const heard: Error[] = [];
    const again = await openSqlite({ path: where, now: clock.now });
    again.onFatal((error) => heard.push(error));
    await expect(agentsIn(again.read)).rejects.toMatchObject({
      extras: { reason: 'store_damaged', remedy: expect.any(String) },
    });
    await expect(again.write((tx) => addAgent(tx, 'b'))).rejects.toBeInstanceOf(StoreDamaged);
    expect(heard).toHaveLength(1);
    await again.close();
    await db.close();
  });
});

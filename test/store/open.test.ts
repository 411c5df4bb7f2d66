import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, sqlitePath } from '../../src/store/open.ts';
import { aStore, engines } from '../support/store.ts';
import { addAgent, agentsIn } from './works.ts';

function aHome(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-open-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'home');
}

describe('opening the store', () => {
  test('makes a data directory and a file that only their owner can enter, and finds them again', async () => {
    const home = aHome();
    const first = await openStore({ home, now: Date.now });
    await first.write((tx) => addAgent(tx, 'a'));
    await first.close();
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(sqlitePath(home)).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['gaia.db']);

    const second = await openStore({ home, now: Date.now });
    expect(second.engine).toBe('sqlite');
    expect(await agentsIn(second.read)).toEqual(['a']);
    await second.close();
  });

  test('refuses an address that is not PostgreSQL, without repeating it', async () => {
    const home = aHome();
    const opened = openStore({ databaseUrl: 'mysql://root:hunter2@host/db', home, now: Date.now });
    await expect(opened).rejects.toMatchObject({ code: 'invalid', message: expect.not.stringContaining('hunter2') });
  });

  test('says that PostgreSQL cannot be reached, without its password', async () => {
    const opened = openStore({ databaseUrl: 'postgres://gaia:hunter2@127.0.0.1:1/gaia', home: aHome(), now: Date.now });
    const error = await opened.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', extras: { reason: 'store_unreachable' } });
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });

  test('loads PostgreSQL only where it is used', () => {
    const open = new URL('../../src/store/open.ts', import.meta.url).href;
    const program = `
      import { createRequire } from 'node:module';
      import { openStore } from ${JSON.stringify(open)};
      const db = await openStore({ home: ${JSON.stringify(aHome())}, now: Date.now });
      await db.close();
      const loaded = Object.keys(createRequire(${JSON.stringify(open)}).cache);
      process.stdout.write(JSON.stringify([loaded.some((path) => path.includes('/better-sqlite3/')), loaded.some((path) => path.includes('/pg/'))]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([true, false]);
  });
});

describe.runIf(engines.includes('postgres'))('opening the store on PostgreSQL', () => {
  test('brings it up to date and finds what is there', async () => {
    const { db, where } = await aStore('postgres');
    await db.write((tx) => addAgent(tx, 'a'));
    const home = aHome();
    const opened = await openStore({ databaseUrl: where, home, now: Date.now });
    expect(opened.engine).toBe('postgres');
    expect(await agentsIn(opened.read)).toEqual(['a']);
    await opened.close();
  });
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { processLog } from '../../../src/log.ts';
import { startGaia } from '../../../src/main.ts';
import { gaia } from '../a-terminal.ts';

/** A data directory that Gaia ran on, with what an update copies before it changes the store. */
async function aHomeAfterAnUpdate() {
  const home = mkdtempSync(join(tmpdir(), 'gaia-backup-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const stream = { write: () => true } as never;
  const config = readConfig({ GAIA_HOME: home, GAIA_PORT: '0' }, { cwd: home });
  const running = await startGaia(config, {
    log: processLog('warn', { stream, isTerminal: false }),
    write: async () => undefined,
  });
  await running.stop();
  const name = 'before-0009_more-1790000000000.db';
  mkdirSync(join(home, 'backups'), { mode: 0o700 });
  const store = new Sqlite(join(home, 'gaia.db'));
  store.prepare('vacuum into ?').run(join(home, 'backups', name));
  store.close();
  return {
    home,
    name,
    path: join(home, 'backups', name),
    run: (...argv: string[]) => gaia(argv, { env: { GAIA_HOME: home } }),
  };
}

describe('gaia backup knows what an update copied first, and', () => {
  test('lists it', async () => {
    const { run, path } = await aHomeAfterAnUpdate();
    const { exit, stdout } = await run('backup', 'list');
    expect([exit, stdout]).toEqual([0, expect.stringContaining(path)]);
    expect(stdout).toContain('before-… is what an update of the store copied first');
    expect(JSON.parse((await run('backup', 'list', '--json')).stdout).beforeUpdates).toMatchObject([
      { path, at: 1_790_000_000_000 },
    ]);
  });

  test('verifies it by its name, and finds it damaged', async () => {
    const { run, path, name, home } = await aHomeAfterAnUpdate();
    expect(await run('backup', 'verify', name)).toMatchObject({ exit: 0, stdout: expect.stringContaining(path) });
    expect(readdirSync(join(home, 'backups'))).toEqual([name]); // nothing is left behind
    writeFileSync(path, readFileSync(path).subarray(0, 20_000));
    const cut = await run('backup', 'verify', name);
    expect([cut.exit === 0, cut.stderr]).toEqual([false, expect.stringContaining(name)]);
    writeFileSync(path, 'no database');
    const junk = await run('backup', 'restore', name, '--yes');
    expect([junk.exit, junk.stderr]).toEqual([7, expect.stringContaining(`The backup ${name} is damaged`)]);
    expect(junk.stderr).not.toContain('Stop Gaia'); // its own store is whole
    expect(existsSync(join(home, 'restored.json'))).toBe(false);
    const none = await run('backup', 'verify', 'before-none-1790000000000.db');
    expect(none.stderr).toContain('There is no');
  });

  test('restores it, by a plan first, to be accepted like any other', async () => {
    const { run, name, home } = await aHomeAfterAnUpdate();
    const plan = await run('backup', 'restore', name);
    expect([plan.exit, plan.stdout]).toEqual([0, expect.stringContaining('To do it: the same with --yes')]);
    expect(existsSync(join(home, 'restored.json'))).toBe(false);
    const done = await run('backup', 'restore', name, '--yes');
    expect([done.exit, done.stdout]).toEqual([0, expect.stringContaining('gaia resume --accept-generation')]);
    expect(JSON.parse(readFileSync(join(home, 'restored.json'), 'utf8'))).toMatchObject({ from: name });
    expect(readdirSync(home).filter((each) => each.startsWith('gaia.db.before-restore-'))).toHaveLength(1);
  });

  test('leaves it to the version that it belongs to', async () => {
    const { run, name, path } = await aHomeAfterAnUpdate();
    const store = new Sqlite(path);
    store.prepare('delete from gaia_migrations where idx = (select max(idx) from gaia_migrations)').run();
    store.close();
    const { exit, stderr } = await run('backup', 'restore', name, '--yes');
    expect([exit === 0, stderr]).toEqual([
      false,
      expect.stringContaining('Install the version from before the update'),
    ]);
  });
});

describe('gaia backup', () => {
  test('keeps a policy outside the data directory, and tells whoever restores to compare it', async () => {
    const { home } = await aHomeAfterAnUpdate();
    const policyFile = join(mkdtempSync(join(tmpdir(), 'gaia-policy-')), 'team.yaml');
    onTestFinished(() => rmSync(dirname(policyFile), { recursive: true }));
    writeFileSync(policyFile, 'version: 1\n');
    const run = (...argv: string[]) => gaia(argv, { env: { GAIA_HOME: home, POLICY_FILE: policyFile } });
    const made = await run('backup', 'create');
    expect(made.stdout).toContain(`The policy ${policyFile} is in it as policy-file.yaml`);
    expect((await run('backup', 'restore')).stdout).toContain(`The policy ${policyFile} is as it was then.`);
    writeFileSync(policyFile, 'version: 1\nrules: []\n');
    expect((await run('backup', 'restore')).stdout).toContain(`Compare: diff ${policyFile} `);
    const done = await run('backup', 'restore', '--yes');
    expect(done.stdout).toContain('is not as it was then, and stays as it is');
    expect(readFileSync(policyFile, 'utf8')).toContain('rules: []');
  });

  test('refuses at once to be made where no directory can be', async () => {
    const { run } = await aHomeAfterAnUpdate();
    const { exit, stderr } = await run('backup', 'create', '--to', '/proc/x');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('Name another directory with --to.')]);
  });
});

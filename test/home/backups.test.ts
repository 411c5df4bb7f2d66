import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireAcceptance, resume } from '../../src/actions/pauses.ts';
import { beginApproved } from '../../src/actions/starts.ts';
import { verifyBackupStore } from '../../src/cli/local/verify-backup.ts';
import { databaseOf, listBackups } from '../../src/home/backup-files.ts';
import { checkedBackup, createBackup, restoreBackup } from '../../src/home/backups.ts';
import { policyToCompare } from '../../src/home/kept-policy.ts';
import { whyRestored } from '../../src/home/notes.ts';
import { copyStore } from '../../src/store/copy.ts';
import { listEvents } from '../../src/store/events.ts';
import { findRequest } from '../../src/store/requests.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { reasonOf } from '../support/refusal.ts';
import { alsoOn, aWorld, type World } from '../support/world.ts';

const emptyDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-backup-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
const homeOf = (world: World): string => join(world.store.where, '..');
let at = Date.UTC(2026, 10, 26, 3, 17, 0);
const backUp = (world: World, more: Partial<Parameters<typeof createBackup>[0]> = {}) => {
  at += 1_000;
  return createBackup({ home: homeOf(world), version: '1', now: at, copy: copyStore, ...more });
};
/** As before backups said whose they are. */
const withoutInstallation: typeof copyStore = async (paths) => {
  const { installation: _, ...copied } = await copyStore(paths);
  return copied;
};

describe('a backup', () => {
  test('made under load is whole, is for its owner alone, and holds no secret file', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    writeFileSync(join(homeOf(world), 'admin.key'), 'secret', { mode: 0o600 });
    writeFileSync(join(homeOf(world), 'policy.yaml'), 'version: 1\n', { mode: 0o600 });
    let isDone = false;
    const load = (async () => {
      for (let n = 0; !isDone; n++) await builder.asks(`question ${n}?`).catch(() => undefined);
    })();
    const { path, note } = await backUp(world);
    isDone = true;
    await load;
    expect(note.seq).toBeGreaterThan(0);
    expect((await verifyBackupStore({ path, note })).head).toEqual({ seq: note.seq, hash: note.hash });
    expect(readdirSync(path).sort()).toEqual(['backup.json', 'gaia.db', 'policy.yaml']);
    expect(statSync(databaseOf(path)).mode & 0o077).toBe(0);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  test('has the policy from outside the data directory too, to be put back by hand alone', async () => {
    const world = await aWorld();
    const outside = emptyDirectory();
    const policyFile = join(outside, 'team.yaml');
    writeFileSync(policyFile, 'version: 1\n');
    const { path, note } = await backUp(world, { policyFile });
    expect(note.policy).toMatchObject({ from: policyFile, file: 'policy-file.yaml' });
    expect(readFileSync(join(path, 'policy-file.yaml'), 'utf8')).toBe('version: 1\n');
    expect(statSync(join(path, 'policy-file.yaml')).mode & 0o077).toBe(0);
    expect(await policyToCompare({ path, note })).toMatchObject({ from: policyFile, isSame: true });

    writeFileSync(policyFile, 'version: 1\nbind: [Makefile]\n');
    expect(await policyToCompare({ path, note })).toMatchObject({ isSame: false });
    const target = join(outside, 'home');
    await restoreBackup(await checkedBackup('', path), { home: target, now: at });
    expect(readdirSync(target).filter((name) => name.endsWith('.yaml'))).toEqual([]);
    expect(readFileSync(policyFile, 'utf8')).toContain('Makefile');

    writeFileSync(join(path, 'policy-file.yaml'), 'version: 1\nrules: []\n');
    expect(await reasonOf(checkedBackup('', path))).toBe('backup_damaged');
  });

  test('knows its own policy by whatever way it is named, and that there is none', async () => {
    const world = await aWorld();
    expect((await backUp(world)).note.policy).toBeUndefined();
    const own = join(homeOf(world), 'policy.yaml');
    writeFileSync(own, 'version: 1\n');
    const link = join(emptyDirectory(), 'linked');
    symlinkSync(homeOf(world), link);
    const { path, note } = await backUp(world, { policyFile: join(link, 'policy.yaml') });
    expect(note.policy?.file).toBe('policy.yaml');
    expect(existsSync(join(path, 'policy-file.yaml'))).toBe(false);
    expect(await policyToCompare({ path, note })).toBeUndefined();
  });

  test('is rotated: the newest are kept, and what a crash left is gone', async () => {
    const world = await aWorld();
    const made: string[] = [];
    for (let n = 0; n < 4; n++) made.push((await backUp(world, { keep: 2 })).path);
    const directory = join(homeOf(world), 'backups');
    expect((await listBackups(directory)).map(({ path }) => path)).toEqual([made[3], made[2]]);
    const crashing = backUp(world, {
      copy: async (paths) => {
        await copyStore(paths);
        throw new Error('killed');
      },
    });
    await expect(crashing).rejects.toThrow('killed');
    expect(await listBackups(directory)).toHaveLength(2);
    expect(readdirSync(directory).filter((name) => name !== '.lock')).toHaveLength(2);
  });

  test('in a directory that several share is rotated with its own, and never with those of another Gaia', async () => {
    const [one, other] = [await aWorld(), await aWorld()];
    for (const world of [one, other]) await (await world.agent('builder')).asks('Release?');
    const directory = emptyDirectory();
    const theirs = await backUp(other, { directory, keep: 1 });
    const unknown = await backUp(one, { directory, copy: withoutInstallation });
    const made: string[] = [];
    for (let n = 0; n < 3; n++) made.push((await backUp(one, { directory, keep: 1 })).path);
    const kept = (await listBackups(directory)).map(({ path }) => path);
    expect(kept).toEqual([made[2], unknown.path, theirs.path]);
    await backUp(one, { copy: withoutInstallation });
    expect((await backUp(one, { keep: 1 })).removed).toHaveLength(1); // in its own directory all are its own
  });

  test('is never the one that is removed, also after a clock that was ahead', async () => {
    const world = await aWorld();
    await backUp(world, { now: at + 400 * 86_400_000 });
    const { path } = await backUp(world, { keep: 1 });
    expect(existsSync(path)).toBe(true);
  });

  test('is made alone: a second one at the same time is refused and harms nothing', async () => {
    const world = await aWorld();
    let second: string | undefined;
    const { path } = await backUp(world, {
      copy: async (paths) => {
        second = await reasonOf(backUp(world));
        return copyStore(paths);
      },
    });
    expect(second).toBe('backup_under_way');
    expect((await listBackups(join(homeOf(world), 'backups'))).map((each) => each.path)).toEqual([path]);
  });

  test('clears away what a crash left, and leaves a look that may be under way', async () => {
    const world = await aWorld();
    const { path } = await backUp(world);
    const directory = join(homeOf(world), 'backups');
    const left = ['gaia-2026-11-01T00-00-00Z.unfinished', 'looked-at-AbC123', 'looked-at-now456'];
    for (const name of left) mkdirSync(join(directory, name));
    utimesSync(join(directory, 'looked-at-AbC123'), 1, 1);
    const now = Date.now();
    const next = await backUp(world, { now });
    expect(readdirSync(directory).sort()).toEqual(
      ['.lock', path, next.path, 'looked-at-now456'].map((each) => basename(each)).sort(),
    );
  });

  test('for which there is no room is refused before anything is written, and the earlier ones stay', async () => {
    const world = await aWorld();
    const { path } = await backUp(world);
    expect(await reasonOf(backUp(world, { freeBytes: async () => 4_096 }))).toBe('disk_full');
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    expect(await reasonOf(backUp(world, { copy: () => Promise.reject(full) }))).toBe('disk_full');
    expect(readdirSync(join(homeOf(world), 'backups')).sort()).toEqual(['.lock', path.split('/').at(-1)]);
  });

  test.each([
    ['was cut short', (path: string) => truncateSync(databaseOf(path), 8_192), 'backup_damaged'],
    ['has a byte more', (path: string) => appendFileSync(databaseOf(path), 'x'), 'backup_damaged'],
    [
      'was changed',
      (path: string) => writeFileSync(databaseOf(path), Buffer.alloc(statSync(databaseOf(path)).size, 7)),
      'backup_damaged',
    ],
    ['lost its note', (path: string) => rmSync(join(path, 'backup.json')), 'backup_unfinished'],
    ['lost its store', (path: string) => rmSync(databaseOf(path)), 'backup_damaged'],
  ])('that %s is refused, and the store stays as it is', async (_, damage, reason) => {
    const world = await aWorld();
    const { path } = await backUp(world);
    damage(path);
    expect(await reasonOf(checkedBackup(join(homeOf(world), 'backups'), path))).toBe(reason);
    expect(existsSync(join(homeOf(world), 'restored.json'))).toBe(false);
  });
});

describe('a restored store', () => {
  /** What was approved before the backup and what happened after it; then the backup is restored elsewhere. */
  async function aRestored() {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const approved = await builder.asksToRun(['echo', 'hello']);
    const pending = await builder.asks('Release?');
    await world.person('local').approves(approved);
    expect((await world.now(approved)).state).toBe('approved');
    const backup = await backUp(world);
    await world.tick();
    expect((await world.now(approved)).state).toBe('executed');
    await world.person('local').answers(pending, 'yes');
    const home = emptyDirectory();
    await restoreBackup(await checkedBackup(join(homeOf(world), 'backups'), undefined), { home, now: at });
    const db = await openSqlite({ path: join(home, 'gaia.db'), now: world.clock.now });
    onTestFinished(() => db.close());
    const app = alsoOn(world, db);
    const why = await whyRestored(home);
    return { world, app, db, home, approved, pending, backup, why };
  }

  test('verifies, stands where the backup did, and starts nothing before it is accepted', async () => {
    const { world, app, home, approved, backup, why } = await aRestored();
    expect(why).toContain(backup.path.split('/').at(-1));
    const copy = { path: backup.path, note: backup.note };
    // agents of this world were made without keys, which is all there is to find
    expect((await verifyBackupStore(copy)).faults.filter(({ code }) => code !== 'row_unrecorded')).toEqual([]);
    await requireAcceptance(app, why ?? '', world.by('gaia', 'start'));
    await beginApproved(app);
    expect((await findRequest(app.db.read, approved.id))?.state).toBe('approved');
    expect(existsSync(join(home, 'gaia.db'))).toBe(true);
  });

  test('is a new generation once it is accepted: nothing is run again', async () => {
    const { world, app, approved, pending, why } = await aRestored();
    await requireAcceptance(app, why ?? '', world.by('gaia', 'start'));
    expect(await reasonOf(resume(app, {}, world.admin))).toBe('acceptance_needed');
    expect((await resume(app, { acceptGeneration: true }, world.admin)).generation).toBe(2);
    await beginApproved(app);
    expect(await findRequest(app.db.read, approved.id)).toMatchObject({
      state: 'stale',
      endCode: 'generation_changed',
    });
    expect((await findRequest(app.db.read, pending.id))?.state).toBe('pending');
    const actions = (await listEvents(app.db.read, { order: 'oldest', limit: 100 })).map(({ action }) => action);
    expect(actions).not.toContain('execution.finished');
    expect(actions).toEqual(expect.arrayContaining(['store.restored', 'store.accepted']));
  });

  test('leaves the store that was there aside', async () => {
    const world = await aWorld();
    await backUp(world);
    const home = emptyDirectory();
    writeFileSync(join(home, 'gaia.db'), 'the store of before');
    writeFileSync(join(home, 'gaia.db-wal'), 'its log');
    const { movedAside } = await restoreBackup(await checkedBackup(join(homeOf(world), 'backups'), undefined), {
      home,
      now: 5,
    });
    expect(movedAside).toBe(join(home, 'gaia.db.before-restore-5'));
    expect(readdirSync(home).sort()).toEqual([
      'gaia.db',
      'gaia.db.before-restore-5',
      'gaia.db.before-restore-5-wal',
      'restored.json',
    ]);
  });
});

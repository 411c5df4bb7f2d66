import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Home, openHome } from '../../src/home/home.ts';
import { isFree } from '../../src/home/lock.ts';
import { runningGaia, stopGaia, takeHome } from '../../src/home/running.ts';

const startedAt = new Date('2026-11-21T08:00:00Z');
const url = 'http://127.0.0.1:4711';

const built = new URL('../../dist/home/', import.meta.url).href;

let home: Home;
let children: ChildProcess[];
beforeEach(async () => {
  home = await openHome(await mkdtemp(join(tmpdir(), 'gaia-running-')));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map(end));
  await rm(home.path, { recursive: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Another process that takes the data directory; on SIGTERM it gives it back, or stays on. */
async function anotherGaia({ onTerm }: { onTerm: 'release' | 'stay' }): Promise<ChildProcess> {
  const program = `
    const { openHome } = await import('${built}home.js');
    const { takeHome } = await import('${built}running.js');
    const tenancy = await takeHome(await openHome(process.argv[1]), { startedAt: new Date('${startedAt.toISOString()}') });
    await tenancy.announce('${url}');
    process.on('SIGTERM', async () => {
      if (${onTerm === 'stay'}) return;
      await tenancy.release();
      process.exit(0);
    });
    setInterval(() => undefined, 1_000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, home.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

/** What another process finds: this one's own view cannot show that the kernel dropped the lock. */
async function isFreeElsewhere(): Promise<string> {
  const program = `const { isFree } = await import('${built}lock.js'); console.log(await isFree(process.argv[1]));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, home.lock]);
  return stdout.trim();
}

const record = async () => JSON.parse(await readFile(home.pid, 'utf8'));

describe('a data directory', () => {
  test('names the process that took it, and where it listens, to its own user only', async () => {
    const tenancy = await takeHome(home, { startedAt });
    expect(await record()).toMatchObject({ pid: process.pid, startedAt: '2026-11-21T08:00:00.000Z' });
    await tenancy.announce(url);
    expect(await runningGaia(home.path)).toMatchObject({ pid: process.pid, url });
    expect((await stat(home.pid)).mode & 0o777).toBe(0o600);
    expect((await stat(home.lock)).mode & 0o777).toBe(0o600);

    await tenancy.release();
    expect(await runningGaia(home.path)).toBeUndefined();
    expect(await isFree(home.lock)).toBe(true);
  });

  test('is refused to a second process, which learns who has it; the first keeps it', async () => {
    const child = await anotherGaia({ onTerm: 'release' });
    await expect(takeHome(home, { startedAt })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(`process ${child.pid}, since 2026-11-21T08:00:00.000Z, at ${url}`),
      extras: { reason: 'home_taken', remedy: expect.stringContaining('gaia stop'), facts: { pid: child.pid } },
    });
    expect(await record()).toMatchObject({ pid: child.pid });
    expect(await isFree(home.lock)).toBe(false);
  });

  test('is refused to this process a second time, and still held after that', async () => {
    const tenancy = await takeHome(home, { startedAt });
    await expect(takeHome(home, { startedAt })).rejects.toMatchObject({ code: 'conflict' });
    expect(await isFree(home.lock)).toBe(false);
    expect(await isFreeElsewhere()).toBe('false');
    await tenancy.release();
  });

  test('is free again after kill -9, whatever gaia.pid says', async () => {
    const child = await anotherGaia({ onTerm: 'release' });
    await end(child);

    expect(await record()).toMatchObject({ pid: child.pid });
    expect(await runningGaia(home.path)).toBeUndefined();
    await (await takeHome(home, { startedAt })).release();
  });
});

describe('gaia.pid', () => {
  test.each(['startTime', 'bootId'])(
    'names nobody when only its %s differs: the number was given to another process',
    async (field) => {
      const tenancy = await takeHome(home, { startedAt });
      const own = await record();
      expect(own[field]).toEqual(expect.any(String));
      await writeFile(home.pid, JSON.stringify({ ...own, [field]: '1' }));
      expect(await runningGaia(home.path)).toBeUndefined();
      await tenancy.release();
    },
  );

  test.each([
    '',
    '{',
    '[]',
    '{"pid":-1,"startedAt":"x"}',
    '{"pid":0,"startedAt":"x"}',
    '{"pid":1.5,"startedAt":"x"}',
    'null',
  ])('that reads %j names nobody, and nobody is stopped', async (text) => {
    await writeFile(home.pid, text);
    expect(await runningGaia(home.path)).toBeUndefined();
    expect(await stopGaia(home.path)).toBeUndefined();
  });
});

describe('stopping', () => {
  test('ends the Gaia of that directory and waits until it gave it back', async () => {
    const child = await anotherGaia({ onTerm: 'release' });
    expect(await stopGaia(home.path)).toMatchObject({ pid: child.pid, url });
    expect(await isFree(home.lock)).toBe(true);
  });

  test('says so when it is still there in the end, and does not kill it', async () => {
    const child = await anotherGaia({ onTerm: 'stay' });
    await expect(stopGaia(home.path, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'unavailable',
      extras: { reason: 'still_stopping', remedy: expect.stringContaining(`kill -9 ${child.pid}`) },
    });
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  test('does nothing where none ever ran', async () => {
    expect(await stopGaia(home.path)).toBeUndefined();
    await expect(stat(home.lock)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('signals nobody when the holder is not known', async () => {
    await anotherGaia({ onTerm: 'release' });
    await rm(home.pid);
    await expect(stopGaia(home.path)).rejects.toMatchObject({ extras: { reason: 'home_taken' } });
  });
});

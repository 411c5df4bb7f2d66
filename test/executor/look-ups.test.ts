import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashFiles } from '../../src/executor/hash-files.ts';
import { type LookUpLimits, type LookUps, lookUps } from '../../src/executor/look-ups.ts';
import { resolveCommand } from '../../src/executor/resolve.ts';

let dir: string;
let opened: LookUps[];
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'gaia-look-ups-')));
  opened = [];
});
afterEach(async () => {
  for (const each of opened) each.close();
  await rm(dir, { recursive: true });
});

const options = {
  path: '/usr/bin:/bin',
  bind: [] as string[],
  mode: 'dry_run' as const,
  ownUid: process.getuid?.() ?? 0,
};

function looking(limits: LookUpLimits = {}): LookUps {
  const fresh = lookUps(limits);
  opened.push(fresh);
  return fresh;
}

/**
 * A thread's program that answers at once, but hangs in the kernel for a directory named `hung`, as on a network mount
 * that is away: it opens a pipe to which nobody writes.
 */
async function hangs(): Promise<{ program: URL; release(): Promise<void> }> {
  const pipe = join(dir, 'pipe');
  execFileSync('/usr/bin/mkfifo', [pipe]);
  const program = join(dir, 'program.mjs');
  await writeFile(
    program,
    `import { openSync, closeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ id, asked: { input } }) => {
  if (input.cwd === '/hung') closeSync(openSync(${JSON.stringify(pipe)}, 'r'));
  if (input.cwd === '/broken') throw new Error('broken on purpose');
  parentPort.postMessage({ id, answer: { blockers: [], cwd: input.cwd } });
});
`,
  );
  return { program: pathToFileURL(program), release: async () => (await open(pipe, 'r+')).close() };
}

describe('a look-up in a thread of its own', () => {
  test('finds what a look-up here finds, in the same words', async () => {
    await writeFile(join(dir, 'build.sh'), 'make\n');
    await writeFile(join(dir, 'bound.yaml'), 'a: 1\n');
    const here = { ...options, hash: hashFiles(), bind: ['*.yaml', '**/*.nothing'] };
    const there = { ...options, bind: here.bind };
    const threads = looking();
    for (const argv of [['sh', 'build.sh', '/etc/passwd', dir], ['no-such-program'], ['/etc/passwd']]) {
      const input = { argv, cwd: dir };
      expect(await threads.resolve(input, there)).toEqual(await resolveCommand(input, here));
    }
    expect(await threads.resolve({ argv: ['sh'], cwd: `${dir}/gone` }, there)).toMatchObject({
      blockers: [{ code: 'cwd_not_found' }],
    });
  });

  test('binds what stands there now, also where it looked before', async () => {
    const threads = looking();
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    for (const text of ['one\n', 'two\n']) {
      await writeFile(join(dir, 'build.sh'), text);
      expect(await threads.resolve({ argv: ['sh', 'build.sh'], cwd: dir }, options)).toMatchObject({
        command: { files: [{ name: 'build.sh', sha256: sha256(text) }] },
      });
    }
  });

  test('that hangs holds up nobody else, and is refused when its time is over', async () => {
    const { program, release } = await hangs();
    const threads = looking({ program, slowMs: 20, limitMs: 2_000 });
    const hung = threads.resolve({ argv: ['ls'], cwd: '/hung' }, options);
    const others = ['/a', '/b'].map((cwd) => threads.resolve({ argv: ['ls'], cwd }, options));
    const first = await Promise.race([hung.catch(() => 'the hung one'), Promise.all(others)]);
    expect(first).toMatchObject([{ cwd: '/a' }, { cwd: '/b' }]);
    await expect(hung).rejects.toMatchObject({
      code: 'unavailable',
      extras: { reason: 'look_up_stuck', facts: { cwd: '/hung' } },
    });

    // while the kernel holds that thread, the same directory takes no further one, and the others go on
    const since = performance.now();
    await expect(threads.resolve({ argv: ['ls', 'again'], cwd: '/hung' }, options)).rejects.toMatchObject({
      extras: { reason: 'look_up_stuck' },
    });
    expect(performance.now() - since).toBeLessThan(200);
    expect(await threads.resolve({ argv: ['ls'], cwd: '/c' }, options)).toMatchObject({ cwd: '/c' });
    await release();
  });

  test('of another asker does not wait behind all that one asks for, and what is approved behind none of it', async () => {
    const { program, release } = await hangs();
    const threads = looking({ program, slowMs: 20, limitMs: 5_000 });
    const much = Array.from({ length: 8 }, () =>
      threads.resolve({ argv: ['ls'], cwd: '/hung' }, options, 'agent:much'),
    );
    const hung = Promise.allSettled(much);
    const other = threads.resolve({ argv: ['ls'], cwd: '/a' }, options, 'agent:other');
    const approved = threads.resolve({ argv: ['ls'], cwd: '/b' }, options);
    expect(await Promise.race([hung, Promise.all([other, approved])])).toMatchObject([{ cwd: '/a' }, { cwd: '/b' }]);
    await release();
    threads.close();
    await hung;
  });

  test('whose thread breaks is refused, and the next one has a thread again', async () => {
    const { program } = await hangs();
    const threads = looking({ program });
    await expect(threads.resolve({ argv: ['ls'], cwd: '/broken' }, options)).rejects.toThrow('broken on purpose');
    expect(await threads.resolve({ argv: ['ls'], cwd: '/a' }, options)).toMatchObject({ cwd: '/a' });
  });

  test('takes a fresh thread after the last one was idle', async () => {
    const threads = looking({ idleMs: 1 });
    for (const argv of [['true'], ['false'], ['true']]) {
      expect(await threads.resolve({ argv, cwd: '/' }, options)).toMatchObject({ command: { argv } });
      await new Promise((done) => setImmediate(done));
    }
  });

  test('that the kernel never lets go of does not keep the process from ending', async () => {
    const { program } = await hangs();
    const built = new URL('../../dist/executor/look-ups.js', import.meta.url).href;
    const script = `const { lookUps } = await import(${JSON.stringify(built)});
const threads = lookUps({ program: new URL(${JSON.stringify(program.href)}), limitMs: 300 });
await threads.resolve({ argv: ['ls'], cwd: '/hung' }, {}).catch((error) => console.log(error.extras.reason));
threads.close();`;
    const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGTERM',
    });
    expect(stdout).toBe('look_up_stuck\n');
    expect(signal).toBe('SIGKILL'); // by itself: node would wait for the thread for ever
  });

  test('is refused while Gaia stops', async () => {
    const { program, release } = await hangs();
    const threads = looking({ program });
    const under = threads.resolve({ argv: ['ls'], cwd: '/hung' }, options);
    threads.close();
    await expect(under).rejects.toMatchObject({ extras: { reason: 'not_ready' } });
    await expect(threads.resolve({ argv: ['ls'], cwd: '/a' }, options)).rejects.toMatchObject({
      extras: { reason: 'not_ready' },
    });
    await release();
  });
});

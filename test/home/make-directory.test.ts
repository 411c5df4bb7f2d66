import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openHome } from '../../src/home/home.ts';
import { makeDirectory } from '../../src/home/make-directory.ts';
import { refusalOf } from '../support/refusal.ts';

function aPlace(): string {
  const place = mkdtempSync(join(tmpdir(), 'gaia-make-'));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  return place;
}
const remedy = 'Name another directory with --to.';
const refused = (path: string) => refusalOf((async () => makeDirectory(path, { remedy }))());

describe('a directory that somebody named', () => {
  test('is made with all that is missing above it, and left as it is where it is there', () => {
    const place = aPlace();
    makeDirectory(join(place, 'a/b/c'), { mode: 0o700, remedy });
    expect(statSync(join(place, 'a/b')).mode & 0o777).toBe(0o700);
    makeDirectory(join(place, 'a/b/c'), { mode: 0o755, remedy });
    expect(statSync(join(place, 'a/b/c')).mode & 0o777).toBe(0o700);
    symlinkSync(join(place, 'a'), join(place, 'link'));
    makeDirectory(join(place, 'link/b/d'), { remedy });
    expect(statSync(join(place, 'a/b/d')).isDirectory()).toBe(true);
  });

  // Node's own recursion never comes back from here.
  test.runIf(process.platform === 'linux').each(['/proc/x', '/proc/x/y/z'])(
    'is refused where the file system takes none: %s',
    async (path) => {
      const refusal = await refused(path);
      expect(refusal).toMatchObject({ code: 'invalid', extras: { reason: 'no_such_directory', remedy } });
      expect(refusal.message).toBe(`No directory can be made at ${path}: the file system there takes none.`);
      expect((await refusalOf(openHome(path, '--into'))).extras.remedy).toContain('Point --into at');
    },
  );

  test('is refused behind a file, a dangling link, and a name without end', async () => {
    const place = aPlace();
    writeFileSync(join(place, 'file'), '');
    symlinkSync(join(place, 'nowhere'), join(place, 'dangling'));
    for (const [path, why] of [
      ['file', 'not a directory'],
      ['file/x', 'not a directory'],
      ['dangling', 'not a directory'],
      ['x'.repeat(300), 'too long'],
    ] as const)
      expect((await refused(join(place, path))).message).toContain(why);
  });
});

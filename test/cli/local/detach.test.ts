import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startDetached } from '../../../src/cli/local/detach.ts';
import { refusalOf } from '../../support/refusal.ts';

test('a start in the background that fails says why, its own last words alone, and at once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-detach-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const home = join(directory, 'gaia');
  const program = join(directory, 'program.mjs');
  writeFileSync(program, "console.log('an older start');");
  await refusalOf(startDetached(home, [program]));
  writeFileSync(program, "console.error('the port is taken\\n  by another'); process.exit(2);");

  const begun = performance.now();
  const refusal = await refusalOf(startDetached(home, [program]));

  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(refusal.extras.reason).toBe('start_failed');
  expect(refusal.message).toBe('Gaia ended while it was starting:\n  the port is taken\n    by another');
  expect(process.getActiveResourcesInfo().filter((name) => name === 'ChildProcess')).toEqual([]);
});

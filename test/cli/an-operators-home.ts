import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startTimeOf } from '../../src/cli/living.ts';

/** The environment of an operator at the machine of a Gaia: its data directory, with its keys. */
export function anOperatorsHome(url: string): { GAIA_HOME: string } {
  const home = mkdtempSync(join(tmpdir(), 'gaia-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const startTime = startTimeOf(process.pid);
  const living = { pid: process.pid, url, startedAt: '2026-11-21T09:00:00Z', ...(startTime && { startTime }) };
  writeFileSync(join(home, 'gaia.pid'), JSON.stringify(living), { mode: 0o600 });
  writeFileSync(join(home, 'admin.key'), `gaia_admin_${'a'.repeat(43)}`, { mode: 0o600 });
  return { GAIA_HOME: home };
}

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backupName, writeNote } from '../../src/home/backup-files.ts';
import { hostReadings } from '../../src/home/host.ts';
import { aClock } from '../support/store.ts';

const minute = 60_000;

function aHost({ isBackedUpHere = true } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'gaia-host-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const clock = aClock();
  const host = hostReadings({ home, isBackedUpHere, startedAt: 0, hasTelegram: false, now: clock.now });
  onTestFinished(() => void host.stop());
  const backsUp = async (at: number) => {
    const path = join(home, 'backups', backupName(at));
    mkdirSync(path, { recursive: true });
    const counted = { generation: 1, seq: 1, bytes: 1, verifiedAt: at };
    await writeNote(path, { form: 1, at, version: '1', hash: '', sha256: '0'.repeat(64), ...counted });
  };
  return { clock, host, backsUp };
}

/** Keeps the event loop from turning. */
const hold = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};
const turns = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('what is read of the machine', () => {
  test('takes no backup of a clock that was ahead for the newest', async () => {
    const { clock, host, backsUp } = aHost();
    expect(await host.lastBackupAt?.()).toBeNull();
    const earlier = clock.now() - 3 * 86_400_000;
    await backsUp(earlier);
    await backsUp(clock.now() + 400 * 86_400_000);
    expect(await host.lastBackupAt?.()).toBe(earlier);
    clock.turn(401 * 86_400_000);
    expect(await host.lastBackupAt?.()).toBeGreaterThan(earlier);
  });

  test('says nothing of backups that somebody else makes', () => {
    expect(aHost({ isBackedUpHere: false }).host.lastBackupAt).toBeUndefined();
  });

  test('tells everyone who asks how long the event loop stood still, for a minute at least', async () => {
    const { clock, host } = aHost();
    await turns(50);
    hold(200);
    await turns(50);
    for (let n = 0; n < 3; n++) expect(host.eventLoopLagMs()).toBeGreaterThan(150);
    clock.turn(minute);
    expect(host.eventLoopLagMs()).toBeGreaterThan(150);
    expect(host.eventLoopLagMs()).toBeGreaterThan(150); // another who asks in the same minute
    clock.turn(minute);
    host.eventLoopLagMs();
    expect(host.eventLoopLagMs()).toBeLessThan(150);
  });
});

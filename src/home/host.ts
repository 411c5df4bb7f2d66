import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { listBackups } from './backup-files.ts';

const lagWindowMs = 60_000;

/** What is read of this process and its disk. `isBackedUpHere`: the store is a file, whose backups Gaia makes. */
export function hostReadings({
  home,
  isBackedUpHere,
  startedAt,
  hasTelegram,
  now,
}: {
  home: string;
  isBackedUpHere: boolean;
  startedAt: number;
  hasTelegram: boolean;
  now: () => number;
}) {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let since = now();
  let before = 0;
  return {
    startedAt,
    hasTelegram,
    disk: async () => {
      try {
        const { bavail, bsize, blocks } = await statfs(home);
        return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
      } catch (error) {
        if (error instanceof Error && 'code' in error) return null; // that it cannot be looked at is what is told
        throw error;
      }
    },
    ...(isBackedUpHere
      ? {
          // one of a clock that was ahead says nothing of its age
          lastBackupAt: async () =>
            (await listBackups(join(home, 'backups'))).find(({ note }) => note.at <= now())?.note.at ?? null,
        }
      : {}),
    /** the longest of the last minute or two, however many ask */
    eventLoopLagMs: () => {
      const longest = Number.isFinite(delay.max) ? delay.max / 1e6 : 0;
      const shown = Math.max(before, longest);
      if (now() - since >= lagWindowMs) {
        since = now();
        before = longest;
        delay.reset();
      }
      return shown;
    },
    stop: () => delay.disable(),
  };
}

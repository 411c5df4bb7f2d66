import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { listBackups } from './backup-files.ts';

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
    /** the longest since it was asked last */
    eventLoopLagMs: () => {
      const longest = delay.max / 1e6;
      delay.reset();
      return Number.isFinite(longest) ? longest : 0;
    },
    stop: () => delay.disable(),
  };
}

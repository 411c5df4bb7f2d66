import { schedule } from 'node-cron';

/** How often the log is sealed while something happens. */
const everyTenMinutes = '*/10 * * * *';

/** Calls `tick` every ten minutes, never twice at once. */
export function sealingSchedule({ tick, report }: { tick: () => Promise<void>; report: (error: unknown) => void }): {
  stop(): Promise<void>;
} {
  const task = schedule(everyTenMinutes, () => tick().catch(report), { noOverlap: true, name: 'seal the log' });
  return {
    async stop() {
      await task.destroy();
    },
  };
}

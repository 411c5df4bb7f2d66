import { schedule } from 'node-cron';
import type { App } from '../actions/app.ts';
import { runIfDue, type Scheduled } from '../actions/schedules.ts';
import { type Reach, unfailing } from '../core/fail-point.ts';

export interface Schedules {
  /** runs whatever is due now; what fails is reported, and keeps nothing else from running */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs each of the jobs by the clock of a time zone, never twice at once; what was missed while nothing ran is made up for
 * once, at the start. When each is due stands in the store.
 */
export function schedules({
  app,
  jobs,
  holder,
  timeZone,
  report,
  reach = unfailing,
}: {
  app: App;
  jobs: readonly Scheduled[];
  holder: string;
  timeZone: string;
  report: (error: unknown, name: string) => void;
  /** `schedule.NAME.before` and `.after`: its run is committed as begun, and not yet as ended */
  reach?: Reach;
}): Schedules {
  const underWay = new Map<string, Promise<void>>();
  let isStopped = false;
  const between = async (job: Scheduled): Promise<string> => {
    reach(`schedule.${job.name}.before`);
    const said = await job.run();
    reach(`schedule.${job.name}.after`);
    return said;
  };
  const run = (job: Scheduled): Promise<void> => {
    if (isStopped) return Promise.resolve();
    const known = underWay.get(job.name);
    if (known) return known;
    const running = runIfDue(app, { ...job, run: () => between(job) }, { holder, timeZone })
      .then(() => undefined)
      .catch((error: unknown) => report(error, job.name))
      .finally(() => underWay.delete(job.name));
    underWay.set(job.name, running);
    return running;
  };
  const tasks = jobs.map((job) =>
    schedule(job.cron, () => run(job), { noOverlap: true, name: job.name, timezone: timeZone }),
  );
  return {
    async tick() {
      for (const job of jobs) await run(job);
    },
    async stop() {
      isStopped = true;
      for (const task of tasks) await task.destroy();
      await Promise.all(underWay.values());
    },
  };
}

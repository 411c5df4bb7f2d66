import { evaluateAlerts, keepSamples } from '../actions/alerts.ts';
import { type App, gaiaItself, newTraceId } from '../actions/app.ts';
import { forgetOldControls } from '../actions/controls.ts';
import { requeue } from '../actions/requeues.ts';
import type { Scheduled } from '../actions/schedules.ts';
import { postSeal } from '../actions/seals.ts';
import { type Host, measure } from '../views/metrics.ts';

/** What happens by the clock. `backUp` makes a backup and says where; absent: they are made elsewhere. */
export function operatingJobs({
  app,
  host,
  now,
  backUp,
}: {
  app: App;
  host: Host;
  now: () => number;
  backUp?: () => Promise<string>;
}): Scheduled[] {
  return [
    {
      name: 'watch',
      cron: '* * * * *',
      firstAtOnce: true, // what is counted from now on has something to be compared with
      async run() {
        const measured = await measure({ db: app.db }, host, now());
        await keepSamples(app, measured);
        const firing = (await evaluateAlerts(app, measured)).filter(({ state }) => state === 'firing');
        return firing.length === 0 ? 'no alert fires' : `firing: ${firing.map(({ name }) => name).join(', ')}`;
      },
    },
    {
      name: 'auto_requeue',
      cron: '*/10 * * * *',
      async run() {
        const { requeued, left } = await requeue(app, { auto: true }, gaiaItself(newTraceId(app)));
        return `${requeued.length} requeued, ${left.length} left`;
      },
    },
    ...(backUp ? [{ name: 'backup', cron: '17 3 * * *', run: backUp }] : []),
    {
      name: 'seal_post',
      cron: '0 9 * * *',
      async run() {
        return (await postSeal(app)) ? 'owed to the approver chat' : 'there is no chat to post it to';
      },
    },
    {
      name: 'forget',
      cron: '47 4 * * *',
      async run() {
        await forgetOldControls(app);
        return 'old buttons forgotten';
      },
    },
  ];
}

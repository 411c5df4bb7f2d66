import { join } from 'node:path';
import { fillLog } from '../proof/fill-log.ts';
import { templates } from '../proof/fixture.ts';
import type { Bench } from './bench.ts';
import { actionsOn } from './decide.ts';
import { inTurn, slowest } from './in-turn.ts';

/** How much a long log costs whoever reads a page of it, and how long it takes to verify. */
export const auditBench: Bench = {
  name: 'audit',
  async run({ gaia, quick, say }) {
    const events = quick ? 100_000 : 1_000_000;
    const from = await templates(gaia);
    const [long, short] = [await from.store('sqlite'), await from.store('sqlite')];
    try {
      say(`writing ${events.toLocaleString('en')} events`);
      fillLog(gaia, long.where, events, 1_000);
      fillLog(gaia, short.where, 1_000, 20);
      const [many, few] = [await actionsOn(gaia, long.where), await actionsOn(gaia, short.where)];
      const pages = quick ? 200 : 500;
      const reading =
        ({ db, people }: typeof many, filter: object) =>
        (): Promise<number> => {
          const viewer = { db, people, publicUrl: 'http://127.0.0.1' };
          return slowest(0.5, pages, () => gaia.listEventAnswers(viewer, { limit: 50, ...filter }));
        };
      const facts = { baseline: 'with 1,000 events', unit: 'ms p50', aim: { atMost: 1.2 } };
      const subject = { subject: 'claim:c-000007' };
      const of = `of ${events.toLocaleString('en')} events`;
      const repetitions = quick ? 5 : 9;
      const measures = [
        await inTurn({ what: `the newest page ${of}`, ...facts }, repetitions, reading(many, {}), reading(few, {})),
        await inTurn(
          { what: `a page from the middle ${of}`, ...facts },
          repetitions,
          reading(many, { before: events / 2 }),
          reading(few, { before: 500 }),
        ),
        await inTurn(
          { what: `a page of one subject ${of}`, ...facts },
          repetitions,
          reading(many, subject),
          reading(few, subject),
        ),
      ];
      await many.close();
      await few.close();
      const since = performance.now();
      const report = await gaia.verifyStore(
        { place: { home: join(long.where, '..') }, publicKeys: [], keptSeals: [], headFile: null },
        () => undefined,
      );
      const seconds = (performance.now() - since) / 1000;
      if (report.faults.length > 0) throw new Error(`the log does not verify: ${report.faults[0]?.message}`);
      const verified = {
        what: `${events.toLocaleString('en')} events verified in`,
        value: seconds,
        unit: 's',
        aim: { atMost: (10 * events) / 1_000_000 },
      };
      return [...measures, verified, { what: 'events verified', value: events / seconds, unit: '/s' }];
    } finally {
      await long.remove();
      await short.remove();
      await from.remove();
    }
  },
};

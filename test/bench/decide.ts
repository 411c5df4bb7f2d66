import { hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { App } from '../../src/actions/app.ts';
import { aClock, generous } from '../proof/fixture.ts';
import type { Gaia } from '../proof/gaia.ts';
import { median } from '../proof/proof.ts';
import { aGitHubSide } from '../support/github-side.ts';
import type { Bench, Figure, Measure } from './bench.ts';
import { fsyncMs, inTurn, perSecond, slowest } from './in-turn.ts';
import { rawDecider, writtenBy } from './raw-decide.ts';
import { fillRequests, person, type StoreOfWaiting, storeOfWaiting, type Waiting } from './stores.ts';

/** Gaia's actions on a store, without doors and loops. */
export async function actionsOn(gaia: Gaia, path: string): Promise<App & { close(): Promise<void> }> {
  const clock = aClock();
  clock.turn(60_000);
  const db = await gaia.openSqlite({ path, now: clock.now });
  const app: App = {
    db,
    people: { approvers: [person], operators: [person] },
    audience: { kind: 'terminal' },
    inForce: gaia.readPolicy(generous),
    random: gaia.systemRandom,
    host: hostname(),
    github: aGitHubSide(),
    resolveCommand: () => Promise.reject(new Error('nothing is looked up while deciding')),
  };
  return { ...app, close: () => db.close() };
}

export const approves = (gaia: Gaia, app: App, { id, digest }: Waiting) =>
  gaia.decide(
    app,
    { requestId: id, personId: person, verdict: 'approve', digest },
    { actor: `person:${person}`, source: 'console', traceId: '0123456789abcdef' },
  );

export const decideBench: Bench = {
  name: 'decide',
  async run({ gaia, quick, say }) {
    const count = quick ? 200 : 1_000;
    const repetitions = quick ? 3 : 7;
    const store = await storeOfWaiting(gaia, count);
    try {
      const fsync = fsyncMs();
      say(`one fsync here: p50 ${fsync.p50.toFixed(3)} ms, p99 ${fsync.p99.toFixed(3)} ms`);
      const written = await sampleOf(gaia, store);
      say(`a decision writes ${written.rows.length} rows, ${written.events.length} events, one request`);
      const theirs = async (): Promise<number> => {
        const raw = rawDecider(gaia, store.copy(), written);
        const rate = await perSecond(count, (n) => raw.decide(store.waiting[n] as Waiting));
        raw.close();
        return rate;
      };
      const lags: number[] = [];
      const ours = (atOnce: number) => async (): Promise<number> => {
        const app = await actionsOn(gaia, store.copy());
        const lag = monitorEventLoopDelay({ resolution: 1 });
        lag.enable();
        const since = performance.now();
        let next = 0;
        const caller = async (): Promise<void> => {
          for (let own = store.waiting[next++]; own; own = store.waiting[next++]) await approves(gaia, app, own);
        };
        await Promise.all(Array.from({ length: atOnce }, caller));
        const rate = (count * 1000) / (performance.now() - since);
        lag.disable();
        if (atOnce > 1) lags.push(lag.percentile(99) / 1e6 - 1);
        await app.close();
        return rate;
      };
      const baseline = 'the same statements, prepared, on bare better-sqlite3';
      const one: Measure = await inTurn(
        { what: 'decide, durable, one at a time', baseline, unit: '/s', aim: { atLeast: 0.75 } },
        repetitions,
        ours(1),
        theirs,
      );
      const many: Measure = await inTurn(
        { what: 'decide, durable, 32 at once', baseline, unit: '/s', aim: { atLeast: 0.75 } },
        repetitions,
        ours(32),
        theirs,
      );
      const figures: Figure[] = [
        { what: 'event loop lag while 32 decide, p99', value: median(lags), unit: 'ms', aim: { atMost: 20 } },
        { what: 'one fsync, p50', value: fsync.p50, unit: 'ms' },
      ];
      return [one, many, ...figures];
    } finally {
      store.remove();
    }
  },
};

/** One decision of Gaia's, for what it writes. */
async function sampleOf(gaia: Gaia, store: StoreOfWaiting) {
  const path = store.copy();
  const app = await actionsOn(gaia, path);
  const own = store.waiting[0] as Waiting;
  const { seq } = await gaia.currentHead(app.db.read);
  await approves(gaia, app, own);
  await app.close();
  return writtenBy(path, own, seq);
}

/** How much a long history costs whoever decides and looks today. */
export const historyBench: Bench = {
  name: 'history',
  async run({ gaia, quick, say }) {
    const decisions = quick ? 150 : 400;
    const lists = quick ? 300 : 1_000;
    const rows = quick ? 20_000 : 100_000;
    const store = await storeOfWaiting(gaia, decisions);
    try {
      const long = store.copy();
      fillRequests(long, rows);
      const short = store.copy();
      fillRequests(short, 100);
      say(`${rows.toLocaleString('en')} requests against 100`);
      const { copyFileSync } = await import('node:fs');
      const deciding = (path: string) => async (): Promise<number> => {
        const copy = store.copy();
        copyFileSync(path, copy);
        const app = await actionsOn(gaia, copy);
        const p99 = await slowest(0.99, decisions, (n) => approves(gaia, app, store.waiting[n] as Waiting));
        await app.close();
        return p99;
      };
      const listing = (path: string) => async (): Promise<number> => {
        const app = await actionsOn(gaia, path);
        const viewer = { db: app.db, people: app.people, publicUrl: 'http://127.0.0.1' };
        for (let n = 0; n < 50; n++) await gaia.listRequestAnswers(viewer, { limit: 20 });
        const p99 = await slowest(0.99, lists, (n) =>
          gaia.listRequestAnswers(viewer, n % 2 === 0 ? { limit: 20 } : { limit: 20, state: 'pending' }),
        );
        await app.close();
        return p99;
      };
      const facts = { baseline: 'with 100 requests', unit: 'ms p99', aim: { atMost: 1.2 } };
      const repetitions = quick ? 3 : 9;
      return [
        await inTurn(
          { what: `decide with ${rows.toLocaleString('en')} requests`, ...facts },
          repetitions,
          deciding(long),
          deciding(short),
        ),
        await inTurn(
          { what: `list with ${rows.toLocaleString('en')} requests`, ...facts },
          repetitions,
          listing(long),
          listing(short),
        ),
      ];
    } finally {
      store.remove();
    }
  },
};

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Seal } from '../../../src/core/audit/seal.ts';
import { fillLog } from '../fill-log.ts';
import { type AGaia, aClock, aGaia, generous, templates } from '../fixture.ts';
import type { Gaia } from '../gaia.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { type Mutation, mutations } from '../tamper.ts';

/** How long a log is verified for its time alone. */
const longLog = { short: 100_000, full: 1_000_000 };

export const tampering: Proof = {
  name: 'tampering',
  shows: 'whatever is changed in a store that a seal or head.json covers is named by the verification',
  async run(context) {
    const { gaia, full, seed, progress, signal } = context;
    const trials = trialsOf(context, { short: 500, full: 10_000 });
    const directory = mkdtempSync(join(tmpdir(), 'gaia-tampering-'));
    const violations: Violation[] = [];
    const named = new Map<string, number>();
    let done = 0;
    try {
      const finished = await aFinishedHome(gaia, directory);
      const untouched = await verified(gaia, finished, directory, []);
      if (untouched.length > 0)
        violations.push({
          invariant: 'tampering',
          message: `the untouched store is refused: ${untouched.map(({ message }) => message).join(' ')}`,
        });
      const lots = chance(seed);
      for (; done < trials && violations.length < 10 && !signal.aborted; done++) {
        const mutation = lots.of(mutations);
        const { what, faults } = await tampered(gaia, finished, directory, mutation, lots);
        progress(done + 1, trials);
        if (what === undefined) continue;
        if (faults.length === 0)
          violations.push({ invariant: 'tampering', message: `nothing was named after: ${mutation.name}: ${what}` });
        const first = faults[0]?.code ?? 'nothing';
        named.set(`${mutation.name} → ${first}`, (named.get(`${mutation.name} → ${first}`) ?? 0) + 1);
      }
      const events = full ? longLog.full : longLog.short;
      const seconds = context.trials === undefined ? await timeToVerify(gaia, directory, events) : undefined;
      const figures: Record<string, string | number> = {
        named: `\n    ${[...named]
          .sort()
          .map(([what, times]) => `${what} ${times}×`)
          .join('\n    ')}`,
      };
      if (seconds)
        figures[`${events.toLocaleString('en')} events verified in, s`] =
          `${seconds.toFixed(1)} (${Math.round(events / seconds).toLocaleString('en')} a second)`;
      return { trials: done, violations, figures };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** A store whose requests have all ended, sealed up to its last event, with the seal somebody kept and an older copy. */
interface Finished {
  path: string;
  older: string;
  /** of another Gaia, with another history and key */
  foreign: string;
  publicKey: string;
  kept: Seal;
  headFile: { generation: number; seq: number; hash: string };
}

async function aFinishedHome(gaia: Gaia, directory: string): Promise<Finished> {
  const from = await templates(gaia);
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const lives = async (key: KeyObject, name: string): Promise<{ path: string; older: string; seal: Seal }> => {
      const clock = aClock();
      if (name === 'foreign') clock.turn(1_000); // no event of it is also one of the other's
      const world = await aGaia(gaia, from, { approvers: ['11', '22', '33'], policy: generous, clock });
      const { app, by } = world;
      const asker = await world.agent('builder');
      await liveAround(gaia, world);
      const older = join(directory, `${name}-older.db`);
      let seal: Seal | undefined;
      for (let n = 0; n < 24; n++) {
        clock.turn(7_000);
        const { request } = await gaia.submitRequest(
          app,
          { kind: 'command', title: `${name} ${n}`, command: { argv: ['echo', name, `${n}`], cwd: '/' } },
          asker(),
        );
        await gaia.markShown(app, request.id, '11');
        const said = { requestId: request.id, digest: request.digest as string };
        if (n % 4 === 0) await gaia.withdrawRequest(app, request.id, by('agent:builder'));
        else if (n % 4 === 1)
          await gaia.decide(app, { ...said, personId: '22', verdict: 'deny', reason: { text: 'no' } }, by('person:22'));
        else {
          await gaia.decide(app, { ...said, personId: '11', verdict: 'approve' }, by('person:11'));
          await gaia.begin(app, request.id);
        }
        if (n % 6 === 5) seal = await gaia.sealLog(app, key, by('gaia', 'loop'));
        if (n === 12) copyStore(world.where, older);
      }
      const path = join(directory, `${name}.db`);
      copyStore(world.where, path);
      await world.close();
      await world.remove();
      return { path, older, seal: seal as Seal };
    };
    const own = await lives(privateKey, 'own');
    const foreign = await lives(generateKeyPairSync('ed25519').privateKey, 'foreign');
    const db = new Sqlite(own.path, { readonly: true });
    const { seq, hash } = db.prepare('select seq, hash from log_head').get() as { seq: number; hash: string };
    db.close();
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
    return { ...own, foreign: foreign.path, publicKey, kept: own.seal, headFile: { generation: 1, seq, hash } };
  } finally {
    await from.remove();
  }
}

/** Keys, sessions, a policy and a pause: what else the log vouches for. */
async function liveAround(gaia: Gaia, { app, by }: AGaia): Promise<void> {
  const admin = by('admin');
  const tester = await gaia.createKey(app, { name: 'tester', owner: '11', scopes: ['submit:question'] }, admin);
  await gaia.revokeKey(app, tester.key.id, admin);
  const deployer = await gaia.createKey(app, { name: 'deployer', expiresInDays: 90 }, admin);
  await gaia.rotateKey(app, deployer.key.id, admin);
  for (const staysIn of [true, false]) {
    const { token } = await gaia.createSignInLink(app, '11');
    const { session } = await gaia.signIn(app, token, { source: 'console', traceId: 'trace-signin' });
    if (!staysIn) await gaia.signOut(app, session, by('person:11'));
  }
  for (const text of [generous, `${generous}# read again\n`]) await gaia.loadPolicy(app, text, admin);
  await gaia.pause(app, { reason: 'lunch' }, by('person:11'));
  await gaia.resume(app, {}, by('person:11'));
}

/** A consistent copy of a store that may be in use, as Gaia keeps its own: with a write-ahead log. */
function copyStore(path: string, to: string): void {
  const from = new Sqlite(path, { readonly: true });
  from.exec(`vacuum into '${to}'`);
  from.close();
  const copy = new Sqlite(to);
  copy.pragma('journal_mode = WAL');
  copy.close();
}

/** Puts a database where the verification looks, and nothing of the one before it. */
function put(path: string, directory: string): string {
  const place = join(directory, 'gaia.db');
  for (const end of ['-wal', '-shm']) rmSync(place + end, { force: true });
  copyFileSync(path, place);
  return place;
}

async function tampered(gaia: Gaia, finished: Finished, directory: string, mutation: Mutation, lots: Chance) {
  const path = put(mutation.replaces ? finished[mutation.replaces] : finished.path, directory);
  let what: string | undefined;
  if (mutation.replaces) {
    what = `the ${mutation.replaces} copy was put in its place`;
  } else {
    const db = new Sqlite(path);
    db.pragma('foreign_keys = OFF');
    // whoever can write the file can take its triggers out
    const triggers = db.prepare("select name from sqlite_master where type = 'trigger'").pluck().all() as string[];
    for (const trigger of triggers) db.exec(`drop trigger "${trigger}"`);
    try {
      what = mutation.change(db, lots, gaia, finished.foreign);
    } finally {
      db.close();
    }
  }
  return { what, faults: what === undefined ? [] : await verified(gaia, finished, directory, [finished.kept]) };
}

async function verified(gaia: Gaia, { path, publicKey, headFile }: Finished, directory: string, keptSeals: Seal[]) {
  if (keptSeals.length === 0) put(path, directory);
  try {
    const { faults } = await gaia.verifyStore(
      { place: { home: directory }, publicKeys: [publicKey], keptSeals, headFile },
      () => undefined,
    );
    return faults;
  } catch (error) {
    // A store that cannot even be read is noticed too, as long as it is said in so many words.
    if (error instanceof gaia.GaiaError) return [{ code: 'unreadable', seq: null, message: error.message }];
    throw error;
  }
}

async function timeToVerify(gaia: Gaia, directory: string, events: number): Promise<number> {
  const from = await templates(gaia);
  const { where, remove } = await from.store('sqlite');
  try {
    fillLog(gaia, where, events);
    put(where, directory);
    const since = performance.now();
    const report = await gaia.verifyStore(
      { place: { home: directory }, publicKeys: [], keptSeals: [], headFile: null },
      () => undefined,
    );
    if (report.faults.length > 0 || report.events !== events)
      throw new Error(`the long log does not verify: ${report.faults[0]?.message}`);
    return (performance.now() - since) / 1000;
  } finally {
    await remove();
    await from.remove();
  }
}

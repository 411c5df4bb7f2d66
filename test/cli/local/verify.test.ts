import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type App, systemRandom } from '../../../src/actions/app.ts';
import { decide } from '../../../src/actions/decisions.ts';
import { createKey, revokeKey, rotateKey } from '../../../src/actions/keys.ts';
import { pause, resume } from '../../../src/actions/pauses.ts';
import { loadPolicy } from '../../../src/actions/policies.ts';
import { type Asker, submitRequest } from '../../../src/actions/requests.ts';
import { sealLog, takeUpSealKey } from '../../../src/actions/seals.ts';
import { createSignInLink, signIn, signOut } from '../../../src/actions/sessions.ts';
import { markShown } from '../../../src/actions/showings.ts';
import { begin } from '../../../src/actions/starts.ts';
import { withdrawRequest } from '../../../src/actions/withdrawals.ts';
import { verifyStore } from '../../../src/cli/local/verify-store.ts';
import { type Actor, agentNamed, person } from '../../../src/core/access/actor.ts';
import { formatSeal, keyIdOf } from '../../../src/core/audit/seal.ts';
import { builtInPolicy } from '../../../src/core/policy/policy.ts';
import { keepPublicKey } from '../../../src/home/public-keys.ts';
import type { Engine } from '../../../src/store/migrations.ts';
import { aGitHubSide } from '../../support/github-side.ts';
import { onServer } from '../../support/postgres.ts';
import { aCopyOf, aStore, engines, keptStore, type TestStore } from '../../support/store.ts';
import { gaia } from '../a-terminal.ts';

const by = (actor: Actor) => ({ actor, source: 'http' as const, traceId: 'trace' });

interface Place {
  store: TestStore;
  app: App;
  home: string;
  env: Record<string, string>;
  key: KeyObject;
  /** the seal of the log, as it would stand in a chat */
  seal: string;
  /** changes rows as someone with the database in hand would, past every trigger */
  tamper(...statements: string[]): Promise<void>;
}

/** A data directory after a small day, removed when the test is over. */
async function aPlace(engine: Engine = 'sqlite'): Promise<Place> {
  const place = await afterADay(engine, await aStore(engine));
  if (engine === 'postgres') onTestFinished(() => rmSync(place.home, { recursive: true }));
  return place;
}

/** One command rehearsed, one question denied, one request blocked, and one of everything else, all sealed. */
async function afterADay(engine: Engine, store: TestStore): Promise<Place> {
  const home = engine === 'sqlite' ? dirname(store.where) : mkdtempSync(join(tmpdir(), 'gaia-place-'));
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(home, 'seal.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const app: App = {
    db: store.db,
    people: { approvers: ['7'], operators: ['7'] },
    audience: { kind: 'terminal' },
    inForce: { policy: builtInPolicy, digest: 'd'.repeat(64) },
    host: 'here',
    github: aGitHubSide(),
    random: systemRandom,
    resolveCommand: async ({ argv, cwd, env = {} }) => ({
      command: {
        ...{ argv, env, files: [], timeoutSeconds: 600, mode: 'dry_run', sandbox: 'none', host: 'here' },
        executable: { path: '/usr/bin/echo', sha256: 'a'.repeat(64), bytes: 1, binding: 'fixed' },
        cwd: { path: cwd, device: '1', inode: '2' },
      },
      unbound: [],
      remarks: [],
    }),
  };
  const asker = { by: by(agentNamed('builder')), ownerId: '7' };
  const say = async (input: unknown, verdict: 'approve' | 'deny') => {
    const { request } = await submitRequest(app, input, asker);
    await markShown(app, request.id, '7');
    await decide(
      app,
      { requestId: request.id, personId: '7', verdict, digest: request.digest as string },
      by(person('7')),
    );
    return request.id;
  };
  await begin(app, await say({ kind: 'command', command: { argv: ['echo', 'hello'], cwd: '/tmp' } }, 'approve'));
  await say({ kind: 'question', question: { text: 'Ship it?' } }, 'deny');
  await submitRequest(app, { kind: 'command', command: { argv: ['echo'], cwd: '/tmp', mode: 'real' } }, asker);
  await aBusyDay(app, asker);
  const seal = await sealLog(app, privateKey, by('gaia'));
  const env: Record<string, string> = { GAIA_HOME: home, ...(engine === 'postgres' && { DATABASE_URL: store.where }) };
  return {
    store,
    app,
    home,
    env,
    key: privateKey,
    seal: formatSeal(seal as NonNullable<typeof seal>),
    tamper: tamperer(engine, store.where),
  };
}

/** One of everything else that the log vouches for: keys, sessions, a policy, a pause, a request taken back. */
async function aBusyDay(app: App, asker: Asker): Promise<void> {
  const admin = by('admin');
  const rotated = await createKey(app, { name: 'builder', owner: '7', expiresInDays: 90 }, admin);
  await rotateKey(app, rotated.key.id, admin);
  const revoked = await createKey(app, { name: 'tester', scopes: ['submit:question'] }, admin);
  await revokeKey(app, revoked.key.id, admin);
  const signedIn = async () => {
    const { token } = await createSignInLink(app, '7');
    return (await signIn(app, token, { source: 'console', traceId: 'trace' })).session;
  };
  await signedIn();
  await signOut(app, await signedIn(), by(person('7')));
  await loadPolicy(app, 'version: 1\n', admin);
  await pause(app, { reason: 'lunch' }, by(person('7')));
  await resume(app, {}, by(person('7')));
  const { request } = await submitRequest(app, { kind: 'question', question: { text: 'Never mind?' } }, asker);
  await withdrawRequest(app, request.id, asker.by);
  await submitRequest(app, { kind: 'question', question: { text: 'Still there?' } }, asker);
}

const guarded = [
  'events_are_not_changed events',
  'events_are_not_deleted events',
  'event_details_are_not_changed event_details',
];

function tamperer(engine: Engine, where: string): Place['tamper'] {
  return async (...statements) => {
    if (engine === 'postgres') {
      const triggers = guarded.map((guard) => `alter table ${guard.split(' ')[1]} disable trigger all`);
      await onServer(where, [...triggers, ...statements].join(';\n'));
      return;
    }
    const raw = new Sqlite(where, { timeout: 2_000 });
    raw.pragma('foreign_keys = OFF');
    for (const guard of guarded) raw.exec(`drop trigger ${guard.split(' ')[0]}`);
    for (const statement of statements) raw.exec(statement);
    raw.close();
  };
}

const verify = async ({ env }: Pick<Place, 'env'>, ...options: string[]) => {
  const run = await gaia(['audit', 'verify', '--json', ...options], { env });
  const report = run.stdout === '' ? undefined : JSON.parse(run.stdout);
  return {
    ...run,
    report,
    faults: (report?.faults ?? []).map((fault: { code: string; seq: number | null }) => `${fault.code} ${fault.seq}`),
  };
};

/** A day that is lived once; every test tampers with a copy of its store. */
function aDay(engine: Engine) {
  let store: TestStore;
  let home: string;
  beforeAll(async () => {
    store = await keptStore(engine);
    ({ home } = await afterADay(engine, store));
    await store.db.close(); // a copy is made of what nobody has open
  });
  afterAll(async () => {
    await store.remove();
    rmSync(home, { recursive: true, force: true });
  });
  return {
    /** What verification says of the day after somebody ran these statements. */
    async with(...statements: string[]) {
      const copy = await aCopyOf(engine, store.where);
      await tamperer(engine, copy)(...statements);
      const place = engine === 'sqlite' ? { home: dirname(copy) } : { home, databaseUrl: copy };
      const publicKeys = [readFileSync(join(home, 'seal.pub'), 'utf8')];
      return verifyStore({ place, publicKeys, keptSeals: [], headFile: null }, () => undefined);
    },
  };
}

describe.each(engines)('a log on %s', (engine) => {
  const day = aDay(engine);

  test('of a day as it was is verified', async () => {
    expect((await day.with('select 1')).faults).toEqual([]);
  });

  test('of a day is verified, beside the Gaia that writes it, which goes on', async () => {
    const place = await aPlace(engine);
    const { exit, report, stderr } = await verify(place, '--seal', `Seal of today:\n${place.seal}`);
    expect(report).toMatchObject({ verified: true, seals: 1, faults: [], moreFaults: 0 });
    expect(report.events).toBeGreaterThan(10);
    expect([exit, stderr]).toEqual([0, '']);

    await submitRequest(
      place.app,
      { kind: 'question', question: { text: 'And now?' } },
      { by: by(agentNamed('builder')), ownerId: null },
    );
    expect((await verify(place)).report).toMatchObject({ verified: true, events: report.events + 1 });
  });

  test.each([
    ['an actor changed', `update events set actor = 'agent:x' where seq = 3`, 'hash_wrong 3'],
    ['an event deleted', `delete from events where seq = 3`, 'missing 3'],
    ['a detail changed', `update event_details set detail = '{}' where seq = 3`, 'detail_altered 3'],
    ['a detail deleted', `delete from event_details where seq = 3`, 'detail_missing 3'],
    ['its seal deleted', `delete from seals`, 'seal_missing'],
    ['a request reopened', `update requests set state = 'approved' where state = 'denied'`, 'row_disagrees'],
    ['a denial made an approval', `update decisions set verdict = 'approve' where verdict = 'deny'`, 'row_disagrees'],
    ['a decision deleted', `delete from decisions where verdict = 'approve'`, 'row_missing'],
    ['an asker changed', `update requests set asked_by = 'agent:x' where state = 'denied'`, 'row_disagrees'],
    ['an effect changed', `update requests set effect = replace(effect, 'hello', 'hullo')`, 'row_disagrees'],
    ['a permit given back', `update permits set taken_at = null`, 'row_disagrees'],
    ['a tier lowered', `update requests set tier = 'critical' where state = 'executed'`, 'row_disagrees'],
    ['an outcome changed', `update requests set outcome = replace(outcome, 'true', 'false')`, 'row_disagrees'],
    ['the head moved', `update log_head set seq = seq + 1`, 'head_disagrees'],
  ])('with %s is named', async (_, statement, wanted) => {
    const { faults } = await day.with(statement);
    expect(faults.map(({ code, seq }) => `${code} ${seq}`)).toContainEqual(expect.stringMatching(`^${wanted}`));
  });

  const anId = 'f'.repeat(64);
  test.each([
    ...[
      `payload = replace(payload, 'hello', 'hullo')`,
      `remarks = '{"notes":["nothing to see"],"unbound":[]}' where state = 'executed'`,
      `reason = 'trust me' where state = 'pending'`,
      `blockers = '[{}]' where state = 'executed'`,
      `end_code = 'not_now' where state = 'denied'`,
      `end_code = 'other' where state = 'blocked'`,
      `end_code = 'other' where state = 'withdrawn'`,
      `end_code = 'other' where state = 'executed'`,
      `end_code = 'other' where state = 'pending'`,
      `end_text = 'as you like it' where state = 'denied'`,
      `created_at = created_at - 1`,
      `expires_at = expires_at + 60000 where state = 'pending'`,
      `decided_at = decided_at + 1 where state = 'executed'`,
      `effect_by = effect_by + 60000 where state = 'executed'`,
      `effect_by = 1 where state = 'denied'`,
      `ended_at = ended_at + 1 where state = 'withdrawn'`,
      `shown_at = shown_at - 1`,
      `shown_at = 1 where state = 'pending'`,
      `asked_by = 'agent:x' where state = 'pending'`,
      `owner_id = '8' where state = 'pending'`,
      `owner_id = null where state = 'blocked'`,
      `trace_id = 'x' where state = 'pending'`,
    ].map((change) => [`requests set ${change}`, `update requests set ${change}`, 'row_disagrees', 'Request r-']),
    ...[
      `scopes = '["submit:command","submit:question","x"]' where agent_id = 'tester'`,
      `revoked_at = null where agent_id = 'tester'`,
      `revoked_by = null where agent_id = 'tester'`,
      `expires_at = null where agent_id = 'builder' and replaces is null`,
      `expires_at = expires_at + 1 where replaces is not null`,
      `hash = '${anId}' where agent_id = 'tester'`,
      `agent_id = 'tester' where agent_id = 'builder'`,
    ].map((change) => [`api_keys set ${change}`, `update api_keys set ${change}`, 'row_disagrees', 'Key ']),
    [
      'a key put in',
      `insert into api_keys (id, agent_id, hash, scopes, created_at, created_by) values ('aaaaaaaa', 'builder', '${anId}', '[]', 1, 'admin')`,
      'row_unrecorded',
      'Key aaaaaaaa',
    ],
    ['a key deleted', `delete from api_keys where agent_id = 'tester'`, 'row_missing', 'Key '],
    ['an owner changed', `update agents set owner_id = '8' where id = 'builder'`, 'row_disagrees', 'Agent builder'],
    [
      'an agent put in',
      `insert into agents (id, created_at, created_by) values ('mole', 1, 'admin')`,
      'row_unrecorded',
      'Agent mole',
    ],
    ['a policy rewritten', `update policies set text = 'version: 1'`, 'row_disagrees', 'Policy '],
    ['a policy reordered', `update policies set loaded_at = 1`, 'row_disagrees', 'Policy '],
    ['a policy deleted', `delete from policies`, 'row_missing', 'Policy '],
    [
      'a policy put in',
      `insert into policies (digest, text, loaded_at, loaded_by) values ('${anId}', '', 1, 'gaia')`,
      'row_unrecorded',
      'Policy ',
    ],
    [
      'the generation raised',
      `update installation set generation = 2`,
      'row_disagrees',
      'The installation: generation',
    ],
    [
      'a pause put in',
      `update installation set paused_at = 1`,
      'row_disagrees',
      'The installation: time it was paused',
    ],
    [
      'an acceptance put in',
      `update installation set acceptance_reason = 'x'`,
      'row_disagrees',
      'The installation: reason it must be accepted',
    ],
    ['the installation deleted', `delete from installation`, 'row_missing', 'Installation gaia'],
    [
      'a session put in',
      `insert into sessions (id, person_id, kind, opened_at, expires_at) values ('${anId}', '7', 'console', 1, 99999999999999)`,
      'row_unrecorded',
      'Session ffffffffffff',
    ],
    ['a session opened again', `update sessions set closed_at = null`, 'row_disagrees', 'Session '],
    ['a session made longer', `update sessions set expires_at = expires_at + 1`, 'row_disagrees', 'Session '],
    ['a session given away', `update sessions set person_id = '8'`, 'row_disagrees', 'Session '],
    [
      'a session under another token',
      `update sessions set id = substr(id, 1, 12) || '${anId.slice(12)}' where closed_at is null`,
      'row_disagrees',
      'Session ',
    ],
    ['a permit deleted', `delete from permits`, 'row_missing', 'its permit is gone'],
    ['a permit backdated', `update permits set issued_at = 1`, 'row_disagrees', 'its permit'],
    ['the door of a decision changed', `update decisions set source = 'cli'`, 'row_disagrees', 'door'],
  ])('with %s is named', async (_, statement, code, message) => {
    const { faults } = await day.with(statement);
    expect(faults).toContainEqual(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  test('with a request deleted or put in is named', async () => {
    const { faults } = await day.with(
      `delete from decisions where verdict = 'deny'`,
      `delete from requests where state = 'denied'`,
    );
    expect(faults.map(({ code }) => code)).toEqual(['row_missing']);
    const other = await day.with(`update requests set id = 'r-AAAAAA' where state = 'blocked'`);
    expect(other.faults.map(({ code }) => code).sort()).toEqual(['row_missing', 'row_unrecorded']);
  });

  test('cut short, its head made to fit, is named by head.json and by the seal that was kept', async () => {
    const place = await aPlace(engine);
    const { report } = await verify(place);
    writeFileSync(join(place.home, 'head.json'), JSON.stringify({ generation: 1, ...report.head }));
    expect((await verify(place)).faults).toEqual([]);
    await place.tamper(
      `delete from events where seq > 4`,
      `delete from event_details where seq > 4`,
      `delete from seals`,
      `update log_head set seq = 4, hash = (select hash from events where seq = 4)`,
    );
    const run = await gaia(['audit', 'verify', '--seal', place.seal], { env: place.env });
    expect(run.exit).toBe(1);
    expect(run.stdout).toContain(`shortened: The log ends at 4 but head.json says ${report.head.seq}`);
    expect(run.stdout).toContain('seal_beyond_end: The seal given by --seal');
  });
});

describe('gaia audit verify', () => {
  test('tells a person what it found', async () => {
    const { stdout, exit } = await gaia(['audit', 'verify'], await aPlace());
    expect(stdout).toMatch(
      /^verified\n\d+ events, from .+ to .+; 1 seal, good up to event \d+, by key [0-9a-f]{16}\nhead: event \d+, [0-9a-f]{64}\nevent \d+ is not under a seal yet: gaia audit seal\n$/,
    );
    expect(exit).toBe(0);
  });

  test('changes nothing in the data directory', async () => {
    const place = await aPlace();
    const before = readFileSync(join(place.home, 'gaia.db'));
    const wal = readFileSync(join(place.home, 'gaia.db-wal'));
    await verify(place);
    expect(readFileSync(join(place.home, 'gaia.db')).equals(before)).toBe(true);
    expect(readFileSync(join(place.home, 'gaia.db-wal')).equals(wal)).toBe(true);
  });

  test('refuses a text without a seal, a key that is none, and a place without a database', async () => {
    const place = await aPlace();
    expect(await verify(place, '--seal', 'hello')).toMatchObject({ exit: 2, stdout: '' });
    writeFileSync(join(place.home, 'no.pem'), 'x');
    expect(await verify(place, '--public-key', join(place.home, 'no.pem'))).toMatchObject({ exit: 2 });
    const nowhere = await gaia(['audit', 'verify'], { env: { GAIA_HOME: '/nowhere/gaia' } });
    expect(nowhere).toMatchObject({ exit: 1, stdout: '' });
    expect(nowhere.stderr).toContain('/nowhere/gaia/gaia.db does not exist');
  });

  test('names seals of another key', async () => {
    const place = await aPlace();
    const file = join(place.home, 'other.pem');
    writeFileSync(file, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
    rmSync(join(place.home, 'seal.pub'));
    expect((await verify(place, '--public-key', file)).faults[0]).toMatch(/^seal_by_unknown_key/);
  });

  test('goes on after the seal key was rotated, as long as the key before is kept', async () => {
    const place = await aPlace();
    const former = join(place.home, 'seal.pub');
    const formerText = readFileSync(former, 'utf8');
    const { privateKey } = generateKeyPairSync('ed25519');
    const say = (warning: string) => expect(warning).toBe('nothing');
    await takeUpSealKey(place.app, privateKey, { keep: (pem) => keepPublicKey(place.home, pem), say, by: by('gaia') });
    await sealLog(place.app, privateKey, by('gaia'));
    expect((await verify(place)).report).toMatchObject({
      verified: true,
      seals: 2,
      sealedBy: [expect.any(String), keyIdOf(createPublicKey(privateKey))],
    });

    const directory = join(place.home, 'export');
    await gaia(['audit', 'export', directory], { env: place.env });
    const alone = (...options: string[]) =>
      promisify(execFile)(process.execPath, [join(directory, 'verify.mjs'), ...options]).then(
        ({ stdout }) => stdout,
        ({ stdout }: { stdout: string }) => stdout,
      );
    expect(await alone()).toMatch(/^verified\n\d+ events, 2 seals.*; key [0-9a-f]{16}, [0-9a-f]{16}\n$/);

    const kept = `seal-${keyIdOf(createPublicKey(formerText))}.pub`;
    for (const home of [place.home, directory]) rmSync(join(home, kept));
    expect((await verify(place)).faults).toEqual([expect.stringMatching(/^seal_by_unknown_key/)]);
    expect(await alone()).toContain('seal_by_unknown_key');
    const elsewhere = join(place.home, 'kept.pem');
    writeFileSync(elsewhere, formerText);
    expect((await verify(place, '--public-key', elsewhere)).report.verified).toBe(true);
    expect(await alone('--public-key', elsewhere)).toMatch(/^verified/);
  });

  test('never takes the private key for a public one', async () => {
    const place = await aPlace();
    const file = join(place.home, 'seal.key');
    writeFileSync(
      file,
      createPrivateKey(place.key.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'pkcs8', format: 'pem' }),
    );
    expect(createPublicKey(readFileSync(file)).asymmetricKeyType).toBe('ed25519'); // Node would take it
    expect((await verify(place, '--public-key', file)).exit).toBe(2);
  });

  test('says that a damaged file is damaged', async () => {
    const place = await aPlace();
    await place.store.db.close();
    const file = join(place.home, 'gaia.db');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096 * 3, 4096 * 6);
    writeFileSync(file, bytes);
    const { exit, faults } = await verify(place);
    expect(exit).toBe(1);
    expect(faults).toContain('integrity null');
    writeFileSync(file, 'not a database at all, but long enough to be looked at as one');
    expect(await verify(place)).toMatchObject({ exit: 1, faults: ['integrity null'] });
  });
});

describe('gaia audit export', () => {
  let place: Place;
  let original: string;
  let store: TestStore;
  beforeAll(async () => {
    store = await keptStore();
    place = await afterADay('sqlite', store);
    original = join(place.home, 'export');
    expect(await gaia(['audit', 'export', original], { env: place.env })).toMatchObject({ exit: 0, stderr: '' });
  });
  afterAll(() => store.remove());
  /** The one export, copied for a test to change. */
  const exported = () => {
    const parent = mkdtempSync(join(tmpdir(), 'gaia-export-'));
    onTestFinished(() => rmSync(parent, { recursive: true }));
    const directory = join(parent, 'export');
    cpSync(original, directory, { recursive: true });
    return { place, directory };
  };
  const standAlone = async (directory: string, ...options: string[]) => {
    const answer = await promisify(execFile)(process.execPath, [
      join(directory, 'verify.mjs'),
      directory,
      ...options,
    ]).catch((error: { code: number; stdout: string; stderr: string }) => error);
    return { exit: 'code' in answer ? answer.code : 0, stdout: answer.stdout, stderr: answer.stderr };
  };
  const edit = (directory: string, name: string, change: (lines: string[]) => string[]) => {
    const file = join(directory, name);
    writeFileSync(file, change(readFileSync(file, 'utf8').trimEnd().split('\n')).join('\n'));
  };

  test('writes what plain node verifies, readable by its owner alone', async () => {
    const { place, directory } = exported();
    expect(readdirSync(directory).sort()).toEqual([
      'README.txt',
      'events.ndjson',
      'head.json',
      'seal.pub',
      'seals.ndjson',
      'verify.mjs',
    ]);
    expect(statSync(directory).mode & 0o077).toBe(0);
    expect(readFileSync(join(directory, 'README.txt'), 'utf8').trimEnd().split('\n')).toHaveLength(5);
    const { exit, stdout, stderr } = await standAlone(directory, '--seal', place.seal);
    expect(stdout).toMatch(
      /^verified\n\d+ events, 2 seals, good up to event \d+; head: event \d+, [0-9a-f]{64}; key [0-9a-f]{16}\n$/,
    );
    expect([exit, stderr]).toEqual([0, '']);
  });

  test.each<[string, string, (lines: string[]) => string[], string]>([
    [
      'an event edited',
      'events.ndjson',
      (lines) => lines.map((line, at) => (at === 2 ? line.replace('"source":"http"', '"source":"cli"') : line)),
      'hash_wrong: event 3 ',
    ],
    ['an event deleted', 'events.ndjson', (lines) => lines.toSpliced(2, 1), 'missing: event 3 is missing'],
    [
      'two events swapped',
      'events.ndjson',
      (lines) => [...lines.slice(0, 2), lines[3] as string, lines[2] as string, ...lines.slice(4)],
      'out_of_order: event 3 ',
    ],
    ['its end cut off', 'events.ndjson', (lines) => lines.slice(0, 4), 'shortened: the log ends at 4 '],
    [
      'half a line',
      'events.ndjson',
      (lines) => [...lines.slice(0, -1), (lines.at(-1) as string).slice(0, 40)],
      'unreadable: line ',
    ],
    [
      'a detail edited',
      'events.ndjson',
      (lines) => lines.map((line) => line.replace('hello', 'hullo')),
      'detail_altered: the detail of event 1 ',
    ],
    ['its seal dropped', 'seals.ndjson', () => [], 'seal_missing: event '],
    [
      'its seal edited',
      'seals.ndjson',
      (lines) => lines.map((line) => line.replace('"generation":1', '"generation":2')),
      'seal_forged: ',
    ],
  ])('names %s', async (_, file, change, expected) => {
    const { directory } = exported();
    edit(directory, file, change);
    const { exit, stdout } = await standAlone(directory);
    expect(stdout).toContain(expected);
    expect(stdout).toMatch(/^NOT VERIFIED/);
    expect(exit).toBe(1);
  });

  test('cut short together with head.json is named by its seal', async () => {
    const { place, directory } = exported();
    edit(directory, 'events.ndjson', (lines) => lines.slice(0, 4));
    edit(directory, 'seals.ndjson', () => []);
    const last = JSON.parse(readFileSync(join(directory, 'events.ndjson'), 'utf8').split('\n')[3] as string);
    writeFileSync(join(directory, 'head.json'), JSON.stringify({ generation: 1, seq: 4, hash: last.hash }));
    expect((await standAlone(directory)).exit).toBe(0); // which is why seals are kept elsewhere
    const { exit, stdout } = await standAlone(directory, '--seal', place.seal);
    expect(stdout).toContain('seal_beyond_end');
    expect(exit).toBe(1);
  });

  test('never writes over what is there', async () => {
    const { place, directory } = exported();
    const before = readFileSync(join(directory, 'events.ndjson'), 'utf8');
    const run = await gaia(['audit', 'export', directory], { env: place.env });
    expect(run.exit).toBe(7);
    expect(readFileSync(join(directory, 'events.ndjson'), 'utf8')).toBe(before);
    expect(readdirSync(dirname(directory))).toEqual(['export']);
  });

  test('leaves nothing behind when it fails', async () => {
    const place = await aPlace();
    await place.store.db.close();
    copyFileSync('/dev/null', join(place.home, 'gaia.db'));
    chmodSync(join(place.home, 'gaia.db'), 0o600);
    const run = await gaia(['audit', 'export', join(place.home, 'export')], { env: place.env });
    expect(run.exit).not.toBe(0);
    expect(run.stderr).not.toBe('');
    expect(readdirSync(place.home).filter((name) => name.startsWith('export'))).toEqual([]);
  });
});

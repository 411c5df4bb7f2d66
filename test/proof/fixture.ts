import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../src/actions/app.ts';
import type { GitHubSide } from '../../src/actions/changes/port.ts';
import type { Asker } from '../../src/actions/requests.ts';
import type { By } from '../../src/core/access/actor.ts';
import type { Database } from '../../src/store/database.ts';
import type { Engine } from '../../src/store/migrations.ts';
import { aGitHubSide } from '../support/github-side.ts';
import { createDatabase, dropDatabase } from '../support/postgres.ts';
import type { Gaia } from './gaia.ts';

export interface Clock {
  now(): number;
  turn(ms: number): void;
}

/** A clock that only the proof turns. */
export function aClock(at = Date.UTC(2026, 10, 21, 9)): Clock {
  let instant = at;
  return {
    now: () => instant,
    turn: (ms) => {
      instant += ms;
    },
  };
}

/** The engines that can be proven here: PostgreSQL where a server is named. */
export const engines: readonly Engine[] = process.env.TEST_DATABASE_URL ? ['sqlite', 'postgres'] : ['sqlite'];

/** Migrated stores to copy, one an engine, made once a proof. */
export async function templates(gaia: Gaia) {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-template-'));
  const file = join(directory, 'template.db');
  await gaia.migrate({ engine: 'sqlite', path: file, backups: directory, now: Date.now });
  const server = process.env.TEST_DATABASE_URL;
  const name = `gaia_template_${randomBytes(6).toString('hex')}`;
  if (server) await gaia.migrate({ engine: 'postgres', url: await createDatabase(server, name), now: Date.now });
  let made = 0;
  return {
    /** what was hashed once need not be hashed again for every store */
    hash: gaia.hashFiles(),
    /** a fresh store: where it is, and how it goes away again */
    async store(engine: Engine): Promise<{ where: string; remove: () => Promise<void> }> {
      if (engine === 'sqlite') {
        const where = join(directory, `${++made}`, 'gaia.db');
        mkdirSync(join(where, '..'), { mode: 0o700 });
        copyFileSync(file, where);
        return { where, remove: async () => rmSync(join(where, '..'), { recursive: true }) };
      }
      const own = `gaia_proof_${randomBytes(6).toString('hex')}`;
      const where = await createDatabase(server as string, own, name);
      return { where, remove: () => dropDatabase(server as string, own) };
    },
    async remove(): Promise<void> {
      rmSync(directory, { recursive: true });
      if (server) await dropDatabase(server, name);
    },
  };
}
export type Templates = Awaited<ReturnType<typeof templates>>;

export const openEngine = (gaia: Gaia, engine: Engine, where: string, now: () => number): Promise<Database> =>
  engine === 'sqlite' ? gaia.openSqlite({ path: where, now }) : gaia.openPostgres({ url: where, now });

export interface Setting {
  approvers: string[];
  policy?: string;
  clock: Clock;
  engine?: Engine;
  /** starts commands, where they are started at all */
  execution?: NonNullable<App['execution']>;
  /** of the executor: nothing there is ever read for a request */
  own?: readonly string[];
  /** Gaia's own world unless told */
  github?: GitHubSide;
}

/** Gaia without its doors and loops, on a store of its own, as its actions see it. */
export async function aGaia(
  gaia: Gaia,
  from: Templates,
  { approvers, policy = '', clock, engine = 'sqlite', execution, own = [], github = aGitHubSide() }: Setting,
) {
  const { where, remove } = await from.store(engine);
  const db = await openEngine(gaia, engine, where, clock.now);
  const { hash } = from;
  const app: App = {
    db,
    people: { approvers, operators: approvers.slice(0, 1) },
    audience: { kind: 'terminal' },
    inForce: gaia.readPolicy(policy),
    random: gaia.systemRandom,
    host: hostname(),
    ...(execution && { execution }),
    github,
    resolveCommand: (command, how) =>
      gaia.resolveCommand(command, { ...how, path: '/usr/bin:/bin', ownUid: process.getuid?.() ?? -1, own, hash }),
  };
  let traces = 0;
  const by = (actor: By['actor'], source: By['source'] = 'http'): By => ({
    actor,
    source,
    traceId: `trace-${++traces}`,
  });
  const agent = async (name: string, ownerId: string | null = null): Promise<() => Asker> => {
    await gaia.createKey(app, { name, ...(ownerId && { owner: ownerId }) }, by('admin'));
    return () => ({ by: by(`agent:${name}`), ownerId, scopes: ['submit:command', 'submit:question'] });
  };
  return {
    app,
    db,
    where,
    by,
    agent,
    asker: (name: string, ownerId: string | null = null): Asker => ({
      by: by(`agent:${name}`),
      ownerId,
      scopes: ['submit:command', 'submit:question'],
    }),
    personAsker: (id: string): Asker => ({ by: by(`person:${id}`, 'console'), ownerId: null }),
    /** closes the store; it can be looked at until `remove` */
    close: () => db.close(),
    remove,
  };
}
export type AGaia = Awaited<ReturnType<typeof aGaia>>;

/** Caps that are in nobody's way. */
export const generous = 'version: 1\ncaps: { open: 10000, perMinute: 10000 }\n';

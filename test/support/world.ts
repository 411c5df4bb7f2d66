import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../../src/actions/app.ts';
import { systemRandom } from '../../src/actions/app.ts';
import { type Decided, decide } from '../../src/actions/decisions.ts';
import type { Channel, Sent } from '../../src/actions/deliveries.ts';
import {
  lookAfterExecutions,
  loseUnwatched,
  removeLeftovers,
  resolve,
  stopCommand,
} from '../../src/actions/executions.ts';
import { expireDue } from '../../src/actions/expiries.ts';
import { endGrantsThatAreOver } from '../../src/actions/grants.ts';
import { pause, resume } from '../../src/actions/pauses.ts';
import { noteMissingReports, report, takePermitOf } from '../../src/actions/permits.ts';
import { loadPolicy, readPolicy } from '../../src/actions/policies.ts';
import { publishDue } from '../../src/actions/publishing.ts';
import { remindDue } from '../../src/actions/reminders.ts';
import { type Asker, askAgain, type Submitted, submitRequest } from '../../src/actions/requests.ts';
import { markShown } from '../../src/actions/showings.ts';
import { beginApproved } from '../../src/actions/starts.ts';
import { withdrawRequest } from '../../src/actions/withdrawals.ts';
import { agentNamed, type By, person } from '../../src/core/access/actor.ts';
import type { Decision, DenyReason } from '../../src/core/approval/decision.ts';
import type { Request } from '../../src/core/approval/request.ts';
import type { Delivery } from '../../src/core/delivery/delivery.ts';
import { unfailing } from '../../src/core/fail-point.ts';
import { hashFiles } from '../../src/executor/hash-files.ts';
import { resolveCommand } from '../../src/executor/resolve.ts';
import { deliverDue } from '../../src/loops/deliver.ts';
import { insertAgent } from '../../src/store/agents.ts';
import type { Database } from '../../src/store/database.ts';
import { listVotes } from '../../src/store/decisions.ts';
import { listDeliveries } from '../../src/store/deliveries.ts';
import { listEvents, type StoredEvent } from '../../src/store/events.ts';
import type { Engine } from '../../src/store/migrations.ts';
import { findRequest } from '../../src/store/requests.ts';
import type { Tables } from '../../src/store/tables.ts';
import { terminalChannel } from '../../src/terminal/channel.ts';
import { findGrantAnswer } from '../../src/views/grants.ts';
import { getRequestAnswer, type Viewer } from '../../src/views/requests.ts';
import { anExecutor } from './executor.ts';
import { aGitHubSide, type SideOptions } from './github-side.ts';
import { aStore, type Clock } from './store.ts';

export interface WorldOptions {
  engine?: Engine;
  /** ids of the approvers; the first is also the only operator unless told */
  approvers?: string[];
  operators?: string[];
  policy?: string;
  clock?: Clock;
  /** commands are started, by a double that runs nothing; what they would be given as named secrets, by file */
  executes?: boolean;
  secretFiles?: Record<string, string>;
  /** GitHub's side; Gaia's own world unless told */
  github?: SideOptions;
}

export type World = Awaited<ReturnType<typeof aWorld>>;

/**
 * A whole Gaia without its doors: a real store, the real look-up of commands in a directory of its own, people and agents
 * to act, a clock to turn. Nothing runs by itself: `tick` does what the loops would do.
 */
export async function aWorld(options: WorldOptions = {}) {
  const { engine = 'sqlite', approvers = ['local'], operators = approvers.slice(0, 1), policy = '' } = options;
  const store = await aStore(engine, options.clock ? { clock: options.clock } : {});
  const { db, clock } = store;
  const directory = mkdtempSync(join(tmpdir(), 'gaia-world-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bin = join(directory, 'bin');
  const checkpoints = join(directory, 'checkpoints');
  const cwd = join(directory, 'work');
  for (const each of [bin, cwd, checkpoints]) mkdirSync(each);

  const hash = hashFiles();
  const app: App = {
    db,
    people: { approvers, operators },
    audience: { kind: 'terminal' },
    inForce: readPolicy(policy),
    random: systemRandom,
    host: hostname(),
    github: aGitHubSide({ now: clock.now, checkpoints, ...options.github }),
    resolveCommand: (command, how) =>
      resolveCommand(command, { ...how, path: `${bin}:/usr/bin:/bin`, ownUid: process.getuid?.() ?? -1, hash }),
  };
  const executes = anExecutor(clock.now);
  let seals = 0;
  let leftAlone: string[] = [];
  if (options.executes) {
    app.execution = {
      isEnabled: true,
      executor: executes.executor,
      readSecret: async (file) => options.secretFiles?.[file],
      seal: async () => void seals++,
    };
  }
  const lines: string[] = [];
  const viewer: Viewer = { db, people: app.people, publicUrl: 'http://gaia.test' };
  const terminal = terminalChannel({
    write: async (line) => void lines.push(line),
    look: (id) => getRequestAnswer(viewer, id),
    findGrant: (id) => findGrantAnswer(viewer, id),
    now: clock.now,
  });
  let traces = 0;
  const by = (actor: By['actor'], source: By['source'] = 'http'): By => ({
    actor,
    source,
    traceId: `trace-${++traces}`,
  });
  if (policy !== '') await loadPolicy(app, policy, by('gaia', 'start'));

  const submit = async (input: object, asker: Asker): Promise<Request> =>
    (await submitRequest(app, input, asker)).request;

  /** An agent, known here and with an owner where one is given. */
  const agent = async (name: string, { owner = null as string | null } = {}) => {
    await db.write((tx) =>
      insertAgent(tx, { id: name, ownerId: owner, createdAt: tx.now, createdBy: 'admin', cappedAt: null }),
    );
    const asker = (): Asker => ({
      by: by(agentNamed(name)),
      ownerId: owner,
      scopes: ['submit:command', 'submit:question', 'submit:changeset', 'gate:verification', 'gate:internal_review'],
    });
    return {
      name,
      asker,
      asksToRun: (argv: string[], more: object = {}): Promise<Request> => {
        const { command, ...rest } = more as { command?: object };
        return submit({ kind: 'command', ...rest, command: { argv, cwd, ...command } }, asker());
      },
      proposes: (changeset: object, more: object = {}): Promise<Request> =>
        submit({ kind: 'changeset', ...more, changeset }, asker()),
      submits: (input: object): Promise<Submitted> => submitRequest(app, input, asker()),
      asks: (text: string, choices?: string[]): Promise<Request> =>
        submit({ kind: 'question', question: { text, ...(choices ? { choices } : {}) } }, asker()),
      asksAgain: async (request: Request): Promise<Request> => (await askAgain(app, request.id, asker())).request,
      withdraws: (request: Request): Promise<Request> => withdrawRequest(app, request.id, by(agentNamed(name))),
      takesPermit: (request: Request): Promise<Request> => takePermitOf(app, request.id, by(agentNamed(name))),
      reports: (request: Request, outcome: Partial<Parameters<typeof report>[2]> = {}): Promise<Request> =>
        report(app, request.id, { exitCode: 0, durationMs: 5, ...outcome }, by(agentNamed(name))),
    };
  };

  /** A person, who looks at a request before they decide, unless told not to. */
  const aPerson = (id: string) => {
    const sees = async (request: Request) => markShown(app, request.id, id);
    const decides = async (
      request: Request,
      decision: Pick<Decision, 'verdict'> & Partial<Decision>,
      looks = true,
    ): Promise<Decided> => {
      if (looks) await sees(request);
      return decide(
        app,
        { requestId: request.id, personId: id, digest: request.digest as string, ...decision },
        by(person(id), 'console'),
      );
    };
    return {
      id,
      sees,
      decides,
      approves: (request: Request) => decides(request, { verdict: 'approve' }),
      approvesUnseen: (request: Request) => decides(request, { verdict: 'approve' }, false),
      confirms: (request: Request) => decides(request, { verdict: 'approve', confirm: true }),
      denies: (request: Request, code: DenyReason = 'other', text?: string) =>
        decides(request, { verdict: 'deny', reason: { code, ...(text ? { text } : {}) } }),
      answers: (request: Request, answer: string) => decides(request, { verdict: 'answer', answer }),
      asksToRun: (argv: string[]) =>
        submit({ kind: 'command', command: { argv, cwd } }, { by: by(person(id), 'console'), ownerId: null }),
      pauses: (reason?: string) => pause(app, { reason: reason ?? null }, by(person(id))),
      stops: (request: Request) => stopCommand(app, request.id, by(person(id), 'telegram')),
      resolves: (request: Request, verdict: 'executed' | 'failed', reason = 'I looked.') =>
        resolve(app, request.id, { verdict, reason }, by(person(id), 'telegram')),
      resumes: (acceptGeneration = false) => resume(app, { acceptGeneration }, by(person(id))),
    };
  };

  return {
    app,
    db,
    clock,
    store,
    viewer,
    cwd,
    bin,
    checkpoints,
    lines,
    by,
    agent,
    person: aPerson,
    executes,
    /** executions that the last tick left alone, because no record knows them */
    leftAlone: () => leftAlone,
    /** how often the log was sealed before something started */
    seals: () => seals,
    admin: by('admin'),
    /** what the loops would do now, until nothing moves any more */
    tick: async (channel: Channel = terminal) => {
      await expireDue(app, clock.now());
      await endGrantsThatAreOver(app, clock.now());
      await remindDue(app, clock.now());
      await beginApproved(app);
      await lookAfterExecutions(app);
      await noteMissingReports(app, clock.now());
      await loseUnwatched(app, clock.now());
      leftAlone = await removeLeftovers(app);
      while ((await publishDue(app, clock.now())) > 0);
      while ((await deliverDue(app, channel, 'world', unfailing)) > 0);
    },
    /** replaces the policy, as an admin would */
    loadsPolicy: (text: string) => loadPolicy(app, text, by('admin')),
    /** the request as it stands */
    now: async (request: Request): Promise<Request> => (await findRequest(db.read, request.id)) as Request,
    votesOn: (request: Request) => listVotes(db.read, request.id),
    eventsOf: (request: Request): Promise<StoredEvent[]> =>
      listEvents(db.read, { subject: `request:${request.id}`, order: 'oldest', limit: 1_000 }),
    actionsOn: async (request: Request): Promise<string[]> =>
      (await listEvents(db.read, { subject: `request:${request.id}`, order: 'oldest', limit: 1_000 })).map(
        (event) => event.action,
      ),
    allEvents: (limit = 1_000): Promise<StoredEvent[]> => listEvents(db.read, { order: 'oldest', limit }),
    /** changes who the people are, as a new configuration and a restart would */
    appoints: (people: Partial<App['people']>) => {
      app.people = { ...app.people, ...people };
      viewer.people = app.people;
    },
    deliveries: (state?: Delivery['state']): Promise<Delivery[]> =>
      listDeliveries(db.read, { limit: 1_000, ...(state ? { state } : {}) }),
    /** every value of every column of every table, and what the terminal showed, as one text */
    everythingKept: async (): Promise<string> => {
      const tables = Object.values(db.t) as Tables[keyof Tables][];
      const rows: unknown[] = [];
      for (const table of tables) rows.push(await db.read.select().from(table));
      return JSON.stringify([rows, lines]);
    },
    /** writes a file below the agent's directory, or an executable into the world's own PATH */
    writes: (name: string, text: string, { executable = false } = {}) => {
      const path = join(executable ? bin : cwd, name);
      writeFileSync(path, text);
      if (executable) chmodSync(path, 0o755);
      return path;
    },
  };
}

/** A channel that answers as told and remembers what it was given. */
export function aChannel(answers: (delivery: Delivery) => Sent): Channel & { given: Delivery[] } {
  const given: Delivery[] = [];
  return {
    name: 'terminal',
    given,
    async send(delivery) {
      given.push(delivery);
      return answers(delivery);
    },
  };
}

/** Opens the same store once more, as another process would, and acts there. */
export const alsoOn = (world: World, db: Database): App => ({ ...world.app, db });

/** The same store, but every change ends with an event that cannot be written. */
export const withABrokenLog = (db: Database): Database =>
  new Proxy(db, {
    get(target, name) {
      if (name === 'write') {
        return (work: Parameters<Database['write']>[0]) =>
          target.write(async (tx) => {
            const result = await work(tx);
            tx.record({
              action: 'broken',
              actor: null as never,
              source: 'http',
              subject: 's',
              detail: {},
              traceId: 't',
            });
            return result;
          });
      }
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

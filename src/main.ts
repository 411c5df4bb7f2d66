import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type App, executionOf, newTraceId, systemRandom } from './actions/app.ts';
import type { Channel } from './actions/deliveries.ts';
import { lookAfterExecutions, loseUnwatched, removeLeftovers } from './actions/executions.ts';
import { expireDue } from './actions/expiries.ts';
import { endGrantsThatAreOver } from './actions/grants.ts';
import { ensureLocalKey } from './actions/keys.ts';
import { requireAcceptance } from './actions/pauses.ts';
import { noteMissingReports } from './actions/permits.ts';
import { loadPolicy, readPolicy } from './actions/policies.ts';
import { publishDue, recoverSends } from './actions/publishing.ts';
import { remindDue } from './actions/reminders.ts';
import { endRunsOfBefore } from './actions/schedules.ts';
import { sealAsLeader, sealLog, takeUpSealKey } from './actions/seals.ts';
import { createSignInLink } from './actions/sessions.ts';
import { beginApproved } from './actions/starts.ts';
import type { Config } from './config.ts';
import { type By, localPerson, type People } from './core/access/actor.ts';
import { adminKeyPattern, formatAdminKey, hashOfSecret } from './core/access/key.ts';
import { executionWords } from './core/approval/words.ts';
import { formatSeal, keyIdOf } from './core/audit/seal.ts';
import { invalid, unavailable } from './core/errors.ts';
import { type Reach, unfailing } from './core/fail-point.ts';
import type { StatusAnswer } from './core/wire/answers-status.ts';
import { openExecutor } from './executor/executor.ts';
import { lookUps } from './executor/look-ups.ts';
import { createBackup } from './home/backups.ts';
import { failPoints } from './home/fail-points.ts';
import { type Home, openHome } from './home/home.ts';
import { hostReadings } from './home/host.ts';
import { forgetRestored, keepAlert, whyRestored } from './home/notes.ts';
import { keepPublicKey } from './home/public-keys.ts';
import { revokedKeysIn } from './home/revoked-keys.ts';
import { takeHome } from './home/running.ts';
import { readOrCreateSecretFile, readSecretFile } from './home/secret-file.ts';
import { removeDrafts, writeFileAtomic } from './home/write-file-atomic.ts';
import { close, httpRoutes, listen } from './http/server.ts';
import type { Logger } from './log.ts';
import { deliverDue } from './loops/deliver.ts';
import { logFollower } from './loops/follow-log.ts';
import { beat } from './loops/heartbeat.ts';
import { operatingJobs } from './loops/jobs.ts';
import { loop } from './loops/loop.ts';
import { schedules } from './loops/schedules.ts';
import { sealingSchedule } from './loops/seal.ts';
import { sendingLoop } from './loops/send.ts';
import { buildGitHub } from './main/github.ts';
import { copyStore } from './store/copy.ts';
import { openStore } from './store/open.ts';
import { terminalChannel } from './terminal/channel.ts';
import { version } from './version.ts';
import { findGrantAnswer } from './views/grants.ts';
import { getLogHead, lacksWitness, standsBehind } from './views/log.ts';
import type { Host } from './views/metrics.ts';
import { getRequestAnswer, type Viewer } from './views/requests.ts';
import { getStatus } from './views/status.ts';

export interface RunningGaia {
  url: string;
  /** a fresh one-time link into the console; undefined where nobody decides at this machine: people ask the bot for theirs */
  signInLink(): Promise<string | undefined>;
  /** how approved commands are carried out */
  execution: string;
  /** ends within ten seconds, in the reverse order of the start */
  stop(): Promise<void>;
  /** settles when there is no use in going on (the store can no longer be trusted, another program took the bot): the process must end and look again */
  failed: Promise<Error>;
}

export interface Surroundings {
  log: Logger;
  /** where notices go */
  write: (line: string) => Promise<void>;
  /** whether people read them there as they come; a file may be read by anyone, so it learns no address of the console */
  isTerminal?: boolean;
}

/** Starts Gaia on its data directory: store, policy, loops, doors, in this order. What fails undoes what was begun. */
export async function startGaia(
  config: Config,
  { log, write, isTerminal = false }: Surroundings,
): Promise<RunningGaia> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await wire(config, { log, write, isTerminal }, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function wire(
  config: Config,
  { log, write, isTerminal = false }: Surroundings,
  undo: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<RunningGaia> {
  const reach: Reach = config.failPoints ? failPoints(config.failPoints, (what) => log.warn(what)) : unfailing;
  const now = risingClock();
  const startedAt = now();
  const report = (what: string) => (error: unknown) => log.error({ error }, what);

  const home = await openHome(config.home);
  const tenancy = await takeHome(home, { startedAt: new Date(startedAt) });
  undo.push(() => tenancy.release());
  await removeDrafts(home.path);
  const { server, port, serve } = await listen({ host: config.host, port: config.port });
  undo.push(() => close(server, 0));
  const adminKey = await readAdminKey(home);
  const sealKey = await readSealKey(home);

  const policyText = await readPolicyFile(config);
  const inForce = readPolicy(policyText ?? ''); // before the store is touched: a faulty policy changes nothing
  const executor = await openExecutorOf(config, inForce, home, {
    reach,
    report: (error, what) => log.error({ error }, what),
  }); // refuses before the store is touched
  const db = await openStore({ databaseUrl: config.databaseUrl?.reveal(), home: home.path, now, reach });
  undo.push(() => db.close());

  const commands = lookUps();
  undo.push(async () => commands.close());
  const github = await buildGitHub(config, home, {
    adminKey,
    now,
    report: (error, what) => log.error({ error }, what),
  });
  undo.push(async () => github.texts.close());
  const app: App = {
    db,
    people: peopleOf(config),
    audience: config.telegram
      ? {
          kind: 'telegram',
          chat: config.telegram.chat,
          noticeChat: config.telegram.noticeChat,
          ...(config.telegram.escalationChat && { escalationChat: config.telegram.escalationChat }),
        }
      : { kind: 'terminal' },
    inForce,
    requeueLimits: config.operating.requeueLimits,
    random: systemRandom,
    host: hostname(),
    github,
    resolveCommand: async (command, how, asker) => {
      reach('resolve.before');
      const path = process.env.PATH ?? '';
      const own = [home.path, ...ownFilesOf(config, app)];
      const resolution = await commands.resolve(command, { ...how, path, ownUid: fixedUid(app), own }, asker);
      reach('resolve.after');
      return resolution;
    },
  };
  if (executor) {
    app.execution = {
      isEnabled: config.execution.allow,
      executor,
      readSecret: readSecretFile,
      seal: () => sealLog(app, sealKey, { actor: 'gaia', source: 'loop', traceId: newTraceId(app) }),
    };
  }
  const atStart: By = { actor: 'gaia', source: 'start', traceId: newTraceId(app) };
  app.witnessedGeneration = await witnessedGeneration(home);
  const behind = (await whyRestored(home.path)) ?? (await findWhyBehind(app, home));
  if (behind) {
    log.warn(behind);
    await requireAcceptance(app, behind, atStart, await revokedKeysIn(home.path));
    await forgetRestored(home.path); // the store itself knows now
  }
  const keep = (pem: string) => keepPublicKey(home.path, pem);
  await takeUpSealKey(app, sealKey, { keep, say: (warning) => log.warn(warning), by: atStart });
  await loadPolicy(app, policyText, atStart);
  reach('key.write.before');
  await ensureLocalKey(app, { path: home.agentKey, readOrNothing: readIfThere, write: writeFileAtomic }, atStart);
  reach('key.write.after');

  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // every long wait listens
  let ready = false;
  const consoleUrl = consoleUrlOf(config, adminKey, port);
  const isBackedUpHere = config.databaseUrl === undefined;
  const host = hostReadings({
    home: home.path,
    isBackedUpHere,
    startedAt,
    hasTelegram: config.telegram !== undefined,
    now,
  });
  undo.push(async () => void host.stop());
  serve(
    httpRoutes(
      {
        app,
        viewer: { db, people: app.people, publicUrl: publicUrlOf(config, port) },
        now,
        timeZone: config.timeZone,
        consoleUrl,
        adminKey,
        ...(config.operating.monitorToken && { monitorToken: config.operating.monitorToken.reveal() }),
        host,
        sealKey,
        readPolicyFile: () => readPolicyFile(config),
        version,
        startedAt,
        isReady: () => ready,
        report: (error, facts) => log.error({ error, ...facts }, 'a call failed inside Gaia'),
        stopping: stopping.signal,
      },
      port,
    ),
  );
  undo.push(async () => {
    stopping.abort();
    await close(server, 3_000);
  });
  const url = publicUrlOf(config, port);

  const viewer: Viewer = { db, people: app.people, publicUrl: consoleUrl }; // for people alone
  const look = (id: string) => getRequestAnswer(isTerminal ? viewer : { ...viewer, publicUrl: url }, id);
  const terminal: Channel = terminalChannel({
    write,
    now,
    look,
    findGrant: (id) => findGrantAnswer(viewer, id),
    keep: (line) => keepAlert(home.path, line, now()),
  });
  const holder = `${hostname()}:${process.pid}:${newTraceId(app)}`;
  const follower = logFollower({ db, home: home.path, writeAtomically: writeFileAtomic, reach });
  if (db.engine === 'sqlite') await recoverSends(app); // this process is the only one on the store
  let running = 0;
  let tidiedAt = 0;
  const loops = [
    loop({
      everyMs: 1_000,
      apartMs: 20,
      report: report('changesets could not be looked after'),
      tick: async () => void (await publishDue(app, now(), reach)),
    }),
    loop({
      everyMs: () => (running > 0 ? lookMs : 1_000),
      report: report('requests could not be looked after'),
      tick: async () => {
        await expireDue(app, now());
        await endGrantsThatAreOver(app, now());
        await remindDue(app, now());
        await beginApproved(app);
        running = await lookAfterExecutions(app);
        if (now() - tidiedAt < tidyEveryMs) return;
        tidiedAt = now(); // in the same loop, so that nothing is being begun meanwhile
        await loseUnwatched(app, now());
        await noteMissingReports(app, now());
        const left = await removeLeftovers(app);
        if (left.length > 0) log.warn({ left }, 'executions that this store has no record of are left as they are');
      },
    }),
    loop({
      everyMs: 1_000,
      apartMs: 20,
      report: report('notices could not be delivered'),
      tick: async () => void (await deliverDue(app, terminal, holder, reach)),
    }),
    loop({
      everyMs: 5_000,
      apartMs: 100,
      report: report('the log could not be copied to its files'),
      tick: () => follower.tick(),
    }),
  ];
  // a little later, and once for all that came: whoever waits for an answer goes first
  let waking: NodeJS.Timeout | undefined;
  const wakeAll = () => {
    waking ??= setTimeout(() => {
      waking = undefined;
      for (const { wake } of loops) wake();
    }, wakeAfterMs);
  };
  const unsubscribe = db.onAppended(wakeAll);
  const beatOf = config.operating.heartbeatUrl;
  const steady = [
    // by time alone, whatever is appended
    loop({
      everyMs: 60_000,
      report: report('no heartbeat'),
      tick: () =>
        beat({
          readHead: () => getLogHead(db),
          write: (text) => writeFileAtomic(join(home.path, 'heartbeat'), text),
          ...(beatOf && { url: beatOf.reveal() }),
          now,
        }),
    }),
  ];
  const { policyFile } = config;
  const backUp = async () =>
    (await createBackup({ home: home.path, policyFile, version, now: now(), copy: copyStore })).path;
  const byTheClock = schedules({
    app,
    jobs: operatingJobs({ app, host, now, ...(isBackedUpHere && { backUp }) }),
    holder,
    timeZone: config.timeZone,
    report: (error, name) => log.error({ error, schedule: name }, 'something that happens by the clock failed'),
    reach,
  });
  if (db.engine === 'sqlite') await endRunsOfBefore(app); // this process alone has the store
  steady.push(
    // what was missed, also where the beat of the clock was: it must not hang on that alone
    loop({
      everyMs: 60_000,
      report: report('what happens by the clock could not be looked at'),
      tick: () => byTheClock.tick(),
    }),
  );
  const seals = sealingSchedule({
    report: report('the log could not be sealed'),
    tick: async () => void (await sealAsLeader(app, sealKey, holder)),
  });
  undo.push(async () => {
    github.texts.close(); // the loops would wait for it, and a text may be read for longer than a stop may take
    await byTheClock.stop();
    await seals.stop();
    unsubscribe();
    clearTimeout(waking);
    await Promise.all([...loops, ...steady].map((each) => each.stop()));
    await removeLeftovers(app).catch(report('what executions left behind could not be removed'));
    await sealLog(app, sealKey, { ...atStart, source: 'loop' });
    await follower.tick();
  });

  const telegram =
    config.telegram &&
    (await import('./telegram/channel.ts')).telegramChannel({
      ...config.telegram,
      token: config.telegram.token.reveal(),
      app,
      viewer,
      status: () => statusOf(app, viewer, host, { version, startedAt, now: now() }),
      seal: async () => {
        const seal = await sealLog(app, sealKey, { ...atStart, source: 'loop' });
        return seal ? formatSeal(seal) : null;
      },
      now,
      timeZone: config.timeZone,
      installation: keyIdOf(createPublicKey(sealKey)),
      holder,
      reach,
      report: (error, what) => log.error({ error }, what),
      say: (trouble) => log.warn(trouble),
      heard: wakeAll,
    });
  if (telegram) {
    loops.push(
      sendingLoop({ sender: telegram.sender, now, report: report('messages could not be sent to Telegram') }),
      loop({ everyMs: 5_000, report: report('updates could not be tried again'), tick: telegram.retry }),
    );
    undo.push(telegram.stop);
  }

  reach('announce.before');
  await tenancy.announce(url);
  reach('announce.after');
  ready = true;
  undo.push(async () => {
    ready = false;
  });
  const fatal = new Promise<Error>((resolve) => db.onFatal(resolve));
  const failed = telegram ? Promise.race([fatal, telegram.gaveUp]) : fatal;
  const isLocal = [...app.people.approvers, ...app.people.operators].includes(localPerson);
  const signInLink = async () =>
    isLocal ? `${consoleUrl}/sign-in/${(await createSignInLink(app, localPerson)).token}` : undefined;
  const { execution } = executionOf(app);
  const words = { execution: execution?.isolation ?? ('dry_run' as const), executionUser: execution?.user ?? null };
  return { url, execution: executionWords(words), signInLink, stop, failed };
}

function statusOf(
  app: App,
  viewer: Viewer,
  host: Host,
  { now, ...process }: { version: string; startedAt: number; now: number },
): Promise<StatusAnswer> {
  const { digest, policy } = app.inForce;
  const facts = { policy: { digest, rules: policy.rules.length }, hasTelegram: true, ...executionOf(app) };
  const { perHour } = policy.github.budgets;
  const operating = { host, alerts: policy.alerts, github: app.github, writesPerHour: perHour };
  return getStatus({ ...viewer, ...process, ...facts, operating }, now);
}

/** Who may decide and operate: the people of the bot; where there is none, or where it is allowed, whoever sits at the machine. */
function peopleOf({ telegram, localApprover, operating }: Config): People {
  const { monitorToken } = operating;
  const monitor = monitorToken && { monitor: `monitor-${hashOfSecret(monitorToken.reveal()).slice(0, 8)}` };
  if (!telegram) return { approvers: [localPerson], operators: [localPerson], ...monitor };
  const { approvers, operators } = telegram;
  return { approvers: localApprover ? [...approvers, localPerson] : approvers, operators, ...monitor };
}

/**
 * Where people find the console. On loopback it has a name of its own, which only the links that Gaia prints for people
 * tell: browsers send cookies to every port of a host, and an agent may listen on another port.
 */
function consoleUrlOf(config: Config, adminKey: string, port: number): string {
  if (config.publicUrl) return config.publicUrl;
  const name = createHmac('sha256', adminKey).update('the name of the console').digest('hex').slice(0, 20);
  return `http://gaia-${name}.localhost:${port}`;
}

/** How often running commands are looked at: how late their end may be noticed, in milliseconds. */
const lookMs = 200;

/** How often what is left over is looked for. */
const tidyEveryMs = 60_000;

/** Looks after what was started before, also where nothing new may start. Without the means to, only nothing new starts. */
async function openExecutorOf(
  config: Config,
  inForce: App['inForce'],
  home: Home,
  { reach, report }: { reach: Reach; report: (error: unknown, what: string) => void },
) {
  const { allow, sandbox, user } = config.execution;
  const masks = ownFilesOf(config, { inForce });
  if (!allow && process.platform !== 'linux') return undefined;
  return openExecutor({ allow, home: home.path, masks, sandbox, ...(user && { execUser: user }), reach, report });
}

/** Files that hold secrets or rules of Gaia's: nobody is shown what stands in them, and no command sees them. */
const ownFilesOf = ({ envFile, policyFile, github }: Config, { inForce }: Pick<App, 'inForce'>): string[] => [
  ...(envFile ? [envFile] : []),
  ...(github.app ? [github.app.privateKeyFile] : []),
  policyFile,
  ...inForce.policy.namedSecrets.map(({ file }) => file),
];

/** Whose files nobody else can replace, beside root's: Gaia's, unless commands run as Gaia's own user and could. */
const fixedUid = ({ execution }: App): number =>
  execution?.isEnabled && execution.executor.user === undefined ? -1 : (process.getuid?.() ?? -1);

/** How long what was committed may wait for the loops. */
const wakeAfterMs = 25;

/** The wall clock, never running backwards within this process. */
function risingClock(): () => number {
  let last = 0;
  return () => {
    last = Math.max(last, Date.now());
    return last;
  };
}

const publicUrlOf = ({ publicUrl, host }: Config, port: number): string =>
  publicUrl ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;

async function readAdminKey({ adminKey: path }: Home): Promise<string> {
  const make = () => formatAdminKey(Buffer.from(systemRandom(32)).toString('base64url'));
  const key = (await readOrCreateSecretFile(path, make)).trim();
  if (adminKeyPattern.test(key)) return key;
  throw damagedKey(path, 'no admin key');
}

async function readSealKey({ sealKey: path }: Home): Promise<KeyObject> {
  const pem = await readOrCreateSecretFile(path, newSealKey);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw damagedKey(path, `no private key (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`);
  }
  throw damagedKey(path, 'no Ed25519 key');
}

const damagedKey = (path: string, what: string) =>
  invalid(`${path} holds ${what}.`, {
    reason: 'key_file_damaged',
    remedy:
      'Put the right file back, or move this one away: a new key is made at the next start (runbooks/rotate-keys.md says what that means).',
  });

const newSealKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/**
 * No file in the data directory means the built-in policy. One that was named, or that cannot be read, is no such thing:
 * Gaia does not judge without the rules it was given.
 */
async function readPolicyFile({
  policyFile,
  policyFileIsNamed,
}: Pick<Config, 'policyFile' | 'policyFileIsNamed'>): Promise<string | undefined> {
  const text = await readIfThere(policyFile);
  if (text !== undefined || !policyFileIsNamed) return text;
  throw invalid(`The policy file ${policyFile} does not exist.`, {
    reason: 'policy_missing',
    remedy: 'Put it there, correct POLICY_FILE, or unset it for policy.yaml in the data directory.',
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw unavailable(`${path} cannot be read (${code ?? 'unknown'}).`, {
      reason: 'file_unreadable',
      remedy: 'Make it readable for the user that runs Gaia.',
    });
  }
}

/** Why the store is not the one this data directory was left with, where that is so. */
async function findWhyBehind(app: App, home: Home): Promise<string | undefined> {
  const text = await readIfThere(join(home.path, 'head.json'));
  if (text === undefined) return lacksWitness(app.db);
  const [, generation, seq, hash] = headPattern.exec(text) ?? [];
  if (!generation || !seq || !hash)
    return 'head.json is damaged, so nobody can tell whether the store is the one it was.';
  return standsBehind(app.db, { generation: Number(generation), seq: Number(seq), hash });
}

const headPattern = /^\{"generation":(\d+),"seq":(\d+),"hash":"([0-9a-f]{64})"\}\s*$/;

/** The generation that `head.json` names; 0 where it names none. */
const witnessedGeneration = async (home: Home): Promise<number> =>
  Number(headPattern.exec((await readIfThere(join(home.path, 'head.json'))) ?? '')?.[1] ?? 0);

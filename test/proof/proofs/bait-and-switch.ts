import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { App } from '../../../src/actions/app.ts';
import type { CommandInput } from '../../../src/core/command/command.ts';
import { type AnExecutor, anExecutor } from '../an-executor.ts';
import { check } from '../checker.ts';
import { type AGaia, aClock, aGaia, generous, templates } from '../fixture.ts';
import type { Gaia } from '../gaia.ts';
import { chance, type Proof, type ProofContext, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { aWorkshop, type Workshop } from '../workshop.ts';

const policy = `${generous}bind: [Boundfile]\n`;
const stricter = `${policy}tiers: { normal: { approvals: 2 }, high: { approvals: 2, confirm: true } }\n`;
const otherSandbox = `${policy}exec: { env: { WHICH: wrong } }\n`;

/** Where the pieces of one trial stand. */
interface Stage {
  gaia: Gaia;
  world: AGaia;
  workshop: Workshop;
  /** its own directory, and the link by which the command was told of it */
  cwd: string;
  link: string;
  requestId: string;
}

/** Something that an approval covers, and how it is swapped before the start. */
interface Swap {
  name: string;
  argv: string[];
  env?: Record<string, string>;
  /** answers how it is put back */
  swap(stage: Stage): void;
  /** only after everything it is bound to was taken in hand: then the approved bytes run */
  isLate?: boolean;
  /** instead: swapped again and again while it is looked up, held and started */
  races?: string;
}

const right = 'echo right >>"$PWD/told"\n';
const wrong = 'echo wrong >>"$PWD/told"\n';
const script = (text: string): string => `#!/bin/sh\n${text}`;
const direct = ['./tool'];

/** Changes what a row says, as nobody but its administrator could: what is started is what was looked up and approved. */
function changeRow({ world, requestId }: Stage, change: (command: CommandInput) => void): void {
  const db = new Sqlite(world.where);
  try {
    const row = db.prepare('select payload from requests where id = ?').get(requestId) as { payload: string };
    const payload = JSON.parse(row.payload) as { command: CommandInput };
    change(payload.command);
    db.prepare('update requests set payload = ? where id = ?').run(JSON.stringify(payload), requestId);
  } finally {
    db.close();
  }
}

const swaps: readonly Swap[] = [
  {
    name: 'its arguments',
    argv: ['sh', 'script'],
    swap: (stage) => changeRow(stage, (command) => command.argv.push('more')),
  },
  {
    name: 'its environment',
    argv: direct,
    env: { WHICH: 'right' },
    swap: (stage) =>
      changeRow(stage, (command) => {
        command.env = { WHICH: 'wrong' };
      }),
  },
  {
    name: 'the link to its directory',
    argv: direct,
    swap({ link, cwd }) {
      unlinkSync(link);
      symlinkSync(`${cwd}.other`, link);
    },
  },
  {
    name: 'its directory',
    argv: direct,
    swap({ cwd }) {
      renameSync(cwd, `${cwd}.away`);
      renameSync(`${cwd}.other`, cwd);
    },
  },
  { name: 'its script', argv: ['sh', 'script'], swap: ({ cwd }) => writeFileSync(join(cwd, 'script'), wrong) },
  {
    name: 'its script, by a link',
    argv: ['sh', 'script'],
    swap({ cwd }) {
      writeFileSync(join(cwd, 'evil'), wrong);
      unlinkSync(join(cwd, 'script'));
      symlinkSync('evil', join(cwd, 'script'));
    },
  },
  { name: 'its program', argv: direct, swap: ({ cwd }) => writeFileSync(join(cwd, 'tool'), script(wrong)) },
  {
    name: 'its program, which is gone',
    argv: direct,
    swap: ({ cwd }) => unlinkSync(join(cwd, 'tool')),
  },
  {
    name: 'its program, which may not be executed',
    argv: direct,
    swap: ({ cwd }) => chmodSync(join(cwd, 'tool'), 0o600),
  },
  {
    name: 'a file that the policy binds',
    argv: ['./tool'],
    swap: ({ cwd }) => writeFileSync(join(cwd, 'Boundfile'), 'wrong'),
  },
  {
    name: 'a file it names',
    argv: ['./tool', 'operand'],
    swap: ({ cwd }) => writeFileSync(join(cwd, 'operand'), 'wrong'),
  },
  {
    name: 'the mode',
    argv: direct,
    swap: ({ world }) => Object.assign(world.app.execution as object, { isEnabled: false }),
  },
  {
    name: 'the policy, which asks for more',
    argv: direct,
    swap: ({ gaia, world }) => Object.assign(world.app, { inForce: gaia.readPolicy(stricter) }),
  },
  {
    name: 'the sandbox',
    argv: direct,
    swap: ({ gaia, world }) => Object.assign(world.app, { inForce: gaia.readPolicy(otherSandbox) }),
  },
  {
    name: 'its script, once it is held',
    argv: ['sh', 'script'],
    swap: ({ cwd }) => writeFileSync(join(cwd, 'script'), wrong),
    isLate: true,
  },
  {
    name: 'its program, once it is held',
    argv: direct,
    swap: ({ cwd }) => writeFileSync(join(cwd, 'tool'), script(wrong)),
    isLate: true,
  },
  { name: 'its script, in a race', argv: ['sh', 'script'], swap: () => undefined, races: 'script' },
  { name: 'its program, in a race', argv: direct, swap: () => undefined, races: 'tool' },
];
/** Races are where chance decides: they are run more often than the rest. */
const racing = swaps.filter(({ races }) => races !== undefined);

/** Puts the wrong text in the right one's place and back, in place and by renaming, every 0 to 3 ms. */
const swapper = `
const { workerData, parentPort } = require('node:worker_threads');
const fs = require('node:fs');
const { path, right, wrong } = workerData;
const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const write = (text) => {
  if (Math.random() < 0.5) return fs.writeFileSync(path, text, { mode: 0o755 });
  fs.writeFileSync(path + '.new', text, { mode: 0o755 });
  fs.chmodSync(path + '.new', 0o755);
  fs.renameSync(path + '.new', path);
};
const flag = new Int32Array(workerData.flag);
parentPort.postMessage('begins');
while (Atomics.load(flag, 0) === 0) {
  write(wrong); wait(Math.random() * 3);
  write(right); wait(Math.random() * workerData.rightMs);
}
write(right);`;

function startSwapping(path: string, texts: { right: string; wrong: string }, rightMs: number) {
  const flag = new SharedArrayBuffer(4);
  const worker = new Worker(swapper, { eval: true, workerData: { path, ...texts, flag, rightMs } });
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  return {
    begun: new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    async stop(): Promise<void> {
      Atomics.store(new Int32Array(flag), 0, 1);
      await gone;
    },
  };
}

export const baitAndSwitch: Proof = {
  name: 'bait-and-switch',
  shows: 'what is swapped between approval and start is never run: it is stale, or the approved bytes run',
  async run(context) {
    const violations: Violation[] = [];
    const runs = trialsOf(context, { short: 60, full: 2_000 });
    const lots = chance(context.seed);
    const from = await templates(context.gaia);
    const workshop = aWorkshop();
    const undo = workshop.takeTemporaryFiles();
    const ends = new Map<string, number>();
    try {
      const it = await anExecutor(context.gaia, workshop);
      for (let n = 0; n < runs && !context.signal.aborted && violations.length < 5; n++) {
        const kind = n < swaps.length ? (swaps[n] as Swap) : lots.happens(0.8) ? lots.of(racing) : lots.of(swaps);
        const { end, faults } = await trial(context, { from, it, workshop, kind, n, rightMs: lots.of([3, 20, 80]) });
        for (const message of faults)
          violations.push({ invariant: 'bait-and-switch', message: `${kind.name}: ${message}` });
        ends.set(end, (ends.get(end) ?? 0) + 1);
        context.progress(n + 1, runs);
      }
      await it.close();
      for (const name of workshop.scratches().filter((each) => each.startsWith('gaia-run-')))
        violations.push({ invariant: 'I12', message: `${name} was left behind` });
    } finally {
      undo();
      await from.remove();
      workshop.remove();
    }
    const trials = [...ends.values()].reduce((sum, times) => sum + times, 0);
    const figures = { ends: [...ends].map(([end, times]) => `${end} ${times}×`).join(', ') };
    return { trials, violations, figures };
  },
};

interface Setting {
  from: Awaited<ReturnType<typeof templates>>;
  it: AnExecutor;
  workshop: Workshop;
  kind: Swap;
  n: number;
  rightMs: number;
}

async function trial({ gaia }: ProofContext, { from, it, workshop, kind, n, rightMs }: Setting) {
  const clock = aClock(Date.now());
  const execution: NonNullable<App['execution']> = {
    isEnabled: true,
    executor: it.executor,
    readSecret: async () => undefined,
    seal: async () => undefined,
  };
  const world = await aGaia(gaia, from, { approvers: ['11'], policy, clock, execution, own: [it.home] });
  const cwd = join(workshop.cwd, `${n}`);
  const link = join(workshop.cwd, `${n}.link`);
  for (const place of [cwd, `${cwd}.other`]) layOut(place, place === cwd ? right : wrong);
  symlinkSync(cwd, link);
  const faults: string[] = [];
  try {
    const asker = await world.agent('builder');
    const command = { argv: kind.argv, cwd: link, ...(kind.env && { env: kind.env }) };
    const { request } = await gaia.submitRequest(world.app, { kind: 'command', command }, asker());
    const digest = request.digest as string;
    await gaia.markShown(world.app, request.id, '11');
    for (const confirm of request.demand?.confirm ? [false, true] : [false]) {
      const decision = { requestId: request.id, personId: '11', verdict: 'approve', digest, confirm } as const;
      await gaia.decide(world.app, decision, world.by('person:11'));
    }
    const texts = kind.races === 'tool' ? { right: script(right), wrong: script(wrong) } : { right, wrong };
    const swapping = kind.races ? startSwapping(join(cwd, kind.races), texts, rightMs) : undefined;
    await swapping?.begun;
    const swap = () => kind.swap({ gaia, world, workshop, cwd, link, requestId: request.id });
    if (kind.isLate) execution.executor = swappedOnceHeld(it, swap);
    else swap();
    // what changes while it is read is looked up again by the loops; here as often as they would in some seconds
    for (let tries = 0; tries < 20; tries++) {
      const begun = await gaia.begin(world.app, request.id).catch(() => undefined);
      if (begun && begun.state !== 'approved') break;
    }
    while ((await gaia.lookAfterExecutions(world.app)) > 0) await delay(20);
    await swapping?.stop();
    const after = await gaia.findRequest(world.db.read, request.id);
    const told = [cwd, `${cwd}.other`, `${cwd}.away`].flatMap((place) => linesOf(join(place, 'told')));
    const end = `${after?.state}${after?.endCode ? ` (${after.endCode})` : ''}`;
    if (told.includes('wrong')) faults.push(`what nobody approved ran (${end})`);
    if (told.length > 1) faults.push(`it ran ${told.length}×`);
    if (kind.isLate && after?.state !== 'executed') faults.push(`it is ${end}`);
    if (!kind.races && !kind.isLate && (told.length > 0 || after?.state !== 'stale'))
      faults.push(`it is ${end}, and ran ${told.length}×`);
    if (after?.state === 'executed' && told.length !== 1) faults.push(`it is executed and ran ${told.length}×`);
    await world.close();
    for (const { invariant, message } of check(await snapshotOfStore(world.where), { approvers: ['11'] }))
      faults.push(`${invariant}: ${message}`);
    return { end, faults };
  } finally {
    await world.close();
    await world.remove();
    for (const place of [cwd, `${cwd}.other`, `${cwd}.away`, link]) rmSync(place, { recursive: true, force: true });
  }
}

/** An executor that has something swapped right after it took everything in hand. */
const swappedOnceHeld = ({ executor }: AnExecutor, swap: () => void) =>
  new Proxy(executor, {
    get(target, name) {
      if (name === 'hold')
        return async (...given: Parameters<typeof target.hold>) => {
          const held = await target.hold(...given);
          swap();
          return held;
        };
      const member = target[name as keyof typeof target] as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

function layOut(place: string, text: string): void {
  mkdirSync(place);
  chmodSync(place, 0o777);
  writeFileSync(join(place, 'told'), '');
  chmodSync(join(place, 'told'), 0o666);
  writeFileSync(join(place, 'script'), text);
  writeFileSync(join(place, 'tool'), script(text));
  chmodSync(join(place, 'tool'), 0o755);
  for (const name of ['Boundfile', 'operand']) writeFileSync(join(place, name), 'right');
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

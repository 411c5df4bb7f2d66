import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../checker.ts';
import { generous } from '../fixture.ts';
import { type AHome, aHome, asBrowser, type GaiaProcess, signInOver, startProcess } from '../gaia-process.ts';
import { type Answer, type CallHttp, caller } from '../http.ts';
import {
  type Chance,
  chance,
  type Proof,
  type ProofContext,
  type ProofResult,
  quantile,
  trialsOf,
  type Violation,
} from '../proof.ts';
import { type Snapshot, snapshotOfHome } from '../snapshot.ts';
import { type Witnesses, witnesses } from '../witness.ts';
import { aWorkshop, processesThatName, type Workshop } from '../workshop.ts';

/** Commands that are asked for and approved between two kills. */
const runsACycle = 2;

/** Has the shape of a GitHub token, is recognised, and must appear nowhere. */
const plantedOf = (n: number): string => `ghp_${String(n).padStart(4, '0')}${'aB3dE5gH7jK9mN1pQ4rS6tU8vW2xY0zC'}`;

export const kill: Proof = {
  name: 'kill',
  shows:
    'nothing acknowledged is lost, nothing runs twice and no outcome is made up when Gaia is killed at any moment and started again',
  async run(context) {
    const cycles = trialsOf(context, { short: 25, full: 500 });
    const home = aHome();
    const outside = mkdtempSync(join(tmpdir(), 'gaia-witness-'));
    const workshop = aWorkshop();
    const { call, close } = caller();
    try {
      return await cyclesOf(context, { home, workshop, call, seen: witnesses(join(outside, 'witness.jsonl')), cycles });
    } finally {
      close();
      await home.remove();
      workshop.remove();
      rmSync(outside, { recursive: true });
    }
  },
};

interface Setting {
  home: AHome;
  workshop: Workshop;
  call: CallHttp;
  seen: Witnesses;
  cycles: number;
}

/** What the load knows: keys, sessions, and the requests it has heard of. */
interface Load extends Setting {
  lots: Chance;
  url: string;
  over: boolean;
  keys: string[];
  sessions: { token: string; name: string; csrf: string }[];
  requests: { id: string; digest: string | null; key: string; open: boolean }[];
  asked: number;
  planted: string[];
  calls: number;
  /** commands to run that were answered as approved */
  approved: number;
  /** supervisors that were killed: only their commands may end unknown */
  bereft: Set<string>;
}

async function cyclesOf(context: ProofContext, setting: Setting): Promise<ProofResult> {
  const { gaia, seed, progress, signal } = context;
  const { home, workshop, call, seen, cycles } = setting;
  writeFileSync(join(home.path, 'policy.yaml'), generous, { mode: 0o600 });
  const lots = chance(seed);
  const load: Load = {
    ...setting,
    lots,
    url: '',
    over: false,
    keys: [],
    sessions: [],
    requests: [],
    asked: 0,
    planted: [],
    calls: 0,
    approved: 0,
    bereft: new Set(),
  };
  const violations: Violation[] = [];
  const readyMs: number[] = [];
  const holds = (settled: boolean, stopped: boolean) => {
    const runs = workshop.began(); // before the record is read: what begins later is in neither
    const snapshot = snapshotOfHome(home.path);
    const began = settled ? runs : runs.filter((word) => isKnown(snapshot, word));
    return [
      ...check(snapshot, {
        approvers: ['local'],
        witnesses: seen.all,
        planted: load.planted,
        printed: home.printed,
        runs: began,
        settled,
        stopped,
      }),
      ...checkOutcomes(snapshot, load),
      ...(settled ? checkNothingLives(load) : []),
    ];
  };

  let running: GaiaProcess | undefined;
  let done = 0;
  for (; done < cycles && violations.length === 0 && !signal.aborted; done++) {
    running = await startProcess(gaia.root, home, call, workshop.env);
    if (running === undefined) {
      violations.push({ invariant: 'kill', message: `it did not start again: ${home.printed.slice(-3).join('')}` });
      break;
    }
    readyMs.push(running.readyMs);
    load.url = running.url;
    load.over = false;
    if (done === 0) await enrol(context, load);
    const workers = [...Array.from({ length: 8 }, (_, n) => work(load, n)), runSome(load)];
    await someAnswers(load, lots.below(40), lots.happens(0.7) ? lots.between(1, runsACycle) : 0);
    await delay(20 + lots.below(700));
    if (lots.happens(0.2)) killSupervisor(load);
    load.over = true;
    await running.kill();
    await Promise.all(workers);
    if (done % 5 === 4 || cycles - done < 3) violations.push(...holds(false, false));
    progress(done + 1, cycles);
  }
  if (violations.length === 0) {
    violations.push(...(await comeToAnEnd(context, load)));
    violations.push(...holds(true, true));
    if (cycles >= 25 && !signal.aborted && workshop.began().length === 0)
      violations.push({ invariant: 'kill', message: 'no command ran, so nothing is shown of any' });
  }
  const figures = {
    'commands approved to run': load.approved,
    'commands that ran': workshop.began().length,
    'supervisors killed too': load.bereft.size,
    'calls seen from outside': load.calls,
    requests: load.requests.length,
    answers: countsOf(seen),
    'ready again, ms p50': Math.round(quantile(readyMs.slice(1), 0.5)),
    'ready again, ms p99': Math.round(quantile(readyMs.slice(1), 0.99)),
  };
  return { trials: done, violations, figures };
}

/** On a busy machine nothing would be answered, and nothing be approved to run, before the kill otherwise. */
async function someAnswers(load: Load, more: number, approvals: number): Promise<void> {
  const [calls, approved] = [load.calls + more, load.approved + approvals];
  const isEnough = () => load.calls >= calls && load.approved >= approved;
  for (const until = Date.now() + 8_000; !isEnough() && Date.now() < until; ) await delay(5);
}

/** How often each act was answered how; 0 stands for no answer. */
function countsOf(seen: Witnesses): string {
  const counts = new Map<string, number>();
  for (const { act, status } of seen.all) counts.set(`${act} ${status}`, (counts.get(`${act} ${status}`) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([what, times]) => `${what} ${times}×`)
    .join(', ');
}

/** Makes the agents' keys and the person's sessions, before the first kill. */
async function enrol({ gaia }: ProofContext, load: Load): Promise<void> {
  const { call, url, home } = load;
  for (const name of ['builder', 'tester', 'deployer']) {
    const made = await call(`${url}/v1/keys`, {
      method: 'POST',
      body: { name, scopes: ['submit:command', 'submit:question'] },
      headers: { authorization: `Bearer ${home.adminKey()}` },
    });
    if (typeof made.json?.secret !== 'string') throw new Error(`no key was made: ${made.status} ${made.text}`);
    load.keys.push(made.json.secret);
  }
  for (let n = 0; n < 3; n++) {
    const session = await signInOver(call, url, home.adminKey());
    if (session === undefined) throw new Error('nobody could sign in');
    load.sessions.push({ ...session, csrf: gaia.csrfTokenOf(session.token) });
  }
}

/** One client that does something again and again until Gaia is gone. */
async function work(load: Load, n: number): Promise<void> {
  const decides = (each: Load) => decide(each);
  const acts = [submit, submit, look, decides, decides, decides, withdraw, wait];
  while (!load.over) {
    const act = n < 2 ? submit : n < 5 ? decides : load.lots.of(acts);
    const answer = await act(load);
    if (answer) load.calls++;
    if (answer?.status === 0) return;
    if (answer === undefined || answer.status === 429) await delay(2);
  }
}

/** Has a few commands run for real, short and long ones, whose words say how long they take and how they end. */
async function runSome(load: Load): Promise<void> {
  const { lots, call, url, seen, workshop } = load;
  let word: string | undefined;
  for (let runs = 0; runs < runsACycle && !load.over; runs++) {
    const key = load.keys[runs % load.keys.length] as string;
    const seconds = lots.of(['0', '0', '0.1', '0.5', '1', '3']);
    // The second is at times the first once more, asked for by another: one must end before the other starts.
    const isEqual = runs === 1 && word !== undefined && lots.happens(0.4);
    if (!isEqual) word = `run-${++load.asked}-${seconds}-${lots.of([0, 0, 3])}`;
    const argv = ['make', word as string];
    const body = { kind: 'command', command: { argv, cwd: workshop.cwd, mode: 'real' } };
    const answer = await call(`${url}/v1/requests`, { method: 'POST', body, headers: bearer(key) });
    const { id, state, digest } = (answer.json ?? {}) as { id?: string; state?: string; digest?: string };
    seen.saw({ act: 'submit', status: answer.status, requestId: id, state, digest, argv });
    if (!id || !digest || answer.status >= 300) return;
    load.requests.push({ id, digest, key, open: false });
    const decided = await decide(load, { id, digest, open: false }, 'approve');
    if (decided?.json?.state === 'approved') load.approved++;
  }
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

async function submit(load: Load): Promise<Answer> {
  const { lots, call, url, seen } = load;
  const key = lots.of(load.keys);
  const n = ++load.asked;
  // Now and then the same again (it joins), under a key that was used, or with a secret in it.
  const subject = lots.happens(0.1) ? 'the same' : `${n}`;
  const planted = lots.happens(0.05) ? plantedOf(n) : undefined;
  if (planted) load.planted.push(planted);
  const isQuestion = lots.happens(0.15);
  const argv = ['/bin/true', subject, ...(planted ? [planted] : [])];
  const command = { argv, cwd: '/', mode: 'dry_run' };
  const body = {
    ...(isQuestion
      ? { kind: 'question', question: { text: `${subject}?`, choices: ['yes', 'no'] } }
      : { kind: 'command', command }),
    ...(lots.happens(0.3) ? { idempotencyKey: `key-${lots.between(Math.max(1, n - 3), n)}` } : {}),
    ...(lots.happens(0.05) ? { ttlSeconds: 30 } : {}),
  };
  const answer = await call(`${url}/v1/requests`, { method: 'POST', body, headers: bearer(key) });
  const { id, state, digest } = (answer.json ?? {}) as { id?: string; state?: string; digest?: string };
  seen.saw({
    act: 'submit',
    status: answer.status,
    requestId: id,
    state,
    digest,
    argv: isQuestion || planted ? undefined : argv,
    code: answer.json?.code as string | undefined,
  });
  if (id && answer.status < 300 && !load.requests.some((known) => known.id === id)) {
    load.requests.push({ id, digest: digest ?? null, key, open: state === 'pending' });
  }
  return answer;
}

const anOpen = ({ requests, lots }: Load) => {
  const open = requests.slice(-60).filter((request) => request.open);
  return open.length === 0 ? undefined : lots.of(open);
};

async function look(load: Load): Promise<Answer | undefined> {
  const { lots, call, url, requests, seen } = load;
  if (requests.length === 0) return undefined;
  const { id, key } = lots.of(requests);
  const answer = await call(`${url}/v1/requests/${id}`, { headers: bearer(key) });
  seen.saw({
    act: 'look',
    status: answer.status,
    requestId: id,
    state: answer.json?.state as string,
    digest: answer.json?.digest as string | undefined,
  });
  return answer;
}

async function decide(
  load: Load,
  request: { id: string; digest: string | null; open: boolean } | undefined = anOpen(load),
  verdict: string = load.lots.happens(0.7) ? 'approve' : load.lots.happens(0.5) ? 'deny' : 'answer',
): Promise<Answer | undefined> {
  const { lots, call, url, seen } = load;
  if (!request?.digest) return undefined;
  const { token, csrf, name } = lots.of(load.sessions);
  if (lots.happens(0.9))
    await call(`${url}/requests/${request.id}`, { headers: { ...asBrowser(token, csrf, name), accept: 'text/html' } });
  const answer = await call(`${url}/v1/requests/${request.id}/decisions`, {
    method: 'POST',
    body: { verdict, digest: request.digest, ...(verdict === 'answer' ? { answer: 'yes' } : {}) },
    headers: asBrowser(token, csrf, name),
  });
  const { state, repeated } = (answer.json ?? {}) as { state?: string; repeated?: boolean };
  seen.saw({
    act: 'decide',
    status: answer.status,
    requestId: request.id,
    person: 'local',
    verdict,
    digest: request.digest,
    state,
    repeated,
    code: answer.json?.code as string | undefined,
  });
  if (answer.status === 200 || answer.status === 409) request.open = false;
  return answer;
}

async function withdraw(load: Load): Promise<Answer | undefined> {
  const { call, url, seen } = load;
  const request = anOpen(load);
  if (!request) return undefined;
  const answer = await call(`${url}/v1/requests/${request.id}/withdraw`, {
    method: 'POST',
    body: {},
    headers: bearer(request.key),
  });
  seen.saw({
    act: 'withdraw',
    status: answer.status,
    requestId: request.id,
    state: answer.json?.state as string | undefined,
  });
  if (answer.status === 200) request.open = false;
  return answer;
}

async function wait(load: Load): Promise<Answer | undefined> {
  const { lots, call, url, requests, seen } = load;
  if (requests.length === 0) return undefined;
  const { id, key } = lots.of(requests.slice(-20));
  const answer = await call(`${url}/v1/requests/${id}/wait?seconds=0.05`, { headers: bearer(key) });
  seen.saw({ act: 'wait', status: answer.status, requestId: id, state: answer.json?.state as string | undefined });
  return answer;
}

/** Ends a supervisor without a word, as a machine out of memory does. */
function killSupervisor({ home, lots, bereft }: Load): void {
  const executions = join(home.path, 'executions');
  const latches = existsSync(executions) ? lots.shuffled(readdirSync(executions)) : [];
  for (const id of latches.filter((name) => !name.startsWith('.'))) {
    const place = join(executions, id);
    if (!existsSync(join(place, 'started')) || existsSync(join(place, 'outcome.json'))) continue;
    const latch = JSON.parse(readFileSync(join(place, 'started'), 'utf8')) as { pid?: number };
    if (latch.pid === undefined || !processesThatName(place).some((line) => line.startsWith(`${latch.pid} `))) continue;
    bereft.add(id);
    process.kill(latch.pid, 'SIGKILL');
    return;
  }
}

/** Read before the record, a run may be of a request whose row came after the copy was made. */
const isKnown = ({ requests }: Snapshot, word: string): boolean =>
  requests.some(({ effect }) => (effect as string | null)?.includes(`"${word}"`));

/** What is said to have come of a command is what its own word says it does; nobody knows only where its supervisor was killed. */
function checkOutcomes({ requests, events }: Snapshot, { bereft, workshop }: Load): Violation[] {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'kill', message });
  const ended = new Set(workshop.ended());
  for (const { subject, action } of events)
    if (action === 'execution.unknown' && !bereft.has((subject as string).replace('request:', '')))
      report(`nobody knows what became of ${subject}, whose supervisor lived`);
  for (const { id, mode, effect, outcome, end_code, state } of requests) {
    if (mode !== 'real' || outcome === null || end_code === 'not_startable') continue;
    const [, word = ''] = (JSON.parse(effect as string) as { command: { argv: string[] } }).command.argv;
    const { exitCode, signal, stdout } = JSON.parse(outcome as string) as Record<string, unknown>;
    const meant = word.endsWith('-0') ? 0 : 2; // make ends with 2 where a recipe fails
    if (exitCode !== meant || signal !== null || stdout !== `out ${word}\n`)
      report(`${id} (${word}) is said to have ended with ${exitCode} ${signal} and “${stdout}”`);
    if (state !== (meant === 0 ? 'executed' : 'failed')) report(`${id} (${word}) is ${state}`);
    if (!ended.has(word)) report(`${id} is said to have ended and ${word} has not`);
  }
  return found;
}

/** I12: no process of Gaia's or of a command's, and no copy of a file, outlives the last end. */
function checkNothingLives({ home, workshop }: Load): Violation[] {
  const left = [
    ...processesThatName(home.path),
    ...processesThatName(workshop.root),
    ...workshop.scratches().filter((name) => name.startsWith('gaia-')),
  ];
  return left.map((what) => ({ invariant: 'I12', message: `${what} was left behind` }));
}

/** How long everything may take to end after the last kill. */
const endsWithinMs = 120_000;

/** Starts it a last time, closes everything that is open, and stops it in order. */
async function comeToAnEnd({ gaia }: ProofContext, load: Load): Promise<Violation[]> {
  const { home, workshop, call, seen } = load;
  const running = await startProcess(gaia.root, home, call, workshop.env);
  if (running === undefined) return [{ invariant: 'kill', message: 'it did not start for its last time' }];
  const admin = bearer(home.adminKey());
  const session = load.sessions[0] as { token: string; name: string; csrf: string };
  const list = async (state: string) =>
    (await call(`${running.url}/v1/requests?state=${state}&limit=200`, { headers: admin })).json?.requests as {
      id: string;
      digest: string;
    }[];
  for (const until = Date.now() + endsWithinMs; Date.now() < until; ) {
    for (const { id } of await list('unknown')) {
      await call(`${running.url}/v1/requests/${id}/resolve`, {
        method: 'POST',
        body: { verdict: 'failed', reason: 'its supervisor was killed' },
        headers: asBrowser(session.token, session.csrf, session.name),
      });
    }
    const pending = await list('pending');
    for (const { id, digest } of pending) {
      const answer = await call(`${running.url}/v1/requests/${id}/decisions`, {
        method: 'POST',
        body: { verdict: 'deny', digest, reason: { code: 'not_now' } },
        headers: asBrowser(session.token, session.csrf, session.name),
      });
      const state = answer.json?.state as string | undefined;
      seen.saw({
        act: 'decide',
        status: answer.status,
        requestId: id,
        person: 'local',
        verdict: 'deny',
        digest,
        state,
        repeated: answer.json?.repeated as boolean,
      });
    }
    const open = [...(await list('approved')), ...(await list('executing')), ...(await list('unknown'))];
    if (pending.length === 0 && open.length === 0) break;
    await delay(50);
  }
  const code = await running.stop();
  return code === 0 ? [] : [{ invariant: 'I12', message: `it ended with ${code} when it was asked to stop` }];
}

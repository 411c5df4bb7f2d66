import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
import { snapshotOfHome } from '../snapshot.ts';
import { type Witnesses, witnesses } from '../witness.ts';

/** Has the shape of a GitHub token, is recognised, and must appear nowhere. */
const plantedOf = (n: number): string => `ghp_${String(n).padStart(4, '0')}${'aB3dE5gH7jK9mN1pQ4rS6tU8vW2xY0zC'}`;

export const kill: Proof = {
  name: 'kill',
  shows: 'nothing acknowledged is lost and nothing happens twice when Gaia is killed at any moment and started again',
  async run(context) {
    const cycles = trialsOf(context, { short: 25, full: 500 });
    const home = aHome();
    const outside = mkdtempSync(join(tmpdir(), 'gaia-witness-'));
    const { call, close } = caller();
    try {
      return await cyclesOf(context, { home, call, seen: witnesses(join(outside, 'witness.jsonl')), cycles });
    } finally {
      close();
      await home.remove();
      rmSync(outside, { recursive: true });
    }
  },
};

interface Setting {
  home: AHome;
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
}

async function cyclesOf(context: ProofContext, setting: Setting): Promise<ProofResult> {
  const { gaia, seed, progress, signal } = context;
  const { home, call, seen, cycles } = setting;
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
  };
  const violations: Violation[] = [];
  const readyMs: number[] = [];
  const holds = (settled: boolean, stopped: boolean) =>
    check(snapshotOfHome(home.path), {
      approvers: ['local'],
      witnesses: seen.all,
      planted: load.planted,
      printed: home.printed,
      settled,
      stopped,
    });

  let running: GaiaProcess | undefined;
  let done = 0;
  for (; done < cycles && violations.length === 0 && !signal.aborted; done++) {
    running = await startProcess(gaia.root, home, call);
    if (running === undefined) {
      violations.push({ invariant: 'kill', message: `it did not start again: ${home.printed.slice(-3).join('')}` });
      break;
    }
    readyMs.push(running.readyMs);
    load.url = running.url;
    load.over = false;
    if (done === 0) await enrol(context, load);
    const workers = Array.from({ length: 8 }, (_, n) => work(load, n));
    await delay(20 + lots.below(700));
    load.over = true;
    await running.kill();
    await Promise.all(workers);
    if (done % 5 === 4 || cycles - done < 3) violations.push(...holds(false, false));
    progress(done + 1, cycles);
  }
  if (violations.length === 0) {
    violations.push(...(await comeToAnEnd(context, load)));
    violations.push(...holds(true, true));
  }
  const figures = {
    'calls seen from outside': load.calls,
    requests: load.requests.length,
    answers: countsOf(seen),
    'ready again, ms p50': Math.round(quantile(readyMs.slice(1), 0.5)),
    'ready again, ms p99': Math.round(quantile(readyMs.slice(1), 0.99)),
  };
  return { trials: done, violations, figures };
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
  const acts = [submit, submit, look, decide, decide, decide, withdraw, wait];
  while (!load.over) {
    const act = n < 2 ? submit : n < 5 ? decide : load.lots.of(acts);
    const answer = await act(load);
    if (answer) load.calls++;
    if (answer?.status === 0) return;
    if (answer === undefined || answer.status === 429) await delay(2);
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
  const argv = ['/bin/true', subject, ...(planted ? [planted] : [])];
  const isQuestion = lots.happens(0.15);
  const body = {
    ...(isQuestion
      ? { kind: 'question', question: { text: `${subject}?`, choices: ['yes', 'no'] } }
      : { kind: 'command', command: { argv, cwd: '/' } }),
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

async function decide(load: Load): Promise<Answer | undefined> {
  const { lots, call, url, seen } = load;
  const request = anOpen(load);
  if (!request?.digest) return undefined;
  const { token, csrf, name } = lots.of(load.sessions);
  if (lots.happens(0.9))
    await call(`${url}/requests/${request.id}`, { headers: { ...asBrowser(token, csrf, name), accept: 'text/html' } });
  const verdict = lots.happens(0.7) ? 'approve' : lots.happens(0.5) ? 'deny' : 'answer';
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

/** Starts it a last time, closes everything that is open, and stops it in order. */
async function comeToAnEnd({ gaia }: ProofContext, load: Load): Promise<Violation[]> {
  const { home, call, seen } = load;
  const running = await startProcess(gaia.root, home, call);
  if (running === undefined) return [{ invariant: 'kill', message: 'it did not start for its last time' }];
  const admin = bearer(home.adminKey());
  const session = load.sessions[0] as { token: string; name: string; csrf: string };
  for (let tries = 0; tries < 150; tries++) {
    const pending = (await call(`${running.url}/v1/requests?state=pending&limit=200`, { headers: admin })).json
      ?.requests as { id: string; digest: string }[];
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
    const approved = (await call(`${running.url}/v1/requests?state=approved&limit=1`, { headers: admin })).json
      ?.requests as unknown[];
    if (pending.length === 0 && approved.length === 0) break;
    await delay(50);
  }
  const code = await running.stop();
  return code === 0 ? [] : [{ invariant: 'I12', message: `it ended with ${code} when it was asked to stop` }];
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from './checker.ts';
import type { Gaia } from './gaia.ts';
import { type AHome, aHome, asBrowser, type GaiaProcess, signInOver, startProcess } from './gaia-process.ts';
import type { Answer, Call, CallHttp } from './http.ts';
import type { Violation } from './proof.ts';
import { snapshotOfHome } from './snapshot.ts';
import { witnesses } from './witness.ts';
import { aWorkshop, processesThatName } from './workshop.ts';

/** What a life with one armed fail-point came to. */
export interface LifeEnd {
  violations: Violation[];
  /** whether the point was passed at all */
  wasReached: boolean;
}

const asPage = { accept: 'text/html' };

/**
 * A whole life of a request on a Gaia of its own: submit, show, approve, rehearse or run, deliver, stop. The first process has
 * the fail-point armed; whenever it is gone another is started without it, and the clients ask again.
 */
export async function oneLife(
  gaia: Gaia,
  call: CallHttp,
  armed: string,
  { isReal = false }: { isReal?: boolean } = {},
): Promise<LifeEnd> {
  const home = aHome();
  const workshop = isReal ? aWorkshop() : undefined;
  const house = keeper(gaia, home, call, armed, workshop?.env);
  const seen = witnesses();
  const found: Violation[] = [];
  const report = (invariant: string, message: string) => found.push({ invariant, message: `${armed}: ${message}` });
  try {
    await house.insist('/healthz');
    const key = { authorization: `Bearer ${readFileSync(join(home.path, 'agent.key'), 'utf8').trim()}` };
    const person = await house.signIn();
    const argv = workshop ? ['make', 'run-1-0-0'] : ['/bin/true', armed];
    const asked = await house.insist('/v1/requests', {
      method: 'POST',
      body: { kind: 'command', idempotencyKey: 'once', command: { argv, cwd: workshop?.cwd ?? '/' } },
      headers: key,
    });
    const { id, digest, state } = asked.json as { id: string; digest: string; state: string };
    seen.saw({ act: 'submit', status: asked.status, requestId: id, digest, state, argv });
    const page = await house.insist(`/requests/${id}`, { headers: { ...person, ...asPage } });
    if (page.status !== 200) report('every-step', `its page was answered ${page.status}`);
    const decision = { act: 'decide', requestId: id, person: 'local', verdict: 'approve', digest } as const;
    const decided = await house.insist(
      `/v1/requests/${id}/decisions`,
      { method: 'POST', body: { verdict: 'approve', digest }, headers: person },
      (lost) => seen.saw({ ...decision, status: lost.status }),
    );
    seen.saw({
      ...decision,
      status: decided.status,
      state: decided.json?.state as string,
      repeated: decided.json?.repeated as boolean,
    });
    if (decided.status !== 200) report('every-step', `approving was answered ${decided.status} ${decided.text}`);
    const ended = await house.insist(`/v1/requests/${id}/wait?seconds=${workshop ? 60 : 10}`, { headers: key });
    seen.saw({ act: 'wait', status: ended.status, requestId: id, state: ended.json?.state as string });
    const { state: end, end: why } = (ended.json ?? {}) as { state?: string; end?: { code: string } };
    const endCode = why?.code;
    // what fails between the record of a start and the start itself is never tried again, and says so
    const neverBegan = workshop !== undefined && end === 'failed' && endCode === 'not_startable';
    if (end !== 'executed' && !neverBegan) report('I4', `it is ${end} (${endCode}), not executed`);
    const ran = workshop?.began().length ?? 0;
    if (workshop && ran !== (neverBegan ? 0 : 1)) report('I1', `it is ${end} (${endCode}) and ran ${ran}×`);
    await house.close(report);
    for (const { invariant, message } of check(snapshotOfHome(home.path), {
      approvers: ['local'],
      witnesses: seen.all,
      ...(workshop && { runs: workshop.began() }),
      settled: true,
      stopped: true,
    })) {
      report(invariant, message);
    }
    const left = workshop
      ? [
          ...processesThatName(home.path),
          ...processesThatName(workshop.root),
          ...workshop.scratches().filter((name) => name.startsWith('gaia-')),
        ]
      : [];
    for (const what of left) report('I12', `${what} was left behind`);
    return { violations: found, wasReached: house.wasReached() };
  } catch (error) {
    report(
      'every-step',
      `${error instanceof Error ? error.message : String(error)}\n${home.printed.join('').slice(-1_500)}`,
    );
    return { violations: found, wasReached: true };
  } finally {
    await home.remove();
    workshop?.remove();
  }
}

/** Keeps a Gaia running on a home: the first one armed, every later one not. */
export function keeper(gaia: Gaia, home: AHome, call: CallHttp, armed: string, env: Record<string, string> = {}) {
  let running: GaiaProcess | undefined;
  let starts = 0;
  let wasKilled = false;
  const present = async (): Promise<GaiaProcess> => {
    while (running === undefined) {
      if (++starts > 4) throw new Error('it does not start any more');
      running = await startProcess(gaia.root, home, call, {
        ...env,
        ...(starts === 1 && { GAIA_FAIL_POINTS: armed }),
      });
      if (running === undefined) wasKilled = true;
    }
    return running;
  };
  /** Notes that it is gone, where that comes to be within a time. */
  const goneWithin = async (there: GaiaProcess, ms: number): Promise<void> => {
    if ((await Promise.race([there.gone, delay(ms)])) === undefined) return;
    running = undefined;
    wasKilled = true;
  };
  /** Asks until there is an answer that is no fault of Gaia's; `lost` hears of the others. */
  const insist = async (
    path: string,
    how: Call = {},
    lost: (answer: Answer) => void = () => undefined,
  ): Promise<Answer> => {
    for (let tries = 0; tries < 20; tries++) {
      const there = await present();
      const answer = await call(`${there.url}${path}`, how);
      if (answer.status > 0 && answer.status < 500) return answer;
      lost(answer);
      await goneWithin(there, answer.status === 0 ? 3_000 : 400);
    }
    throw new Error(`no answer to ${path}`);
  };
  return {
    insist,
    async signIn(): Promise<Record<string, string>> {
      for (let tries = 0; tries < 5; tries++) {
        const there = await present();
        const session = await signInOver(call, there.url, home.adminKey());
        if (session !== undefined) return asBrowser(session.token, gaia.csrfTokenOf(session.token), session.name);
        await goneWithin(there, 3_000);
      }
      throw new Error('nobody can sign in');
    },
    /** Stops it in order; where the point lay on the way out, starts and stops it once more. */
    async close(report: (invariant: string, message: string) => void): Promise<void> {
      const code = await (await present()).stop();
      running = undefined;
      if (code === 0) return;
      wasKilled = true;
      if (starts > 1) report('I12', `it ended with ${code} when it was asked to stop`);
      const again = await (await present()).stop();
      if (again !== 0) report('I12', `it ended with ${again} when it was asked to stop`);
    },
    wasReached: () => wasKilled || home.printed.join('').includes('fail point'),
  };
}

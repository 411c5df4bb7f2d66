import type { Verdict } from '../../../src/core/approval/decision.ts';
import type { Request } from '../../../src/core/approval/request.ts';
import type { GaiaError } from '../../../src/core/errors.ts';
import { check } from '../checker.ts';
import { type AGaia, aClock, aGaia, type Clock, engines, generous, templates } from '../fixture.ts';
import type { Gaia } from '../gaia.ts';
import { type Chance, chance, type Proof, type ProofContext, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { type Witness, witnesses } from '../witness.ts';

const people = ['11', '22', '33', '44', '55'];
const policy = `${generous}tiers: { normal: { approvals: 1 }, high: { approvals: 2, confirm: true }, critical: { approvals: 3 } }
rules:
  - { name: two are needed, match: { argv: [echo, two] }, tier: high }
  - { name: three are needed, match: { argv: [echo, three] }, tier: critical }
`;
const callsARound = 50;
/** rounds on one store before it is checked and a fresh one is taken */
const roundsAStore = 100;

export const races: Proof = {
  name: 'races',
  shows: 'of 50 calls at once by five people, an agent and the clock one wins, and every loser is told who',
  async run(context) {
    const violations: Violation[] = [];
    const from = await templates(context.gaia);
    let done = 0;
    const figures: Record<string, number> = {};
    const rounds = trialsOf(context, { short: 500, full: 10_000 });
    const shares = engines.map((engine) => ({
      engine,
      rounds: engine === 'sqlite' || context.full ? rounds : Math.ceil(rounds / 5),
    }));
    const all = shares.reduce((sum, share) => sum + share.rounds, 0);
    try {
      for (const { engine, rounds: own } of shares) {
        const since = performance.now();
        for (let first = 0; first < own && !context.signal.aborted; first += roundsAStore) {
          const clock = aClock();
          const world = await aGaia(context.gaia, from, { approvers: people, policy, clock, engine });
          const seen = witnesses();
          try {
            const asker = await world.agent('builder', people[0]);
            const lots = chance(context.seed + first + (engine === 'sqlite' ? 0 : 1_000_000));
            for (let n = 0; n < Math.min(roundsAStore, own - first); n++) {
              violations.push(...(await round(context, world, asker, clock, lots, seen.saw, first + n)));
              context.progress(++done, all);
            }
            await world.close();
            const snapshot = await snapshotOfStore(world.where);
            violations.push(...check(snapshot, { approvers: people, witnesses: seen.all, settled: true }));
          } finally {
            await world.close();
            await world.remove();
          }
          if (violations.length > 0) break;
        }
        figures[`${engine}, ms a round of ${callsARound}`] = Math.round((performance.now() - since) / own);
      }
    } finally {
      await from.remove();
    }
    return { trials: done, violations, figures };
  },
};

const quorumOf = { one: 1, two: 2, three: 3 } as const;

async function round(
  { gaia }: ProofContext,
  world: AGaia,
  asker: Awaited<ReturnType<AGaia['agent']>>,
  clock: Clock,
  lots: Chance,
  saw: (witness: Witness) => void,
  n: number,
): Promise<Violation[]> {
  const { app, by } = world;
  const quorum = lots.of(['one', 'two', 'three'] as const);
  const { request } = await gaia.submitRequest(
    app,
    { kind: 'command', command: { argv: ['echo', quorum, String(n)], cwd: '/' } },
    asker(),
  );
  saw({ act: 'submit', status: 201, requestId: request.id, state: request.state, digest: request.digest ?? undefined });
  await gaia.markShown(app, request.id, '11');
  if (request.demand?.confirm)
    for (const person of people) await decide(gaia, world, request, person, 'approve', false, saw);

  // The instant of expiry may fall into the middle of the round.
  const expires = lots.happens(0.15);
  if (expires) clock.turn(request.expiresAt - clock.now() - 1);
  const calls: (() => Promise<Outcome>)[] = [];
  const denials = lots.of([0, 0, 1, 5]);
  for (let i = 0; i < callsARound - 4; i++) {
    const person = people[i % people.length] as string;
    calls.push(() => decide(gaia, world, request, person, i < denials ? 'deny' : 'approve', true, saw));
  }
  if (lots.happens(0.4)) {
    calls.push(async () => {
      const withdrawn = await settled(gaia.withdrawRequest(app, request.id, by('agent:builder')));
      const ok = !(withdrawn instanceof Error);
      saw({ act: 'withdraw', status: ok ? 200 : 409, requestId: request.id, state: ok ? withdrawn.state : undefined });
      return ok ? { won: 'withdrawn' } : { lost: withdrawn as GaiaError };
    });
  }
  if (expires) {
    calls.push(async () => {
      clock.turn(2);
      await gaia.expireDue(app, clock.now());
      return {};
    });
  }
  const begins = async (): Promise<Outcome> => {
    await gaia.begin(app, request.id);
    return {};
  };
  calls.push(begins, begins);
  const outcomes = await Promise.all(lots.shuffled(calls).map((call) => call()));
  const violations = await judge(gaia, world, request, outcomes, quorumOf[quorum]);
  await close(gaia, world, clock, request);
  return violations;
}

interface Outcome {
  /** the state that this call brought about */
  won?: string;
  lost?: GaiaError | Error;
}

const settled = <Result>(promise: Promise<Result>): Promise<Result | Error> => promise.catch((error: Error) => error);

async function decide(
  gaia: Gaia,
  { app, by }: AGaia,
  request: Request,
  personId: string,
  verdict: Verdict,
  confirm: boolean,
  saw: (witness: Witness) => void,
): Promise<Outcome> {
  const digest = request.digest as string;
  const decided = await settled(
    gaia.decide(app, { requestId: request.id, personId, verdict, digest, confirm }, by(`person:${personId}`)),
  );
  const facts = { act: 'decide', requestId: request.id, person: personId, verdict, digest } as const;
  if (decided instanceof Error) {
    saw({
      ...facts,
      status: decided instanceof gaia.GaiaError ? 409 : 500,
      code: decided instanceof gaia.GaiaError ? decided.extras.reason : decided.message,
    });
    return { lost: decided };
  }
  const { repeated, confirmBy, request: after } = decided;
  saw({ ...facts, status: 200, repeated, toConfirm: confirmBy !== undefined, state: after.state });
  return !repeated && after.state !== 'pending' ? { won: after.state } : {};
}

/** One winner of the pending state; everyone who came later was told who won. */
async function judge(
  gaia: Gaia,
  { db }: AGaia,
  request: Request,
  outcomes: readonly Outcome[],
  quorum: number,
): Promise<Violation[]> {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'races', message: `${request.id}: ${message}` });
  const winners = outcomes.flatMap(({ won }) => (won === 'approved' || won === 'denied' ? [won] : []));
  if (winners.length > 1) report(`${winners.length} calls won: ${winners.join(', ')}`);
  const now = (await gaia.findRequest(db.read, request.id)) as Request;
  const votes = await gaia.listVotes(db.read, request.id);
  if (new Set(votes.map((vote) => vote.personId)).size !== votes.length) report('someone has two votes');
  if (winners[0] === 'approved' && votes.filter((vote) => vote.verdict === 'approve').length < quorum)
    report('it was approved by too few');
  for (const { lost } of outcomes) {
    if (lost === undefined) continue;
    if (!(lost instanceof gaia.GaiaError)) {
      report(`a loser was told nothing: ${lost.message}`);
      continue;
    }
    const { reason, facts } = lost.extras;
    if (reason === 'already_settled') {
      const decidedBy = facts?.decidedBy as string[];
      const decidedByPeople = ['approved', 'executed', 'denied'].includes(String(facts?.state));
      if (decidedByPeople && decidedBy.length === 0) report('a loser was not told who won');
      if (facts?.state === 'denied' && now.state !== 'denied')
        report(`a loser was told that it is denied, and it is ${now.state}`);
    } else if (!['expired', 'not_withdrawable', 'confirmation_missing'].includes(reason ?? '')) {
      report(`a loser was told ${reason ?? lost.code}: ${lost.message}`);
    }
  }
  return found;
}

/** Lets a request that is still open come to its end, so that the whole store can be checked as settled. */
async function close(gaia: Gaia, { app, by }: AGaia, clock: Clock, request: Request): Promise<void> {
  // Several instances would begin it at once; one of them takes the permit.
  await Promise.all([1, 2, 3].map(() => gaia.begin(app, request.id)));
  const open = (await gaia.findRequest(app.db.read, request.id)) as Request;
  if (open.state === 'pending' && clock.now() < open.expiresAt)
    await gaia.withdrawRequest(app, request.id, by('agent:builder'));
  await gaia.expireDue(app, clock.now());
}

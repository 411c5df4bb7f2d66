import { dirname } from 'node:path';
import type { Request } from '../../../src/core/approval/request.ts';
import { listIntents } from '../../../src/store/intents.ts';
import { check } from '../checker.ts';
import { templates } from '../fixture.ts';
import { doneOf, lookFaults, lostAfter, notDone, plantMarks, type Scene, scenes } from '../github-scenes.ts';
import { type AGitHubGaia, aGitHubGaia, writer } from '../github-world.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';

const points = ['github.send.before', 'github.send.after', 'github.record.after'] as const;
const atOnce = 2;
/** Milliseconds after which what hangs is given up. */
const shortDeadline = 300;

export const lostRepliesGitHub: Proof = {
  name: 'lost-replies-github',
  shows:
    'lost answers, limits, redirects, what people do meanwhile and a Gaia that dies leave at most one of each write on GitHub',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const trials = trialsOf(context, { short: 36, full: 2_000 });
    const from = await templates(gaia);
    const violations: Violation[] = [];
    const figures: Record<string, number> = {};
    const count = (what: string, by = 1): void => {
      figures[what] = (figures[what] ?? 0) + by;
    };
    let begun = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      while (begun < trials && violations.length === 0 && !signal.aborted) {
        const lots = chance(seed * 10_000 + begun);
        const plan = aPlan(lots, begun++);
        const world = await aGitHubGaia(gaia, from);
        const report = (invariant: string, message: string) =>
          violations.push({ invariant, message: `${plan.what}: ${message}` });
        try {
          await trial(world, lots, plan, count, (message) => report('lost-replies-github', message));
          for (const message of world.github.takeViolations()) report('lost-replies-github', message);
        } catch (error) {
          report('lost-replies-github', String((error as Error).stack));
        } finally {
          await world.close();
        }
        const snapshot = await snapshotOfStore(world.where);
        for (const { invariant, message } of check(snapshot, { approvers: [writer], settled: true }))
          report(invariant, message);
        const log = await gaia.verifyStore(
          { place: { home: dirname(world.where) }, publicKeys: [], keptSeals: [], headFile: null },
          () => undefined,
        );
        for (const fault of log.faults) report('I6', JSON.stringify(fault));
        await world.remove();
        progress(++done, trials);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work)).finally(() => from.remove());
    if (done > 20 && !figures['ended executed'])
      violations.push({ invariant: 'lost-replies-github', message: 'nothing was ever written, so nothing is shown' });
    return { trials: done, violations, figures };
  },
};

type Plan = ReturnType<typeof aPlan>;

/** What goes wrong in a trial; every scene and every fault has its turn. */
function aPlan(lots: Chance, nth: number) {
  const faults = [...lostAfter, ...notDone];
  const how = faults[nth % faults.length] as (typeof faults)[number];
  const scene = scenes[(nth + Math.floor(nth / faults.length)) % scenes.length] as Scene;
  const look = lots.happens(0.25) ? lots.of(lookFaults) : undefined;
  const point = lots.happens(0.4) ? lots.of(points) : undefined;
  const deed = lots.happens(0.5) ? lots.of(scene.deeds) : undefined;
  const when = lots.of(['once approved', 'once an answer is lost'] as const);
  const hasPlanted = lots.happens(0.5);
  const named = (fault: unknown) =>
    typeof fault === 'object' && fault && 'alter' in fault ? 'altered' : JSON.stringify(fault);
  return {
    scene,
    how,
    isDone: lostAfter.includes(how),
    look,
    point,
    deed,
    when,
    hasPlanted,
    hangs: how === 'hang_after' || how === 'hang_before',
    what: [
      `trial ${nth + 1}, ${scene.name}, ${named(how)}`,
      look && `looks ${named(look)}`,
      point && `dies at ${point}`,
      hasPlanted && 'marks are planted',
      deed && `${deed.name} ${when}`,
    ]
      .filter(Boolean)
      .join(', '),
  };
}

async function trial(
  world: AGitHubGaia,
  lots: Chance,
  { scene, how, isDone, look, point, deed, when, hasPlanted, hangs }: Plan,
  count: (what: string, by?: number) => void,
  report: (message: string) => void,
): Promise<void> {
  const { github } = world;
  const more = await scene.prepares(world);
  const changeset = { ...scene.target, ...more, operations: scene.operations };
  const request = await world.proposes(changeset);
  if (request.state !== 'pending') return report(`it is ${request.state}: ${JSON.stringify(request.blockers)}`);
  const planted = hasPlanted ? plantMarks(world, request) : () => [];
  await world.approves(request);
  const fault = github.fails({
    method: lots.of(scene.methods),
    how,
    nth: lots.between(1, 2),
    times: lots.between(1, 2),
  });
  const looks = look && github.fails({ method: 'GET', how: look, nth: lots.between(1, 20), times: lots.between(1, 2) });
  if (hangs) world.hurries(shortDeadline);
  if (point) world.dies(point, lots.between(1, 2), lots.of([0, 1_000, 60_000]));
  let watch: (() => string[]) | undefined;
  const acts = () => {
    watch ??= deed?.does(world, request);
  };
  if (when === 'once approved') acts();
  const between = async () => {
    if (fault.hits + world.deaths() > 0) acts();
    if (fault.hits > 0 && lots.happens(0.1)) await release(world, fault);
  };
  let now = await world.settles(request, between);
  for (let looked = 0; now.state === 'unknown'; looked++) {
    count('left to a person');
    await release(world, fault);
    looks?.end();
    await resolve(world, lots, request, looked);
    now = await world.settles(request, between);
  }
  await release(world, fault);
  looks?.end();
  count('faults met', fault.hits + (looks?.hits ?? 0));
  count('deaths', world.deaths());
  count('deeds', watch ? 1 : 0);
  count(`ended ${now.state}`);
  if (isDone && point !== 'github.send.before' && watch === undefined && now.state !== 'executed')
    report(`it is ${now.state}: ${now.endText}`);
  if (now.state === 'executed' && watch === undefined && lots.happens(0.4)) {
    const again = await world.proposes(changeset);
    if (again.state === 'pending') {
      await world.approves(again);
      const ended = await world.settles(again, async () => undefined);
      if (ended.state === 'unknown') report('the same again is unknown');
    }
  }
  for (const message of [...planted(), ...(watch?.() ?? [])]) report(message);
  for (const message of await held(world, request)) report(message);
}

/** What hangs goes on, and is over. */
async function release({ github }: AGitHubGaia, fault: { end(): void }): Promise<void> {
  fault.end();
  await github.until(() => github.requests().every(({ outcome }) => outcome.kind !== 'waiting'));
}

/** A person looks at GitHub and says what is so; what is not there they may have sent again. */
async function resolve(world: AGitHubGaia, lots: Chance, request: Request, looked: number): Promise<void> {
  try {
    await world.lookAgain(request);
  } catch (error) {
    if ((error as { code?: string }).code !== 'unavailable') throw error;
  }
  if ((await world.now(request)).state !== 'unknown') return;
  const unknown = (await listIntents(world.db.read, request.id)).find(({ state }) => state === 'unknown');
  const isThere = doneOf(world, unknown?.op ?? '').length > 0;
  const verdict = isThere ? 'executed' : looked < 2 && lots.happens(0.7) ? 'resend' : 'failed';
  await world.resolve(request, { verdict, reason: 'I looked.' });
}

/** The ledger, held against what GitHub did. */
async function held(world: AGitHubGaia, request: Request): Promise<string[]> {
  const found: string[] = [];
  const intents = await listIntents(world.db.read, request.id);
  for (const { op } of request.effect?.kind === 'changeset' ? request.effect.changeset.operations : []) {
    const done = doneOf(world, op);
    const intent = intents.find((one) => one.op === op);
    const made = done.flatMap(({ traces }) => traces.filter(({ act }) => act === 'created'));
    if (done.length > 1) found.push(`I7: ${op} was done ${done.length} times`);
    if (done.length > 0 && intent === undefined) found.push(`I2: ${op} was done, and the ledger does not have it`);
    if (intent?.state === 'rejected' && done.length > 0) found.push(`I1: ${op} counts as not written and was done`);
    if (intent?.state === 'done' && intent.outcome !== 'unchanged' && done.length === 0)
      found.push(`I1: ${op} counts as ${intent.outcome} and was never done`);
    const id = intent?.written?.id;
    if (made.length === 1 && op !== 'issue.link' && typeof id === 'number' && id !== made[0]?.id)
      found.push(`I7: ${op} counts as ${id}, and made ${made[0]?.id}`);
  }
  return found;
}

import type { Request } from '../../../src/core/approval/request.ts';
import { checkTelegram } from '../check-telegram.ts';
import { check } from '../checker.ts';
import { generous, templates } from '../fixture.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { type ATelegramGaia, approverIds, aTelegramGaia } from '../telegram-world.ts';

const faults = ['done, then dropped', 'dropped', '502', 'hangs', 'cut body'] as const;
const methods = ['sendMessage', 'editMessageText', 'sendDocument', 'getUpdates'] as const;
const kills = ['never', 'before the call', 'after the call', 'after the fault'] as const;
const requestsATrial = 2;

export const lostReplies: Proof = {
  name: 'lost-replies',
  shows: 'answers of Telegram that are lost, and a Gaia that dies over them, lose nothing and show nothing untrue',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const trials = trialsOf(context, { short: 100, full: 2_000 });
    const from = await templates(gaia);
    const lots = chance(seed);
    const violations: Violation[] = [];
    const figures: Record<string, number> = { 'faults met': 0, deaths: 0, 'copies sent': 0 };
    let done = 0;
    for (; done < trials && violations.length === 0 && !signal.aborted; done++) {
      const [method, fault] = [
        methods[done % 4] as (typeof methods)[number],
        faults[Math.floor(done / 4) % 5] as (typeof faults)[number],
      ];
      const kill = lots.of(kills);
      const world = await aTelegramGaia(gaia, from, { policy: generous, timeoutSeconds: 0.2 });
      const what = `${method}, ${fault}, killed ${kill}`;
      try {
        const met = await trial(world, lots, { method, fault, kill, full: context.full });
        figures['faults met'] = (figures['faults met'] ?? 0) + met.hits;
        figures.deaths = (figures.deaths ?? 0) + (met.died ? 1 : 0);
        figures['copies sent'] = (figures['copies sent'] ?? 0) + met.copies;
        violations.push(...met.found.map((message) => ({ invariant: 'lost-replies', message: `${what}: ${message}` })));
      } catch (error) {
        violations.push({ invariant: 'lost-replies', message: `${what}: ${(error as Error).stack}` });
      } finally {
        await world.close();
      }
      const snapshot = await snapshotOfStore(world.where);
      const held = [
        ...check(snapshot, { approvers: approverIds, settled: true }),
        ...checkTelegram(snapshot, { telegram: world.telegram, mayHaveDied: true }),
      ];
      violations.push(...held.map(({ invariant, message }) => ({ invariant, message: `${what}: ${message}` })));
      await world.remove();
      progress(done + 1, trials);
    }
    await from.remove();
    return { trials: done, violations, figures };
  },
};

interface Plan {
  method: (typeof methods)[number];
  fault: (typeof faults)[number];
  kill: (typeof kills)[number];
  full: boolean;
}

async function trial(world: ATelegramGaia, lots: Chance, { method, fault, kill, full }: Plan) {
  const { telegram, people } = world;
  const { faults: place } = telegram;
  const where = { method, nth: lots.between(1, 2), times: lots.between(1, 2) };
  const placed = {
    'done, then dropped': () => place.loseReply(where),
    dropped: () => place.dropBefore(where),
    '502': () => place.breakDown(where),
    hangs: () => place.stall(where),
    // grammY waits its whole 45 s for the rest of a cut look, so one of them is all that a trial can afford.
    'cut body': () => place.cutReply(method === 'getUpdates' ? { ...where, times: full ? 1 : 0 } : where),
  }[fault]();
  // A look has no short time-out; an edit that Telegram carried out only after a newer one would be nobody's to mend.
  const isLetGo = fault === 'hangs' && (method === 'getUpdates' || method === 'editMessageText');
  const letGo = isLetGo ? setInterval(() => placed.hits > 0 && placed.end(), 50) : undefined;
  let died = false;
  if (kill === 'before the call' || kill === 'after the call') {
    const point = `telegram.${method}.${kill === 'before the call' ? 'before' : 'after'}`;
    world.arms((name) => {
      if (died || name === point) {
        died = true;
        throw new Error('the process is gone');
      }
    });
  }
  const lives = async (): Promise<void> => {
    try {
      await world.settles();
    } catch (error) {
      if (!died || (error as Error).message !== 'the process is gone') throw error;
    }
    if (died || (kill === 'after the fault' && placed.hits > 0))
      await world.restarts({ orderly: false, awayMs: lots.of([0, 1_000, 60_000]) });
    await world.settles();
  };
  const long = Array.from({ length: 900 }, (_, line) => `line ${line}`).join('\n');
  const requests: Request[] = [];
  for (let n = 0; n < requestsATrial; n++)
    requests.push(
      await world.submits(
        ['tee', `out${n}`],
        world.asker(),
        method === 'sendDocument' || n === 1 ? long.repeat(3) : undefined,
      ),
    );
  await lives();
  const verdicts = requests.map(() => lots.of(['✓ Approve', '✕ Deny'] as const));
  for (const [at, request] of requests.entries()) {
    // The first tap on a copy that Gaia did not know only makes it known; the second one counts.
    for (let tries = 0; tries < 4 && (await world.now(request)).state === 'pending'; tries++) {
      const label = verdicts[at] as string;
      const card = shown(world, request, '✕ Too risky', label);
      if (card === undefined) break;
      const label2 = card.buttons.flat().includes('✕ Too risky') ? '✕ Too risky' : label;
      lots.of(people).taps(card, label2);
      await lives();
    }
  }
  const found: string[] = [];
  if (letGo) clearInterval(letGo);
  placed.end();
  await world.settles();
  const { cards, deliveries } = world.app.db.t;
  const owed = await world.present().app.db.read.select().from(deliveries);
  const dead = owed.filter(({ state }) => state === 'dead');
  for (const { id, ambiguous, error } of dead)
    if (ambiguous < 2) found.push(`delivery ${id} died after ${ambiguous} lost answers: ${error}`);
  const ofCards = await world.present().app.db.read.select().from(cards);
  for (const [at, request] of requests.entries()) {
    const { state } = await world.now(request);
    const wanted = verdicts[at] === '✓ Approve' ? 'executed' : 'denied';
    const ids = ofCards.filter(({ requestId }) => requestId === request.id).map(({ id }) => id);
    // Sent twice without an answer, a card is given up, visibly; the request can be decided in the console.
    const isGivenUp = dead.some(({ cardId }) => cardId !== null && ids.includes(cardId));
    if (state !== wanted && !(isGivenUp && state === 'pending'))
      found.push(`${request.id} was tapped ${verdicts[at]} and is ${state}`);
    if (state === 'pending')
      await world.gaia.withdrawRequest(world.present().app, request.id, world.by('agent:builder'));
  }
  await world.settles();
  // Copies that nobody knows of say how things stand as soon as somebody touches them.
  const isKnown = async () =>
    new Set(
      (await world.present().app.db.read.select().from(world.app.db.t.cardMessages)).map(({ messageId }) => messageId),
    );
  const known = await isKnown();
  const copies = telegram
    .messagesIn(world.group)
    .filter(({ id, buttons }) => !known.has(id) && buttons.flat().includes('✓ Approve'));
  for (const copy of copies) {
    people[0]?.taps(copy, '✓ Approve');
    await world.settles();
  }
  if (copies.length > requests.length) found.push(`${copies.length} copies of ${requests.length} cards were left`);
  const { taps } = telegram.telegram.queries;
  await telegram.until(() => taps.every(({ answer }) => answer !== undefined)).catch(() => undefined);
  return { hits: placed.hits, died, copies: copies.length, found };
}

/** The newest message with the request that has one of the buttons, the first one by preference. */
function shown(world: ATelegramGaia, request: Request, ...labels: string[]) {
  const messages = world.telegram.messagesIn(world.group).filter(({ text }) => text.includes(request.id));
  const withLabel = labels.map((label) => messages.findLast(({ buttons }) => buttons.flat().includes(label)));
  return withLabel.find((message) => message !== undefined);
}

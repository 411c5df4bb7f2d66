import type { Request } from '../../../src/core/approval/request.ts';
import type { Tap } from '../../support/telegram/callback-queries.ts';
import { checkTelegram } from '../check-telegram.ts';
import { check } from '../checker.ts';
import { openDoors } from '../doors.ts';
import { generous, templates } from '../fixture.ts';
import { asBrowser } from '../gaia-process.ts';
import { type CallHttp, caller } from '../http.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { type ATelegramGaia, approverIds, aTelegramGaia } from '../telegram-world.ts';

const policy = `${generous}tiers: { normal: { approvals: 1 }, high: { approvals: 2, confirm: true } }
rules:
  - { name: two are needed, match: { argv: [echo, two] }, tier: high }
`;
const roundsAStore = 20;

export const racesTelegram: Proof = {
  name: 'races-telegram',
  shows: 'of taps, replies and calls over HTTP by five people at once one outcome stands, and every loser is told',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const rounds = trialsOf(context, { short: 40, full: 2_000 });
    const from = await templates(gaia);
    const violations: Violation[] = [];
    const ends: Record<string, number> = {};
    let done = 0;
    for (let first = 0; first < rounds && violations.length === 0 && !signal.aborted; first += roundsAStore) {
      const world = await aTelegramGaia(gaia, from, { policy });
      const doors = await openDoors(gaia, world, world.clock);
      const { call, close } = caller(8);
      const lots = chance(seed + first);
      try {
        const sessions = new Map<string, { token: string; csrf: string }>();
        for (const id of approverIds) sessions.set(id, await doors.session(id));
        for (let n = 0; n < Math.min(roundsAStore, rounds - first); n++) {
          const { found, end } = await round({ world, call, url: doors.url, sessions, lots, n: first + n });
          violations.push(...found);
          ends[end] = (ends[end] ?? 0) + 1;
          progress(++done, rounds);
        }
        for (const bug of [...world.reported, ...doors.bugs.map(String)])
          violations.push({ invariant: 'races', message: `Gaia failed inside: ${bug}` });
      } finally {
        close();
        await doors.close();
        await world.close();
      }
      const snapshot = await snapshotOfStore(world.where);
      violations.push(...check(snapshot, { approvers: approverIds, settled: true }), ...checkTelegram(snapshot, world));
      await world.remove();
    }
    await from.remove();
    return { trials: done, violations, figures: ends };
  },
};

interface Round {
  world: ATelegramGaia;
  call: CallHttp;
  url: string;
  sessions: ReadonlyMap<string, { token: string; csrf: string }>;
  lots: Chance;
  n: number;
}

async function round({ world, call, url, sessions, lots, n }: Round): Promise<{ found: Violation[]; end: string }> {
  const { people, telegram, group } = world;
  const quorum = lots.of(['one', 'two'] as const);
  const request = await world.submits(['echo', quorum, String(n)]);
  await world.settles();
  let card = world.cardOf(request);
  const before = telegram.telegram.queries.taps.length;
  if (quorum === 'two') {
    people[0]?.taps(card, '✓ Approve');
    await world.settles();
    card = world.cardOf(request); // it asks the first one to confirm
  }
  const labels = [...(group.messages.get(card.id)?.earlierKeyboards ?? []), group.messages.get(card.id)?.keyboard]
    .flatMap((keyboard) => keyboard?.inline_keyboard.flat() ?? [])
    .flatMap((button) => ('callback_data' in button ? [button.callback_data] : []));
  for (const user of lots.shuffled([...people, ...people])) {
    if (lots.happens(0.25)) user.writes(group, lots.of(['approve', 'deny', 'deny not today']), { replyTo: card });
    else user.tapsForged(card, lots.of(labels));
  }
  const overHttp = lots
    .shuffled(approverIds)
    .slice(0, 3)
    .map(async (id) => {
      const { token, csrf } = sessions.get(id) as { token: string; csrf: string };
      const verdict = lots.of(['approve', 'approve', 'deny']);
      const answer = await call(`${url}/v1/requests/${request.id}/decisions`, {
        method: 'POST',
        body: { verdict, digest: request.digest, confirm: true },
        headers: asBrowser(token, csrf),
      });
      return { id, verdict, answer };
    });
  await Promise.all([world.round(), ...overHttp]);
  await world.settles();
  const taps = telegram.telegram.queries.taps.slice(before);
  await telegram.until(() => taps.every(({ answer }) => answer !== undefined));
  const found = await judge(world, request, taps, await Promise.all(overHttp));
  return { found, end: await closed(world, request) };
}

/** What people were told must agree with the one outcome that stands. */
async function judge(
  world: ATelegramGaia,
  request: Request,
  taps: readonly Tap[],
  calls: readonly {
    id: string;
    verdict: string;
    answer: { status: number; json?: Record<string, unknown> | undefined };
  }[],
): Promise<Violation[]> {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'races', message: `${request.id}: ${message}` });
  const { state } = await world.now(request);
  const told = taps.map(({ answer }) => answer?.text ?? '');
  const approvedTo =
    told.filter((text) => text === 'Approved.').length +
    calls.filter(({ answer }) => answer.status < 300 && answer.json?.state === 'approved').length;
  const deniedTo =
    told.filter((text) => text.startsWith('Denied.')).length +
    calls.filter(({ answer, verdict }) => answer.status < 300 && verdict === 'deny').length;
  if (approvedTo > 0 && deniedTo > 0) report('some were told that it is approved, others that it is denied');
  if (approvedTo > 0 && !['approved', 'executed'].includes(state))
    report(`someone was told “Approved.”, and it is ${state}`);
  if (deniedTo > 0 && state !== 'denied') report(`someone was told “Denied.”, and it is ${state}`);
  const votes = await world.app.db.read.select().from(world.app.db.t.decisions);
  const verdicts = votes.filter(({ requestId }) => requestId === request.id);
  if (verdicts.filter(({ verdict }) => verdict === 'deny').length > 1) report('it was denied twice');
  for (const { answer } of calls)
    if (answer.status >= 500 || answer.status === 0) report(`a call was answered ${answer.status}`);
  for (const text of told)
    if (text.startsWith('Already') && !/by \S+/.test(text)) report(`a loser was not told who won: “${text}”`);
  return found;
}

async function closed(world: ATelegramGaia, request: Request): Promise<string> {
  const { state } = await world.now(request);
  if (state !== 'pending') return state;
  const { withdrawRequest } = world.gaia;
  await withdrawRequest(world.app, request.id, world.by('agent:builder'));
  await world.settles();
  return 'open, then withdrawn';
}

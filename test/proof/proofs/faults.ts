import { checkTelegram } from '../check-telegram.ts';
import { check } from '../checker.ts';
import { faultsOfCalls } from '../faults/of-calls.ts';
import { faultsOfChats } from '../faults/of-chats.ts';
import { faultsOfHearing } from '../faults/of-hearing.ts';
import { aStage, nowhere, policy, type Row } from '../faults/row.ts';
import { type Templates, templates } from '../fixture.ts';
import type { Gaia } from '../gaia.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { approverIds, aTelegramGaia } from '../telegram-world.ts';

const rows: readonly Row[] = [...faultsOfCalls, ...faultsOfChats, ...faultsOfHearing];

export const faults: Proof = {
  name: 'faults',
  shows: 'whatever Telegram answers, or does not answer, has its own right consequence and no other',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const times = trialsOf(context, { short: 2, full: 25 });
    const from = await templates(gaia);
    const lots = chance(seed);
    const violations: Violation[] = [];
    let done = 0;
    for (const row of rows) {
      for (let n = 0; n < times && !signal.aborted; n++) {
        violations.push(...(await trial(gaia, from, row, lots)));
        progress(++done, rows.length * times);
      }
    }
    await from.remove();
    return { trials: done, violations, figures: { faults: rows.length, 'times each': times } };
  },
};

async function trial(gaia: Gaia, from: Templates, row: Row, lots: Chance): Promise<Violation[]> {
  const { name, kind = 'supergroup', closesAChat = false } = row;
  const world = await aTelegramGaia(gaia, from, { policy, kind, timeoutSeconds: 1 });
  const stage = aStage(world, lots);
  const { found } = stage;
  try {
    await world.settles();
    await row.play(stage);
    found.push(...world.reported.map((bug) => `Gaia failed inside: ${bug}`));
  } catch (error) {
    found.push(String((error as Error).stack));
  } finally {
    await world.close();
  }
  const snapshot = await snapshotOfStore(world.where);
  // Nobody reads the terminal here, and what waits for a chat that is none waits for good.
  const deliveries = snapshot.deliveries.filter(({ channel, chat }) => channel === 'telegram' && chat !== nowhere);
  const { telegram } = world;
  const seen = { telegram, mayBeUnanswered: stage.unanswered, mayHaveDied: closesAChat };
  const held = [
    ...found.map((message) => ({ invariant: name, message })),
    ...check(snapshot, { approvers: approverIds, settled: true }),
    ...checkTelegram({ ...snapshot, deliveries }, seen),
  ];
  await world.remove();
  return held.map(({ invariant, message }) => ({ invariant, message: `with ${name}: ${message}` }));
}

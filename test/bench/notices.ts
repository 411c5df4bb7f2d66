import { generous, templates } from '../proof/fixture.ts';
import { aTelegramGaia } from '../proof/telegram-world.ts';
import type { Bench } from './bench.ts';

/** Messages a minute that a bot may send into one group (the double's limit, Bot API FAQ). */
const perMinute = 20;

/** How near Gaia keeps to a chat's limit without ever exceeding it; the clock is turned, so nothing waits. */
export const noticesBench: Bench = {
  name: 'notices',
  async run({ gaia, quick, say }) {
    const count = quick ? 200 : 2_000;
    const from = await templates(gaia);
    const world = await aTelegramGaia(gaia, from, { policy: generous });
    try {
      await world.settles();
      const { deliveries } = world.db.t;
      await world.db.write(async (tx) => {
        for (let n = 0; n < count; n++) {
          await tx.insert(deliveries).values({
            id: `d-bench${n}`,
            channel: 'telegram',
            kind: 'notice',
            chat: String(world.group.id),
            subject: 'system',
            body: JSON.stringify({ about: 'trouble', trouble: `notice ${n}` }),
            priority: 5,
            state: 'queued',
            attempts: 0,
            ambiguous: 0,
            retries: 0,
            dueAt: tx.now,
            fence: 0,
            createdAt: tx.now,
          });
        }
      });
      say(`${count} notices into one supergroup, on a turned clock`);
      const since = world.clock.now();
      const worked = performance.now();
      while (world.telegram.messagesIn(world.group).length < count) await world.settles();
      const minutes = (world.clock.now() - since) / 60_000;
      const sent = world.telegram
        .callsOf('sendMessage')
        .filter(({ at, outcome }) => at >= since && outcome.kind === 'answered')
        .map(({ at }) => at);
      // A rested chat takes the first minute's worth whenever it comes; what follows is what the limit lets pass.
      const rest = sent.slice(perMinute);
      const [full, last] = [sent[perMinute - 1] ?? since, rest.at(-1) ?? since];
      const rate = rest.length / ((last - full) / 60_000);
      say(
        `${sent.length} sent over ${minutes.toFixed(1)} turned minutes in ${((performance.now() - worked) / 1_000).toFixed(1)} s`,
      );
      const runs = { ours: [rate], theirs: [perMinute] };
      return [
        {
          what: 'notices into one chat',
          baseline: 'what the double allows',
          ours: rate,
          theirs: perMinute,
          unit: '/min',
          ratio: rate / perMinute,
          aim: { atLeast: 0.95 },
          runs,
        },
        {
          what: 'notices refused for their number',
          value: world.telegram.floodRefusals,
          unit: 'calls',
          aim: { atMost: 0 },
        },
      ];
    } finally {
      await world.close();
      await world.remove();
      await from.remove();
    }
  },
};

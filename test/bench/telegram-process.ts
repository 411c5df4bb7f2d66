import { openTelegram } from '../support/telegram/telegram-double.ts';

/**
 * A double of Telegram in a process of its own, with two bots: Gaia's and a bare one, each in its own group. No limits are
 * kept, since how soon a tap is answered does not depend on them. It is forked and talks over IPC.
 */
export interface Place {
  url: string;
  bots: Record<Who, { token: string; chat: number }>;
  person: number;
}
export type Who = 'gaia' | 'bare';
/** Taps Approve on the newest message with a text, as soon as it stands there and its bot waits for updates. */
export interface TapOrder {
  who: Who;
  text: string;
}
export interface Tapped {
  /** from the tap, which is at once an update to be had, to the answer's arrival */
  ms: number;
  text: string;
}
export type Said = { place: Place } | { tapped: Tapped } | { failed: string };

const noLimit = 1_000_000;
/** For how long nothing is called before a tap, so that only what the tap causes is measured. */
const quietMs = 60;

const double = await openTelegram({
  clock: { now: Date.now },
  limits: { perChatPerSecond: noLimit, chatBurst: noLimit, perGroupPerMinute: noLimit, perSecond: noLimit },
});
const grace = double.user({ id: 1001, firstName: 'Grace' });
grace.starts();
double.bot.queue.clear();
const bots = { gaia: double.bot, bare: double.addBot() };
const chats = {
  gaia: double.chat({ title: 'Gaia', members: [grace] }),
  bare: double.chat({ title: 'Bare', members: [grace], bot: undefined }),
};
chats.bare.members.set(bots.bare.id, { status: 'member' });

/** Waits until no bot was called for a while, updates apart, and the one in question waits for updates. */
async function isQuiet(who: Who): Promise<void> {
  let calls = -1;
  let since = 0;
  await double.until(() => {
    const now = double.callsOf().length;
    if (now !== calls || !bots[who].isPolled) since = performance.now();
    calls = now;
    return performance.now() - since > quietMs;
  }, 30_000);
}

async function tap({ who, text }: TapOrder): Promise<Tapped> {
  const seen = await double.until(
    () => double.messagesIn(chats[who]).findLast((message) => message.text.includes(text)),
    30_000,
  );
  await isQuiet(who);
  const since = performance.now();
  const tapped = grace.taps(seen, '✓ Approve');
  const ms = await double.until(() => tapped.answer && performance.now() - since);
  return { ms, text: tapped.answer?.text ?? '' };
}

const say = (said: Said): void => void process.send?.(said);
process.on('message', (order: TapOrder) => {
  tap(order).then(
    (tapped) => say({ tapped }),
    (error: unknown) => say({ failed: String(error) }),
  );
});
process.once('disconnect', () => void double.close());
const of = (who: Who) => ({ token: bots[who].token, chat: chats[who].id });
say({ place: { url: double.url, bots: { gaia: of('gaia'), bare: of('bare') }, person: grace.id } });

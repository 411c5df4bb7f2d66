import type { Request } from '../../../src/core/approval/request.ts';
import type { Chat } from '../../support/telegram/chat.ts';
import type { SeenMessage } from '../../support/telegram/seen.ts';
import type { User } from '../../support/telegram/user.ts';
import { checkTelegram } from '../check-telegram.ts';
import { check } from '../checker.ts';
import { generous, templates } from '../fixture.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { type ATelegramGaia, approverIds, aTelegramGaia } from '../telegram-world.ts';

const policy = `${generous}rules:
  - { name: two named people, match: { argv: [echo, named] }, tier: normal, approvers: ['111', '222'] }
  - { name: twice, match: { argv: [echo, high] }, tier: high }
`;

export const wrongPeopleTelegram: Proof = {
  name: 'wrong-people-telegram',
  shows:
    'in Telegram too nothing changes but by a person who may decide, on the card they were shown, and all others are told',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const trials = trialsOf(context, { short: 1_000, full: 10_000 });
    const from = await templates(gaia);
    const violations: Violation[] = [];
    const told = new Map<string, number>();
    let done = 0;
    const lots = chance(seed);
    /** cards of one chat grow old, so a fresh one is taken now and then */
    const perWorld = 50;
    for (; done < trials && violations.length === 0 && !signal.aborted; ) {
      const world = await aTelegramGaia(gaia, from, { policy });
      try {
        const cast = await aCast(world);
        let before = await stateOf(world);
        for (let n = 0; n < perWorld && done < trials && violations.length === 0 && !signal.aborted; n++) {
          const [who, expected, act] = lots.of(attempts);
          const report = (message: string) =>
            violations.push({ invariant: 'wrong-people', message: `${who}: ${message}` });
          const answered = await tried(world, () => act(cast, lots), expected === 'tap');
          const key = `${who}: ${answered}`;
          told.set(key, (told.get(key) ?? 0) + 1);
          if (expected !== 'silence' && answered === 'nothing') report('they were told nothing');
          if (/^(Approved|Recorded|Denied)/.test(answered)) report(`they were told “${answered}”`);
          const after = await stateOf(world);
          if (after !== before) report(`something changed: ${difference(before, after)}`);
          before = after;
          progress(++done, trials);
        }
        if (violations.length === 0) violations.push(...(await rightPeople(world, cast)));
        if (world.reported.length > 0)
          violations.push({ invariant: 'wrong-people', message: `Gaia failed inside: ${world.reported[0]}` });
      } finally {
        await world.close();
      }
      const snapshot = await snapshotOfStore(world.where);
      violations.push(...check(snapshot, { approvers: approverIds }), ...checkTelegram(snapshot, world));
      await world.remove();
    }
    await from.remove();
    const lines = [...told].sort().map(([key, times]) => `${key} ${times}×`);
    return { trials: done, violations, figures: { answers: `\n    ${lines.join('\n    ')}` } };
  },
};

interface Target {
  request: Request;
  card: SeenMessage;
  refs: string[];
}

interface Cast {
  world: ATelegramGaia;
  group: Chat;
  other: { chat: Chat; message: SeenMessage };
  channel: Chat;
  grace: User;
  alan: User;
  ada: User;
  mallory: User;
  removed: User;
  /** pending: of an agent; of Grace herself; for two named people; to be approved twice. And one that ended */
  plain: Target;
  own: Target;
  named: Target;
  high: Target;
  ended: Target;
}

async function aCast(world: ATelegramGaia): Promise<Cast> {
  const { telegram, people, group, mallory, removed } = world;
  const [grace, alan, ada] = people as [User, User, User];
  for (let round = 0; round < 2; round++) await world.round();
  const own = await world.submits(['echo', 'own'], world.personAsker('111'));
  const [plain, named, high, ended] = [
    await world.submits(['echo', 'plain']),
    await world.submits(['echo', 'named']),
    await world.submits(['echo', 'high']),
    await world.submits(['echo', 'ended']),
  ];
  await world.settles();
  const { buttons, cards } = world.db.t;
  const offered = await world.db.read.select().from(buttons);
  const shown = await world.db.read.select().from(cards);
  const target = (request: Request): Target => {
    const ids = shown.filter(({ requestId }) => requestId === request.id).map(({ id }) => id);
    return {
      request,
      card: world.cardOf(request),
      refs: offered.filter(({ cardId }) => ids.includes(cardId)).map(({ ref }) => ref),
    };
  };
  const targets = {
    plain: target(plain),
    own: target(own),
    named: target(named),
    high: target(high),
    ended: target(ended),
  };
  grace.taps(targets.ended.card, '✕ Deny');
  await world.settles();
  grace.taps(targets.ended.card, '✕ Too risky');
  await world.settles();
  const elsewhere = telegram.chat({ title: 'Elsewhere', members: people });
  alan.writes(elsewhere, `/help@${telegram.bot.user.username}`);
  await world.settles();
  const [message] = telegram.messagesIn(elsewhere).filter(({ isFromBot }) => isFromBot);
  if (message === undefined) throw new Error('the bot says nothing elsewhere');
  const channel = telegram.chat({ kind: 'channel', title: 'News', members: people });
  group.members.set(grace.id, { status: 'administrator', isAnonymous: true });
  return { world, group, other: { chat: elsewhere, message }, channel, grace, alan, ada, mallory, removed, ...targets };
}

const any = (cast: Cast, lots: Chance): Target => lots.of([cast.plain, cast.own, cast.named, cast.high]);
const ref = ({ refs }: Target, lots: Chance): string => lots.of(refs);
const changed = (text: string, lots: Chance): string => {
  const at = lots.below(text.length);
  return text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
};
const verb = (lots: Chance): string => lots.of(['approve', 'Approve ', 'deny', 'deny because I say so', ' APPROVE']);

type Attempt = readonly [who: string, expected: 'tap' | 'words' | 'silence', act: (cast: Cast, lots: Chance) => void];

const attempts: readonly Attempt[] = [
  ['a stranger taps', 'tap', (c, lots) => void pressed(c.mallory, any(c, lots), lots)],
  ['a removed approver taps', 'tap', (c, lots) => void pressed(c.removed, any(c, lots), lots)],
  ['the asker taps', 'tap', (c) => void c.grace.taps(c.own.card, '✓ Approve')],
  ['one who is not named taps', 'tap', (c, lots) => void pressed(c.ada, c.named, lots)],
  ['a confirmation before an approval', 'tap', (c, lots) => void c.mallory.tapsForged(c.high.card, ref(c.high, lots))],
  ['forged data', 'tap', (c, lots) => void c.alan.tapsForged(any(c, lots).card, forged(c, lots))],
  ['true data from another chat', 'tap', (c, lots) => void c.alan.tapsForged(c.other.message, ref(any(c, lots), lots))],
  ['old data of what ended', 'tap', (c, lots) => void c.alan.tapsForged(c.ended.card, ref(c.ended, lots))],
  ['an old button of what ended', 'tap', (c) => void c.alan.tapsOld(c.ended.card, '✓ Approve')],
  [
    'a stranger replies',
    'words',
    (c, lots) => void c.mallory.writes(c.group, verb(lots), { replyTo: any(c, lots).card }),
  ],
  [
    'a removed approver replies',
    'words',
    (c, lots) => void c.removed.writes(c.group, verb(lots), { replyTo: any(c, lots).card }),
  ],
  ['the asker replies', 'words', (c) => void c.grace.writes(c.group, 'approve', { replyTo: c.own.card })],
  [
    'one who is not named replies',
    'words',
    (c, lots) => void c.ada.writes(c.group, verb(lots), { replyTo: c.named.card }),
  ],
  ['approve by reply for high', 'words', (c) => void c.alan.writes(c.group, 'approve', { replyTo: c.high.card })],
  ['a reply to what ended', 'words', (c, lots) => void c.alan.writes(c.group, verb(lots), { replyTo: c.ended.card })],
  [
    'a reply that came late',
    'words',
    (c) => {
      c.alan.writes(c.group, 'approve', { replyTo: c.plain.card });
      c.world.clock.turn(121_000);
    },
  ],
  [
    'an anonymous administrator replies',
    'words',
    (c, lots) => void c.grace.writesAnonymously(c.group, verb(lots), { replyTo: any(c, lots).card }),
  ],
  [
    'a channel replies',
    'words',
    (c, lots) => void c.grace.writesAsChannel(c.channel, c.group, verb(lots), { replyTo: any(c, lots).card }),
  ],
  [
    'a bot replies',
    'silence',
    (c, lots) => {
      const from = { id: 999, is_bot: true, first_name: 'Robot' };
      const content = { text: verb(lots), entities: [] };
      c.world.telegram.telegram.post({ chat: c.group, from, content, replyTo: any(c, lots).card.id });
    },
  ],
  ['a post in a channel', 'silence', (c, lots) => void c.grace.posts(c.channel, verb(lots))],
  [
    'a reply to a forwarded card',
    'silence',
    (c, lots) => {
      const copy = c.alan.forwards(any(c, lots).card, c.group);
      c.alan.writes(c.group, verb(lots), { replyTo: copy });
    },
  ],
  ['plain words', 'silence', (c, lots) => void c.alan.writes(c.group, `${verb(lots)} ${c.plain.request.id}`)],
  [
    'a reply with more words',
    'silence',
    (c, lots) =>
      void c.alan.writes(c.group, lots.of(['I approve', 'approve?', 'approve it', 'yes', '👍', 'denyit']), {
        replyTo: any(c, lots).card,
      }),
  ],
  [
    'a reply that becomes approve',
    'silence',
    (c) => c.alan.edits(c.alan.writes(c.group, 'hm', { replyTo: c.plain.card }), 'approve'),
  ],
  [
    'a stranger pauses',
    'words',
    (c, lots) =>
      void c.mallory.writes(c.group, `/${lots.of(['pause', 'resume'])}@${c.world.telegram.bot.user.username}`),
  ],
  [
    'an approver who is no operator pauses',
    'words',
    (c, lots) => void c.alan.writes(c.group, lots.of(['/pause now', '/resume'])),
  ],
];

const pressed = (user: User, target: Target, lots: Chance) =>
  lots.happens(0.5)
    ? user.taps(target.card, lots.of(['✓ Approve', '✕ Deny']))
    : user.tapsForged(target.card, ref(target, lots));

const forged = (cast: Cast, lots: Chance): string =>
  lots.of([
    `approve:${cast.plain.request.id}`,
    changed(ref(any(cast, lots), lots), lots),
    ref(any(cast, lots), lots).slice(0, -1),
    `${ref(any(cast, lots), lots)} `,
    'x'.repeat(64),
    "' or 1=1 --",
    '\u0000\u202e',
    cast.plain.request.digest?.slice(0, 60) ?? 'none',
  ]);

/** What they were told: the answer to the tap, or the first line the bot then wrote. */
async function tried(world: ATelegramGaia, act: () => void, isTap: boolean): Promise<string> {
  const { telegram } = world;
  const saidBefore = telegram.callsOf('sendMessage').length;
  act();
  await world.round();
  if (isTap) {
    const tap = telegram.telegram.queries.taps.at(-1);
    await telegram.until(() => tap?.answer !== undefined);
    return tap?.answer?.text || 'nothing';
  }
  await world.settles();
  const said = telegram.callsOf('sendMessage').slice(saidBefore).at(0);
  return said === undefined ? 'nothing' : String(said.parameters.text).split('\n')[0]?.slice(0, 70) || 'nothing';
}

/** Everything that could have been changed; refusals are logged and told, and that is all they are. */
async function stateOf({ db }: ATelegramGaia): Promise<string> {
  const { t } = db;
  const rows = await Promise.all([
    db.read.select({ id: t.requests.id, version: t.requests.version, state: t.requests.state }).from(t.requests),
    db.read.select().from(t.decisions),
    db.read.select().from(t.permits),
    db.read.select().from(t.confirmations),
    db.read.select().from(t.installation),
    db.read.select({ id: t.cards.id, face: t.cards.face }).from(t.cards),
  ]);
  return JSON.stringify(rows);
}

function difference(before: unknown, after: unknown): string {
  const [one, other] = [String(before), String(after)];
  let at = 0;
  while (one[at] === other[at] && at < one.length) at++;
  return `${one.slice(Math.max(0, at - 60), at + 60)} became ${other.slice(Math.max(0, at - 60), at + 60)}`;
}

/** The other side of the coin: with everything right, the same taps and replies decide. */
async function rightPeople(world: ATelegramGaia, cast: Cast): Promise<Violation[]> {
  const found: Violation[] = [];
  cast.ada.taps(cast.plain.card, '✓ Approve');
  cast.alan.taps(cast.own.card, '✓ Approve');
  cast.alan.writes(cast.group, 'approve', { replyTo: cast.named.card });
  await world.settles();
  for (const { request } of [cast.plain, cast.own, cast.named]) {
    const { state } = await world.now(request);
    if (state !== 'executed')
      found.push({ invariant: 'wrong-people', message: `the right person could not decide either: it is ${state}` });
  }
  return found;
}

import type { Request } from '../../../src/core/approval/request.ts';
import type { Tap } from '../../support/telegram/callback-queries.ts';
import type { Chat } from '../../support/telegram/chat.ts';
import type { SeenMessage } from '../../support/telegram/seen.ts';
import type { User } from '../../support/telegram/user.ts';
import { generous } from '../fixture.ts';
import type { Chance } from '../proof.ts';
import type { ATelegramGaia } from '../telegram-world.ts';

/** One thing that goes wrong with Telegram, and what must hold then. */
export interface Row {
  /** completes "with …" */
  name: string;
  play(stage: Stage): Promise<void>;
  kind?: 'group' | 'supergroup';
  /** a chat goes away in it: what was owed there may die */
  closesAChat?: boolean;
}

export const nowhere = '-1009999999999';
/** `echo alan` goes to Alan alone, `echo nowhere` to a chat that is none, `echo long` waits for two days. */
export const policy = `${generous}rules:
  - { name: to Alan alone, match: { argv: [echo, alan] }, tier: normal, chat: '222' }
  - { name: to nobody, match: { argv: [echo, nowhere] }, tier: normal, chat: '${nowhere}' }
  - { name: waits for long, match: { argv: [echo, long] }, tier: normal, ttl: 48h }
`;

/** A world for one row, and what was found amiss in it. */
export function aStage(world: ATelegramGaia, lots: Chance) {
  const { gaia, telegram } = world;
  const [grace, alan, ada] = world.people as [User, User, User];
  const found: string[] = [];
  const unanswered = new Set<Tap>();
  const expect = (holds: boolean, otherwise: string): void => {
    if (!holds) found.push(otherwise);
  };
  const read = () => world.present().app.db.read;
  const t = world.db.t;
  const is = async (request: Request, state: Request['state']): Promise<void> => {
    const now = await world.now(request);
    expect(now.state === state, `${request.id} is ${now.state} and should be ${state}`);
  };
  return {
    ...world,
    lots,
    grace,
    alan,
    ada,
    found,
    unanswered,
    expect,
    is,
    deliveries: () => read().select().from(t.deliveries),
    chats: () => read().select().from(t.chats),
    decisionsOn: async ({ id }: Request) =>
      (await read().select().from(t.decisions)).filter(({ requestId }) => requestId === id),
    knownMessages: () => read().select().from(t.cardMessages),
    /** all messages that show the request now */
    cardsOf: (request: Request, chat: Chat = world.group): SeenMessage[] =>
      telegram.messagesIn(chat).filter(({ text, isFromBot }) => isFromBot && text.includes(request.id)),
    notices: (words: string, chat: Chat = world.group): SeenMessage[] =>
      telegram.messagesIn(chat).filter(({ text }) => text.includes(words)),
    /** a card that waits in its chat */
    async shows(...argv: string[]): Promise<Request> {
      const request = await world.submits(argv);
      await world.settles();
      return request;
    },
    /** A person approves on the newest card, is told so, and it is carried out. */
    async approves(request: Request, chat: Chat = world.group, person: User = chat === world.group ? ada : alan) {
      const card = telegram
        .messagesIn(chat)
        .findLast(({ text, buttons }) => text.includes(request.id) && buttons.flat().includes('✓ Approve'));
      if (card === undefined) return expect(false, `no card offers to approve ${request.id} in ${chat.title}`);
      const tap = person.taps(card, '✓ Approve');
      await world.settles();
      await telegram.until(() => tap.answer !== undefined);
      expect(tap.answer?.text === 'Approved.', `the tap was told “${tap.answer?.text}”`);
      await is(request, 'executed');
    },
    /** The same in the console, which needs no Telegram. */
    async approvesInConsole(request: Request): Promise<void> {
      const digest = (await world.now(request)).digest ?? '';
      const said = { requestId: request.id, verdict: 'approve', digest, confirm: true } as const;
      await gaia.decide(world.present().app, said, world.by('person:111', 'console'));
    },
    /** Lets time go by while Gaia runs: a round each `stepMs`. */
    async passes(ms: number, stepMs = 30_000): Promise<void> {
      for (let gone = 0; gone < ms; gone += stepMs) {
        world.clock.turn(Math.min(stepMs, ms - gone));
        await world.round();
      }
    },
  };
}
export type Stage = ReturnType<typeof aStage>;

import { nowhere, type Row } from './row.ts';

/** What becomes of chats. */
export const faultsOfChats: readonly Row[] = [
  {
    name: 'a chat that is not found',
    closesAChat: true,
    async play(stage) {
      const { telegram, expect } = stage;
      const lost = await stage.submits(['echo', 'nowhere']);
      const other = await stage.shows('echo', 'other');
      const tried = telegram.callsOf('sendMessage').filter(({ chatId }) => chatId === Number(nowhere));
      expect(tried.length === 1, `it was tried ${tried.length}×`);
      const dead = (await stage.deliveries()).filter(({ chat }) => chat === nowhere);
      expect(
        dead.every(({ state, error }) => state === 'dead' && /chat not found/.test(error ?? '')),
        `what was owed there is ${dead.map(({ state, error }) => `${state}: ${error}`).join(', ')}`,
      );
      const told = stage.notices(`Nothing can be sent to the chat ${nowhere}`);
      expect(told.length === 1, `people were told ${told.length}×`);
      await stage.approves(other);
      await stage.is(lost, 'pending');
      await stage.gaia.withdrawRequest(stage.present().app, lost.id, stage.by('agent:builder'));
      await stage.settles();
    },
  },
  {
    name: 'a person who blocks the bot, and lets it in again',
    closesAChat: true,
    async play(stage) {
      const { telegram, alan, lots, expect } = stage;
      const privately = alan.privately();
      alan.blocks();
      if (lots.happens(0.5)) telegram.bot.queue.clear();
      const his = await stage.submits(['echo', 'alan']);
      const other = await stage.shows('echo', 'other');
      const tried = telegram.callsOf('sendMessage').filter(({ chatId }) => chatId === privately.id);
      expect(tried.length <= 1, `it was tried ${tried.length}×`);
      const told = stage.notices('Nothing can be sent to the chat 222');
      expect(told.length === 1, `people were told ${told.length}×`);
      await stage.approves(other);
      await stage.is(his, 'pending');
      alan.unblocks();
      await stage.settles();
      await stage.approves(his, privately);
    },
  },
  {
    name: 'a group that the bot was kicked from, and brought back to',
    closesAChat: true,
    async play(stage) {
      const { telegram, group, grace, lots, expect } = stage;
      const shown = await stage.shows('echo', 'before');
      grace.moves(telegram.bot, group, { status: 'kicked' });
      if (lots.happens(0.5)) telegram.bot.queue.clear();
      const before = telegram.callsOf('sendMessage', 'editMessageText').length;
      const during = await stage.submits(['echo', 'during']);
      await stage.settles();
      const tried = telegram.callsOf('sendMessage', 'editMessageText').length - before;
      expect(tried <= 1, `it was tried ${tried}×`);
      const told = (await stage.deliveries()).filter(
        ({ channel, body }) => channel === 'terminal' && JSON.stringify(body).includes('Nothing can be sent'),
      );
      expect(told.length === 1, `the terminal is told ${told.length}×`);
      await stage.approvesInConsole(shown);
      await stage.settles();
      await stage.is(shown, 'executed');
      grace.moves(telegram.bot, group, { status: 'member' });
      await stage.settles();
      await stage.approves(during);
    },
  },
  {
    name: 'a group that becomes a supergroup',
    kind: 'group',
    async play(stage) {
      const { telegram, group, lots, expect } = stage;
      const before = await stage.shows('echo', 'before');
      const supergroup = telegram.upgrade(group);
      const isTold = lots.happens(0.5);
      if (!isTold) telegram.bot.queue.clear();
      const after = await stage.submits(['echo', 'after']);
      await stage.settles();
      const [moved] = (await stage.chats()).filter(({ id }) => id === String(group.id));
      expect(moved?.movedTo === String(supergroup.id), `the chat counts as moved to ${moved?.movedTo}`);
      for (const request of [before, after]) {
        const cards = stage.cardsOf(request, supergroup).filter(({ text }) => /WAITING/.test(text));
        expect(cards.length === 1, `${request.id} stands ${cards.length}× in the new chat`);
        await stage.approves(request, supergroup);
      }
    },
  },
];

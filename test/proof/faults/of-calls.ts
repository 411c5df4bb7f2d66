import type { Where } from '../../support/telegram/faults.ts';
import type { Row, Stage } from './row.ts';

/** What goes wrong with a call that sends or edits. */
export const faultsOfCalls: readonly Row[] = [
  {
    name: '429 with retry_after',
    async play(stage) {
      const { telegram, group, lots, clock, expect } = stage;
      const seconds = lots.between(20, 300);
      const flood = telegram.faults.flood({ method: 'sendMessage', chat: group }, seconds);
      const request = await stage.submits(['echo', 'flood']);
      await stage.round();
      const freeAt = clock.now() + seconds * 1_000;
      expect(flood.hits === 1, `the flood was met ${flood.hits}×`);
      const [held] = (await stage.chats()).filter(({ id }) => id === String(group.id));
      expect((held?.heldUntil ?? 0) >= freeAt, `the chat is held until ${held?.heldUntil}, not ${freeAt}`);
      for (const { id, state, attempts } of await stage.deliveries())
        if (state !== 'sent') expect(attempts === 0, `delivery ${id} counts ${attempts} attempts, ${state}`);
      const before = telegram.callsOf('sendMessage', 'editMessageText').length;
      await stage.restarts({ orderly: lots.happens(0.5) });
      await stage.passes(seconds * 1_000 - 1_000, 5_000);
      expect(telegram.callsOf('sendMessage', 'editMessageText').length === before, 'the held chat was written to');
      await stage.settles();
      expect(stage.cardsOf(request).length === 1, `the card stands there ${stage.cardsOf(request).length}×`);
      await stage.approves(request);
    },
  },
  {
    name: '500 or 502, then fine',
    play: (stage) => broken(stage, (where) => stage.telegram.faults.breakDown(where, stage.lots.of([500, 502, 504]))),
  },
  {
    name: 'a reset before anything was done',
    play: (stage) => broken(stage, (where) => stage.telegram.faults.dropBefore(where)),
  },
  {
    name: 'a lost reply of sendMessage',
    async play(stage) {
      const { telegram, grace, expect } = stage;
      const lost = telegram.faults.loseReply({ method: 'sendMessage' });
      const request = await stage.shows('echo', 'lost');
      expect(lost.hits === 1, 'no reply was lost');
      const cards = stage.cardsOf(request);
      expect(cards.length === 2, `the card stands there ${cards.length}×, not once more`);
      const known = new Set((await stage.knownMessages()).map(({ messageId }) => messageId));
      const stray = cards.find(({ id }) => !known.has(id));
      if (stray === undefined) return expect(false, 'Gaia knows of both copies');
      const tap = grace.taps(stray, '✓ Approve');
      await stage.settles();
      await telegram.until(() => tap.answer !== undefined);
      await stage.is(request, 'pending');
      await stage.approves(request);
      for (const { text, buttons } of stage.cardsOf(request).slice(0, 2))
        expect(/REHEARSED/.test(text) && !buttons.flat().includes('✓ Approve'), `a copy says “${text.slice(0, 60)}”`);
    },
  },
  {
    name: 'an edit that was done already: not modified',
    async play(stage) {
      const { telegram, expect } = stage;
      const request = await stage.shows('echo', 'same');
      const lost = telegram.faults.loseReply({ method: 'editMessageText' });
      await stage.approves(request);
      expect(lost.hits === 1, 'no reply was lost');
      const said = telegram.callsOf('editMessageText').map(({ outcome }) => outcome);
      expect(
        said.some((outcome) => outcome.kind === 'refused' && /not modified/.test(outcome.description)),
        'Telegram never said “not modified”',
      );
      expect(said.length <= 4, `${said.length} edits were tried`);
      expect(stage.cardsOf(request).length === 1, `the card stands there ${stage.cardsOf(request).length}×`);
    },
  },
  {
    name: 'a card that somebody deleted',
    async play(stage) {
      const { grace, ada, lots, expect } = stage;
      const request = await stage.shows('echo', 'deleted');
      const gone = stage.cardOf(request);
      grace.deletes(gone);
      if (lots.happens(0.5)) ada.tapsOld(gone, '✓ Approve');
      else await stage.approvesInConsole(request);
      await stage.settles();
      const anew = stage.cardsOf(request).filter(({ text }) => /WAITING|REHEARSED/.test(text));
      expect(anew.length === 1 && anew[0]?.id !== gone.id, `the card was sent anew ${anew.length}×`);
      if ((await stage.now(request)).state === 'pending') await stage.approves(request);
      await stage.is(request, 'executed');
    },
  },
];

/** A call that failed without an answer is made again, and nothing is shown twice. */
async function broken(stage: Stage, place: (where: Where) => { hits: number }): Promise<void> {
  const { lots, expect } = stage;
  const isSend = lots.happens(0.5);
  const fault = place(isSend ? { method: 'sendMessage' } : { method: 'editMessageText', times: lots.between(1, 4) });
  const request = await stage.shows('echo', 'broken');
  await stage.approves(request);
  expect(fault.hits > 0, 'the fault was never met');
  expect(stage.cardsOf(request).length === 1, `the card stands there ${stage.cardsOf(request).length}×`);
  for (const { id, ambiguous } of await stage.deliveries())
    expect(ambiguous <= 1, `delivery ${id} was sent ${ambiguous}× without an answer`);
}

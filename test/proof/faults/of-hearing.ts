import type { Row, Stage } from './row.ts';

const conflict = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running';

/** What goes wrong between a tap and its effect. */
export const faultsOfHearing: readonly Row[] = [
  {
    name: 'a tap that is answered too late',
    async play(stage) {
      const { ada, clock, lots, unanswered, expect } = stage;
      const request = await stage.shows('echo', 'late');
      const tap = ada.taps(stage.cardOf(request), '✓ Approve');
      unanswered.add(tap);
      clock.turn(lots.between(61_000, 149_000));
      await stage.settles();
      await stage.is(request, 'executed');
      expect(tap.answer === undefined, 'it was answered all the same');
      expect((await stage.decisionsOn(request)).length === 1, 'it is not one decision');
    },
  },
  {
    name: '401: the token was revoked, then taken again',
    async play(stage) {
      const { telegram, clock, expect } = stage;
      const before = await stage.shows('echo', 'before');
      const fault = telegram.faults.refuse({ times: Number.POSITIVE_INFINITY }, 401, 'Unauthorized');
      const calls = telegram.callsOf('sendMessage', 'editMessageText').length;
      const during = await stage.submits(['echo', 'during']);
      await stage.passes(300_000);
      const tried = telegram.callsOf('sendMessage', 'editMessageText').length - calls;
      expect(tried <= 1, `${tried} calls were made with a token that is not taken`);
      expect((await stage.present().poller.turn()) === 300_000, 'it does not look again after 5 min');
      const owed = (await stage.deliveries()).filter(({ state }) => state !== 'sent');
      expect(owed.length > 0, 'nothing is owed any more');
      for (const { id, state, attempts } of owed)
        expect(state === 'queued' && attempts === 0, `delivery ${id} is ${state} after ${attempts} attempts`);
      await stage.approvesInConsole(before);
      await stage.is(before, 'approved');
      fault.end();
      clock.turn(300_000);
      await stage.settles();
      await stage.is(before, 'executed');
      await stage.approves(during);
    },
  },
  {
    name: '409: another program looks, for a while',
    async play(stage) {
      const { telegram, clock, lots, expect } = stage;
      const request = await stage.shows('echo', 'contested');
      const times = lots.between(1, 9);
      telegram.faults.refuse({ method: 'getUpdates', times }, 409, conflict);
      await contested(stage, times);
      expect(!stage.present().poller.isStopped(), 'it gave up before five minutes');
      const during = await stage.submits(['echo', 'during']);
      await stage.approvesInConsole(request);
      clock.turn(30_000);
      await stage.settles();
      await stage.is(request, 'executed');
      await stage.approves(during);
    },
  },
  {
    name: '409 for five minutes: it ends, and goes on at its next start',
    async play(stage) {
      const { telegram, clock, expect } = stage;
      const request = await stage.shows('echo', 'given up');
      const fault = telegram.faults.refuse({ method: 'getUpdates', times: Number.POSITIVE_INFINITY }, 409, conflict);
      await contested(stage, 10);
      await stage.present().poller.turn();
      if (!stage.present().poller.isStopped()) return expect(false, 'it goes on after five minutes');
      const why = await stage.present().poller.gaveUp;
      expect(/five minutes/.test(why.message), `it gave up over “${why.message}”`);
      fault.end();
      await stage.restarts({ orderly: true });
      clock.turn(1_000);
      await stage.settles();
      await stage.approves(request);
    },
  },
  {
    name: 'an update that comes twice',
    async play(stage) {
      const { ada, clock, lots, telegram, expect } = stage;
      const request = await stage.shows('echo', 'twice');
      const tap = ada.taps(stage.cardOf(request), '✓ Approve');
      await stage.present().poller.turn();
      await telegram.until(() => tap.answer !== undefined);
      const told = tap.answer?.text;
      for (let again = lots.between(1, 3); again > 0; again--) {
        expect(telegram.bot.queue.size === 1, 'Telegram does not show it again');
        await stage.restarts();
        clock.turn(1_000);
        await stage.present().poller.turn();
      }
      await stage.settles();
      expect(told === 'Approved.' && tap.answer?.text === told, `the tap was told “${tap.answer?.text}”`);
      expect((await stage.decisionsOn(request)).length === 1, 'it is not one decision');
      const log = await stage.present().app.db.read.select().from(stage.db.t.events);
      expect(!log.some(({ action }) => action === 'decision.refused'), 'the second time was taken for another tap');
      await stage.is(request, 'executed');
    },
  },
  {
    name: 'a tap after expiry',
    async play(stage) {
      const { ada, clock, lots, telegram, expect } = stage;
      const request = await stage.shows('echo', 'expired');
      const card = stage.cardOf(request);
      const isSeen = lots.happens(0.5);
      clock.turn(request.expiresAt - clock.now() - (isSeen ? 0 : 10_000));
      if (isSeen) await stage.settles();
      const tap = isSeen ? ada.tapsOld(card, '✓ Approve') : ada.taps(card, '✓ Approve');
      clock.turn(lots.between(10_000, 50_000));
      await stage.settles();
      await telegram.until(() => tap.answer !== undefined);
      expect(/time was over|Already expired/i.test(tap.answer?.text ?? ''), `the tap was told “${tap.answer?.text}”`);
      await stage.is(request, 'expired');
      expect((await stage.decisionsOn(request)).length === 0, 'it was decided after its time');
    },
  },
  {
    name: 'an outage of more than 150 s',
    async play(stage) {
      const { ada, lots, telegram, unanswered, expect } = stage;
      const request = await stage.shows('echo', 'outage');
      await telegram.breakDown();
      unanswered.add(ada.taps(stage.cardOf(request), '✓ Approve'));
      await stage.passes(lots.between(151_000, 1_000_000));
      await telegram.recover();
      await stage.settles();
      await stage.is(request, 'pending');
      const told = stage.notices('I was not reachable between');
      expect(told.length === 1, `people were told ${told.length}× of the outage`);
      expect(
        /tap again/.test(told[0]?.text ?? '') && told[0]?.text.includes(request.id) === true,
        'not what to tap again',
      );
      const [tap] = stage.unanswered;
      expect(tap?.answer === undefined, 'a tap that Telegram dropped was answered');
      await stage.approves(request);
    },
  },
  {
    name: 'an outage of more than 24 h',
    async play(stage) {
      const { ada, group, lots, telegram, unanswered, expect } = stage;
      const short = await stage.shows('echo', 'short');
      const long = await stage.shows('echo', 'long');
      for (const request of [short, long]) unanswered.add(ada.taps(stage.cardOf(request), '✓ Approve'));
      ada.writes(group, 'approve', { replyTo: stage.cardOf(long) });
      await stage.restarts({ orderly: lots.happens(0.5), awayMs: lots.between(24, 40) * 3_600_000 + 1_000 });
      expect(telegram.bot.queue.size === 0, 'Telegram kept something');
      const before = telegram.callsOf('editMessageText').length;
      await stage.settles();
      await stage.is(short, 'expired');
      await stage.is(long, 'pending');
      expect(telegram.callsOf('editMessageText').length > before, 'no card was brought up to date');
      expect(stage.notices('I was not reachable between').length === 1, 'people were not told once of the outage');
      await stage.approves(long);
    },
  },
];

/** Each look that meets another one waits 30 s before the next. */
async function contested({ present, clock, expect }: Stage, times: number): Promise<void> {
  for (let look = 0; look < times; look++) {
    const waitMs = await present().poller.turn();
    expect(waitMs === 30_000, `it looks again after ${waitMs} ms`);
    clock.turn(waitMs);
  }
}

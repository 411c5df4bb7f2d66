import { findChannelState, saveChannelState } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { assertFence, claimLease, type HeldLease, releaseLease } from '../store/lease.ts';
import { listApproved, listPending } from '../store/request-lists.ts';
import { getRequest } from '../store/requests.ts';
import type { App } from './app.ts';
import { notify, refreshCards } from './deliveries.ts';

/** The state of hearing, and the right to hear. */
export const poller = 'telegram-poller';

/** Longer than one look for updates may take, so that a poll under way is still its holder's. */
const leaseMs = 50_000;

/** Taps are kept by Telegram for 150 s; after this long away some may be gone. */
const awayAfterMs = 120_000;

/** Cards brought up to date in one transaction. */
const atOnce = 100;

/** The right to hear the channel, for one instance at a time; undefined while another has it. */
export const claimHearing = (app: App, holder: string): Promise<HeldLease | undefined> =>
  app.db.write((tx) => claimLease(tx, { name: poller, holder, leaseMs }));

export const releaseHearing = (app: App, lease: HeldLease): Promise<void> =>
  app.db.write((tx) => releaseLease(tx, lease));

/**
 * Notes that the channel answered. After some time away every open card is brought up to date, and people are told once
 * which taps may be lost. Until all of that is written the channel counts as away.
 */
export async function noteHeard(app: App, lease: HeldLease): Promise<void> {
  const before = await findChannelState(app.db.read, poller);
  if (await app.db.write(async (tx) => wasAway(tx, before?.heardAt))) await refreshOpenCards(app);
  await app.db.write(async (tx) => {
    await assertFence(tx, lease);
    const from = (await findChannelState(tx, poller))?.heardAt;
    if (wasAway(tx, from)) await notify(app, tx, 'system', { about: 'away', from: from as number, to: tx.now });
    await saveChannelState(tx, poller, { heardAt: tx.now, trouble: null, troubleAt: null });
  });
}

const wasAway = ({ now }: Tx, heardAt: number | null | undefined): boolean =>
  typeof heardAt === 'number' && now - heardAt > awayAfterMs;

async function refreshOpenCards(app: App): Promise<void> {
  const waiting = (await listPending(app.db.read, 10_000)).map(({ id }) => id);
  const open = [...waiting, ...(await listApproved(app.db.read))];
  for (let from = 0; from < open.length; from += atOnce) {
    await app.db.write(async (tx) => {
      for (const id of open.slice(from, from + atOnce))
        await refreshCards(app, tx, await getRequest(tx, id), 'reconciled');
    });
  }
}

/** Notes what keeps Gaia from hearing the channel, with what to do about it. The instant is that of the first time. */
export const noteTrouble = (app: App, trouble: string): Promise<void> =>
  app.db.write(async (tx) => {
    const known = await findChannelState(tx, poller);
    if (known?.trouble === trouble) return;
    await saveChannelState(tx, poller, { trouble, troubleAt: known?.trouble ? known.troubleAt : tx.now });
  });

import { dropUpdates, keepUpdate, listWaitingUpdates, takeUpdate, type WaitingUpdate } from '../store/channels.ts';
import { countOne } from '../store/counters.ts';
import type { Tx } from '../store/database.ts';
import { assertFence, type HeldLease } from '../store/lease.ts';
import type { App } from './app.ts';
import { closeChat, moveChat, reopenChat } from './chats.ts';
import { notify } from './deliveries.ts';

/** Somebody in a chat, by the id that decides, and the name that is shown. */
export interface Sender {
  id: string;
  name: string;
}

/** An update of a channel in its turn. */
export interface Turn {
  updateId: number;
  /** of the instance that hears the channel: work of one that was overtaken does not count */
  lease?: HeldLease;
}

/**
 * True for the one work that carries out this update: its effect is written with it, or neither is.
 * @throws GaiaError `conflict` (`lease_lost`) when another instance hears the channel by now
 */
export async function takeTurn(tx: Tx, { updateId, lease }: Turn): Promise<boolean> {
  if (lease) await assertFence(tx, lease);
  if (await takeUpdate(tx, updateId)) return true;
  await countOne(tx, 'updates_duplicate_skipped');
  return false;
}

/** An update as the channel sent it, and why it could not be carried out. */
export interface FailedUpdate {
  id: number;
  /** the update as JSON */
  raw: string;
  error: string;
}

/** Keeps an update that failed, so that the channel may forget it. The third failure puts it aside, and people are told. */
export const keepFailedUpdate = (app: App, failed: FailedUpdate): Promise<WaitingUpdate['state']> =>
  app.db.write(async (tx) => {
    const state = await keepUpdate(tx, failed);
    if (state === 'quarantined') {
      const trouble = `Something that came from Telegram (update ${failed.id}) could not be carried out three times and was put aside. If you just tapped or wrote something that shows no effect, do it again.`;
      await notify(app, tx, 'system', { about: 'trouble', trouble });
    }
    return state;
  });

/** Kept updates whose time has come, the oldest first. */
export const listUpdatesToRetry = ({ db }: App, now: number): Promise<WaitingUpdate[]> =>
  listWaitingUpdates(db.read, now, 20);

/** Longer than Telegram keeps an update (24 h), so that none is ever carried out twice. */
const rememberedForMs = 48 * 3_600_000;

export const forgetOldUpdates = (app: App): Promise<void> =>
  app.db.write((tx) => dropUpdates(tx, tx.now - rememberedForMs));

/** What Telegram tells of a chat itself. */
export type ChatNews =
  /** a group became a supergroup; told once in each of them */
  | { kind: 'moved'; from: string; to: string }
  | { kind: 'opened'; chat: string }
  | { kind: 'closed'; chat: string; why: string };

export const takeChatNews = (app: App, turn: Turn, news: ChatNews): Promise<void> =>
  app.db.write(async (tx) => {
    if (await takeTurn(tx, turn)) await followChat(app, tx, news);
  });

/** The same where it was found out by asking. */
export const noteChat = (app: App, news: ChatNews): Promise<void> => app.db.write((tx) => followChat(app, tx, news));

function followChat(app: App, tx: Tx, news: ChatNews): Promise<void> {
  if (news.kind === 'moved') return moveChat(app, tx, news.from, news.to);
  return news.kind === 'opened' ? reopenChat(app, tx, news.chat) : closeChat(app, tx, news.chat, news.why);
}

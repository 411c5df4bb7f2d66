import { priorities } from '../core/delivery/card.ts';
import type { Message } from '../core/delivery/delivery.ts';
import { findCard, listCardsToMove, moveCards } from '../store/cards.ts';
import { findChat, presentChat, saveChat } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { listCardsOfDead } from '../store/lanes.ts';
import type { App } from './app.ts';
import { owe, refreshCard } from './deliveries.ts';
import { refreshList } from './lists.ts';

/** A group became a supergroup: cards and what is owed go on there, and open cards are sent anew. */
export async function moveChat(app: App, tx: Tx, from: string, to: string): Promise<void> {
  if (from === to) return;
  const open = await listCardsToMove(tx, from);
  await saveChat(tx, to, { movedTo: null });
  await saveChat(tx, from, { movedTo: to });
  await moveCards(tx, from, to);
  for (const card of open) {
    const moved = { ...card, chat: to };
    if (card.requestId === null) await refreshList(app, tx, moved);
    else await refreshCard(app, tx, moved, { about: 'request', requestId: card.requestId, because: 'submitted' });
  }
}

/** Nothing can be sent to a chat any more. The first time people are told elsewhere; what waits for it stays. */
export async function closeChat(app: App, tx: Tx, chat: string, why: string): Promise<void> {
  if ((await findChat(tx, chat))?.closed) return;
  await saveChat(tx, chat, { closed: why });
  await tellElsewhere(
    app,
    tx,
    chat,
    `Nothing can be sent to the chat ${chat}: ${why} It goes on when something is heard from there.`,
  );
}

/** Something was heard from a chat, so that it can be sent to again; cards whose sending died there get another try. */
export async function reopenChat(app: App, tx: Tx, chat: string): Promise<void> {
  if (!(await findChat(tx, chat))?.closed) return;
  await saveChat(tx, chat, { closed: null });
  for (const id of await listCardsOfDead(tx, chat)) {
    const card = await findCard(tx, id);
    if (card?.requestId === null) await refreshList(app, tx, card);
    else if (card?.requestId)
      await refreshCard(app, tx, card, { about: 'request', requestId: card.requestId, because: 'submitted' });
  }
}

/** Tells people of trouble in another chat than the one concerned; where there is none that is open, in the terminal. */
export const tellElsewhere = (app: App, tx: Tx, chat: string | null, trouble: string): Promise<void> =>
  tellWhereOpen(app, tx, {
    subject: chat === null ? 'system' : `chat:${chat}`,
    body: { about: 'trouble', trouble },
    ...(chat === null ? {} : { notIn: chat }),
  });

/** Tells people something in the first of their chats that is open; where there is none, in the terminal. */
export async function tellWhereOpen(
  app: App,
  tx: Tx,
  { subject, body, notIn }: { subject: string; body: Message; notIn?: string },
): Promise<void> {
  const { audience } = app;
  const places = audience.kind === 'telegram' ? [audience.noticeChat, audience.chat] : [];
  let place: { channel: 'telegram' | 'terminal'; chat: string } = { channel: 'terminal', chat: '' };
  for (const each of places.map((configured) => configured.split(':')[0] ?? '').reverse()) {
    const present = await presentChat(tx, each);
    if (present !== notIn && !(await findChat(tx, present))?.closed) place = { channel: 'telegram', chat: present };
  }
  await owe(app, tx, {
    ...place,
    kind: 'notice',
    topic: null,
    cardId: null,
    subject,
    body,
    priority: priorities.notice,
    dueAt: tx.now,
  });
}

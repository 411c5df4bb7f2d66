import type { Tap } from '../support/telegram/callback-queries.ts';
import type { TelegramDouble } from '../support/telegram/telegram-double.ts';
import { endStates } from './check-requests.ts';
import type { Violation } from './proof.ts';
import type { Row, Snapshot } from './snapshot.ts';

export interface SeenOnTelegram {
  telegram: TelegramDouble;
  /** taps whose answer a fault ate, or that Telegram dropped */
  mayBeUnanswered?: ReadonlySet<Tap>;
  /** a chat died on purpose: what was owed there died too */
  mayHaveDied?: boolean;
}

const recordedAs: readonly [RegExp, string][] = [
  [/^(Approved|Recorded)\./, 'approve'],
  [/^Denied\./, 'deny'],
];

/** What state a card must name, as people read it. */
const words: Record<string, RegExp> = {
  pending: /WAITING/,
  denied: /DENIED/,
  expired: /EXPIRED/,
  withdrawn: /WITHDRAWN/,
  executed: /REHEARSED|DONE/,
};

/**
 * I3 and I8 as Telegram saw them, once nothing is left to do: every tap that was answered as recorded is in the log, every
 * tap was told something, nothing is owed any more, and every message says how things stand.
 */
export function checkTelegram(
  snapshot: Snapshot,
  { telegram, mayBeUnanswered, mayHaveDied }: SeenOnTelegram,
): Violation[] {
  const found: Violation[] = [];
  const report = (invariant: string, message: string) => found.push({ invariant, message });
  const cards = new Map(snapshot.cards.map((card) => [card.id as string, card]));
  const requestOf = new Map(
    snapshot.buttons.map(({ ref, card_id }) => [
      ref as string,
      cards.get(card_id as string)?.request_id as string | null,
    ]),
  );
  const recorded = new Set(
    snapshot.events
      .filter(({ action }) => action === 'decision.recorded')
      .map(({ subject, detail }) => {
        const { person, verdict } = JSON.parse(detail as string) as Record<string, string>;
        return `${subject} ${person} ${verdict}`;
      }),
  );
  for (const tap of telegram.telegram.queries.taps) {
    const who = `${tap.user.firstName}'s tap ${tap.id.slice(-4)}`;
    if (tap.answer === undefined) {
      if (!mayBeUnanswered?.has(tap)) report('I3', `${who} was neither carried out nor refused: it was never answered`);
      continue;
    }
    const { text } = tap.answer;
    if (text === '') report('I3', `${who} was told nothing`);
    const verdict = recordedAs.find(([pattern]) => pattern.test(text))?.[1];
    const key = `request:${requestOf.get(tap.data)} ${tap.user.id} ${verdict}`;
    if (verdict && !recorded.has(key)) report('I3', `${who} was told “${text}”, and that is not recorded`);
  }
  const answered = telegram.telegram.queries.taps.filter(({ answer }) => answer !== undefined).length;
  if (snapshot.updates.length < answered)
    report('I3', `${answered} taps were answered, only ${snapshot.updates.length} updates are recorded`);
  for (const { id, state, error } of snapshot.updates)
    if (state !== 'handled') report('I3', `update ${id} is ${state}: ${error}`);
  for (const { id, state, error, ambiguous } of snapshot.deliveries) {
    if (['queued', 'sending', 'retrying'].includes(state as string))
      report('I8', `delivery ${id} is still ${state}: ${error}`);
    if (state === 'dead' && !mayHaveDied) report('I8', `delivery ${id} died: ${error}`);
    if ((ambiguous as number) > 2) report('I8', `delivery ${id} was sent ${ambiguous}× without an answer`);
  }
  found.push(...checkCards(snapshot, telegram, requestOf));
  return found;
}

/** Every message that shows a request shows its present state, and can be decided only while that is open. */
function checkCards(
  { requests, cardMessages, cards }: Snapshot,
  telegram: TelegramDouble,
  requestOf: ReadonlyMap<string, string | null | undefined>,
): Violation[] {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'cards', message });
  const byId = new Map<string, Row>(requests.map((request) => [request.id as string, request]));
  const shown = new Set<string>();
  const { chats: groups, users } = telegram.telegram;
  const privateChats = [...users.values()].map((user) => user.privately(telegram.bot));
  const chats = [...groups.values(), ...privateChats].filter(({ migratedTo }) => migratedTo === undefined);
  for (const chat of chats) {
    if (!chat.has(telegram.bot.id)) continue;
    for (const { id, content, keyboard, bot, deletedBy } of chat.messages.values()) {
      if (bot === undefined || deletedBy) continue;
      const known = cardMessages.find((row) => row.chat === String(chat.id) && row.message_id === id);
      const buttons = (keyboard?.inline_keyboard.flat() ?? []).flatMap((button) =>
        'callback_data' in button ? [button.callback_data] : [],
      );
      const card = cards.find((row) => row.id === known?.card_id);
      const requestId =
        (card?.request_id as string | undefined) ?? buttons.map((ref) => requestOf.get(ref)).find(Boolean);
      const request = requestId === undefined || requestId === null ? undefined : byId.get(requestId);
      if (request === undefined || known?.part === 'page' || known?.part === 'document') continue;
      const state = request.state as string;
      const what = `message ${id} in ${chat.id} about ${request.id} (${state}${known ? '' : ', a copy Gaia does not know'})`;
      if (endStates.includes(state) && buttons.length > 0)
        report(`${what} can still be tapped: “${content.text.slice(0, 80)}”`);
      if (known?.part !== 'copy' && words[state] && !words[state].test(content.text))
        report(`${what} says “${content.text.slice(0, 80)}”`);
      shown.add(request.id as string);
    }
  }
  for (const { id, shown_at } of requests)
    if (shown_at !== null && !shown.has(id as string)) report(`${id} counts as shown, and no message shows it`);
  return found;
}

import type { Chat } from '../chat.ts';
import type { HttpReply, HttpRequest } from '../http-server.ts';
import type { TelegramDouble } from '../telegram-double.ts';
import type { User } from '../user.ts';
import { chatPage } from './chat-page.ts';

/** How long an answer to a tap stays. */
const answerShownMs = 6_000;

/** The pages on which a person plays the people of a double: its first group, and each private chat with the bot. */
export function playPage(): (request: HttpRequest, double: TelegramDouble) => Promise<HttpReply> {
  const dismissed = new Set<string>();
  return async (request, double) => {
    const { pathname } = request.url;
    if (!isFromHere(request)) return plain(403, 'This page answers only its own machine.');
    if (pathname === '/live') return live(request, double);
    if (pathname.startsWith('/document/')) return document(double, decodeURIComponent(pathname.slice(10)));
    const people = [...double.telegram.users.values()];
    const [, id, place, verb] = /^\/as\/(\d+)\/(group|bot)(?:\/(write|tap|dismiss))?$/.exec(pathname) ?? [];
    const person = people.find((user) => user.id === Number(id));
    const group = double.telegram.chats.values().next().value as Chat;
    if (pathname === '/') return redirect(`/as/${people[0]?.id}/group`);
    if (person === undefined) return plain(404, 'There is no such page.');
    const chat = place === 'group' ? group : person.privately();
    const path = `/as/${person.id}/${place}`;
    if (verb === undefined) return show(request, double, { person, people, chat, group, path }, dismissed);
    if (request.method !== 'POST') return redirect(path);
    const form = new URLSearchParams(request.body.toString());
    if (verb === 'write') write(person, chat, form);
    if (verb === 'tap') tap(person, chat, form);
    if (verb === 'dismiss') dismissed.add(form.get('tap') ?? '');
    return redirect(path);
  };
}

interface Place {
  person: User;
  people: User[];
  chat: Chat;
  group: Chat;
  path: string;
}

function show(request: HttpRequest, double: TelegramDouble, place: Place, dismissed: Set<string>): HttpReply {
  const { person, chat, group } = place;
  const newest = double.telegram.queries.taps.findLast(({ user }) => user === person);
  const age = double.telegram.clock.now() - (newest?.answer?.at ?? newest?.at ?? 0);
  const isShown = newest && !dismissed.has(newest.id) && (newest.answer?.isAlert || age < answerShownMs);
  const reply = request.url.searchParams.get('reply');
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: chatPage({
      ...place,
      chats: [
        { name: group.title, path: `/as/${person.id}/group`, isOpen: chat === group },
        { name: `${double.bot.user.first_name} (private)`, path: `/as/${person.id}/bot`, isOpen: chat !== group },
      ],
      replyTo: reply === null ? undefined : Number(reply),
      tap: isShown ? newest : undefined,
      timeZone: undefined,
    }),
  };
}

function write(person: User, chat: Chat, form: URLSearchParams): void {
  const text = (form.get('text') ?? '').trim();
  const id = Number(form.get('replyTo') ?? 0);
  if (text !== '') person.writes(chat, text, chat.messages.has(id) ? { replyTo: { chat, id } } : {});
}

/** A button that has gone in the meantime is not pressed. */
function tap(person: User, chat: Chat, form: URLSearchParams): void {
  const message = chat.messages.get(Number(form.get('message') ?? 0));
  const [row = 0, column = 0] = (form.get('place') ?? '').split(' ').map(Number);
  const button = message?.keyboard?.inline_keyboard[row]?.[column];
  if (message && button && 'callback_data' in button) person.taps(message, button.callback_data);
}

function live({ gone }: HttpRequest, { telegram }: TelegramDouble): HttpReply {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    body: 'retry: 1000\n\n',
    stream: (write) => {
      const stop = telegram.onChange(() => write('data: changed\n\n'));
      gone.addEventListener('abort', () => stop());
    },
  };
}

function document({ telegram }: TelegramDouble, fileId: string): HttpReply {
  const chats = [...telegram.chats.values(), ...[...telegram.users.values()].map((user) => user.privately())];
  const messages = chats.flatMap((chat) => [...chat.messages.values()]);
  const found = messages.find((message) => message.document?.fileId === fileId)?.document;
  return found ? plain(200, found.content) : plain(404, 'There is no such document.');
}

/** Neither another site nor a name that was bent to this machine may press buttons here. */
function isFromHere({ headers, method }: HttpRequest): boolean {
  const host = headers.host ?? '';
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)) return false;
  return method !== 'POST' || headers.origin === undefined || headers.origin === `http://${host}`;
}

const redirect = (to: string): HttpReply => ({ status: 303, headers: { location: to }, body: '' });

const plain = (status: number, body: string | Buffer): HttpReply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body,
});

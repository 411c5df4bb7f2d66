import { readFileSync } from 'node:fs';
import type { InlineKeyboardButton } from 'grammy/types';
import type { Tap } from '../callback-queries.ts';
import type { Chat } from '../chat.ts';
import { type SeenMessage, seenMessages } from '../seen.ts';
import type { User } from '../user.ts';
import { escapeHtml, formatted } from './formatted.ts';

export interface ChatView {
  person: User;
  people: readonly User[];
  chat: Chat;
  /** with their addresses */
  chats: readonly { name: string; path: string; isOpen: boolean }[];
  /** the address of this chat as this person */
  path: string;
  /** the message that is being replied to */
  replyTo: number | undefined;
  /** the newest tap of this person, while its answer is to be seen */
  tap: Tap | undefined;
  timeZone: string | undefined;
}

const asset = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** A chat as one person sees it now. */
export function chatPage(view: ChatView): string {
  const { person, people, chats, chat, path } = view;
  const messages = seenMessages(chat);
  const replied = messages.find(({ id }) => id === (view.replyTo ?? askedFor(messages)));
  const personLinks = people.map(
    (each) =>
      `<a href="/as/${each.id}/group"${each === person ? ' aria-current="true"' : ''}>${escapeHtml(each.firstName)}</a>`,
  );
  const chatLinks = chats.map(
    (each) => `<a href="${each.path}"${each.isOpen ? ' aria-current="page"' : ''}>${escapeHtml(each.name)}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(chat.title)} as ${escapeHtml(person.firstName)}</title>
<style>${asset('style.css')}</style>
<div id="all">
<header>
<p>A stand-in for Telegram, on this machine only</p>
<nav aria-label="People"><span>You are</span>${personLinks.join('')}</nav>
<nav aria-label="Chats">${chatLinks.join('')}</nav>
</header>
<main id="chat" aria-live="polite">${messages.map((message) => bubble(view, messages, message)).join('') || nothingYet(chat)}</main>
<div id="said">${answerOf(view)}</div>
<div class="write">
${replied ? `<span class="quote">Reply to: ${escapeHtml(excerpt(replied))} <a href="${path}?reply=0">cancel</a></span>` : ''}
<form method="post" action="${path}/write">
<input type="hidden" name="replyTo" value="${replied?.id ?? ''}">
<textarea name="text" rows="1" required placeholder="Message" aria-label="Message"></textarea>
<button>Send</button>
</form>
</div>
</div>
<script type="module">${asset('live.js')}</script>
`;
}

function bubble(view: ChatView, messages: readonly SeenMessage[], message: SeenMessage): string {
  const isMine = !message.isFromBot && view.chat.messages.get(message.id)?.from?.id === view.person.id;
  const replied = messages.find(({ id }) => id === message.replyTo);
  const time = new Date(message.date * 1_000).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(view.timeZone === undefined ? {} : { timeZone: view.timeZone }),
  });
  const marks = [message.isPinned ? 'pinned' : '', message.isEdited ? 'edited' : '', message.reactions.join(' ')];
  const file = view.chat.messages.get(message.id)?.document;
  const document = file
    ? `<a href="/document/${encodeURIComponent(file.fileId)}" target="_blank">📄 ${escapeHtml(file.name)} (${file.content.length.toLocaleString('en')} bytes)</a>\n`
    : '';
  return `<article class="message${isMine ? ' mine' : ''}" id="m${message.id}"><div class="bubble">${
    isMine ? '' : `<div class="from">${escapeHtml(message.from)}</div>`
  }${replied ? `<span class="quote">${escapeHtml(excerpt(replied))}</span>` : ''}${document}${formatted(
    message.text,
    message.entities,
  )}<div class="meta"><a href="${view.path}?reply=${message.id}">Reply</a>${escapeHtml(
    marks.filter((mark) => mark !== '').join(' · '),
  )} ${time}</div></div>${keyboard(view, message)}</article>`;
}

function keyboard({ path, chat }: ChatView, { id }: SeenMessage): string {
  const rows = chat.messages.get(id)?.keyboard?.inline_keyboard ?? [];
  return rows
    .map((row, y) => `<div class="buttons">${row.map((each, x) => button(path, id, each, `${y} ${x}`)).join('')}</div>`)
    .join('');
}

function button(path: string, id: number, each: InlineKeyboardButton, place: string): string {
  const style = 'style' in each && each.style ? ` class="${escapeHtml(each.style)}"` : '';
  if (!('callback_data' in each)) return `<span>${escapeHtml(each.text)}</span>`;
  return `<form method="post" action="${path}/tap"><input type="hidden" name="message" value="${id}"><input type="hidden" name="place" value="${place}"><button${style}>${escapeHtml(each.text)}</button></form>`;
}

function answerOf({ tap, path }: ChatView): string {
  if (tap === undefined) return '';
  if (tap.answer === undefined) return '<div class="toast" role="status">Waiting for the bot …</div>';
  if (tap.answer.text === '') return '';
  if (!tap.answer.isAlert) return `<div class="toast" role="status">${escapeHtml(tap.answer.text)}</div>`;
  return `<dialog open>${escapeHtml(tap.answer.text)}<form method="post" action="${path}/dismiss"><input type="hidden" name="tap" value="${tap.id}"><button class="ok">OK</button></form></dialog>`;
}

const nothingYet = (chat: Chat): string =>
  `<p class="empty">${chat.kind === 'private' ? 'Write /start to begin.' : 'Nothing here yet. Ask Gaia for something.'}</p>`;

const excerpt = ({ text, document }: SeenMessage): string => (text || document?.name || '').slice(0, 80);

/** The newest message, where it opens a reply to itself. */
const askedFor = (messages: readonly SeenMessage[]): number | undefined =>
  messages.at(-1)?.asksForReply ? messages.at(-1)?.id : undefined;

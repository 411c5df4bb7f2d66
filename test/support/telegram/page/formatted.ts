import type { MessageEntity } from 'grammy/types';

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const tags: Partial<Record<MessageEntity['type'], string>> = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  expandable_blockquote: 'blockquote',
  bot_command: 'u',
};

/** A text with its entities as HTML; sorted by offset, the longer ones first. */
export function formatted(text: string, entities: readonly MessageEntity[], from = 0, to = text.length): string {
  let html = '';
  let at = from;
  for (const [index, entity] of entities.entries()) {
    const end = entity.offset + entity.length;
    if (entity.offset < at || end > to) continue;
    const inner = entities.slice(index + 1).filter((each) => each.offset + each.length <= end);
    html += escapeHtml(text.slice(at, entity.offset));
    html += wrapped(entity, formatted(text, inner, entity.offset, end));
    at = end;
    // A block ends its line by itself.
    if (entity.type === 'pre' && text[at] === '\n') at += 1;
  }
  return html + escapeHtml(text.slice(at, to));
}

function wrapped(entity: MessageEntity, html: string): string {
  if (entity.type === 'text_link' && /^https?:/.test(entity.url)) {
    return `<a href="${escapeHtml(entity.url)}" rel="noreferrer" target="_blank">${html}</a>`;
  }
  const tag = tags[entity.type];
  return tag === undefined ? html : `<${tag}>${html}</${tag}>`;
}

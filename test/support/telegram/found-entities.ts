import type { MessageEntity } from 'grammy/types';

const patterns = [
  { type: 'url', pattern: /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g },
  { type: 'email', pattern: /(?<![\w.])[\w.+-]+@[\w-]+\.[a-z]{2,}\b/gi },
  { type: 'url', pattern: /(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|sh|me|de)\b(?:\/[^\s]*)?/gi },
  { type: 'mention', pattern: /(?<![\w/@])@[a-z]\w{3,31}\b/gi },
  { type: 'bot_command', pattern: /(?<![\w/<>])\/[a-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])/gi },
  { type: 'hashtag', pattern: /(?<![\w#])#\p{L}[\p{L}\p{N}_]*/gu },
] as const;

/** Links, addresses, commands, mentions and hashtags that Telegram finds by itself, outside code and links. */
export function foundEntities(text: string, given: readonly MessageEntity[]): MessageEntity[] {
  const closed = given.filter(({ type }) => !isStyle(type));
  const found: MessageEntity[] = [];
  for (const { type, pattern } of patterns) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length };
      if (![...closed, ...found].some((other) => overlaps(entity, other))) found.push(entity);
    }
  }
  return found;
}

const isStyle = (type: MessageEntity['type']): boolean =>
  ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'blockquote', 'expandable_blockquote'].includes(type);

const overlaps = (a: { offset: number; length: number }, b: { offset: number; length: number }): boolean =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;

import type { MessageEntity } from 'grammy/types';
import { badRequest } from './bot-api-error.ts';
import type { FormattedText } from './text.ts';

const types: Record<string, MessageEntity['type']> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  a: 'text_link',
};

const characters: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** `parse_mode: HTML`, with Telegram's words for what it cannot read. Byte offsets are those of the source. */
export function readHtml(source: string): FormattedText {
  let text = '';
  const entities: MessageEntity[] = [];
  const open: { tag: string; offset: number; attributes: string }[] = [];
  const bytes = (at: number) => Buffer.byteLength(source.slice(0, at));
  const fail = (reason: string) => badRequest(`can't parse entities: ${reason}`);

  for (const piece of source.matchAll(/<[^>]*>?|&(?:#(\d+)|#x([0-9a-f]+)|(\w+));|[^<&]+|&/giu)) {
    const [whole, decimal, hexadecimal, named] = piece;
    if (whole.startsWith('<')) {
      const tag = /^<(\/?)([a-z][\w-]*)([^>]*)>$/iu.exec(whole);
      if (tag === null)
        throw fail(`Unsupported start tag "${whole.slice(1).trim()}" at byte offset ${bytes(piece.index)}`);
      const name = (tag[2] ?? '').toLowerCase();
      if (tag[1] === '') {
        if (types[name] === undefined) {
          throw fail(`Unsupported start tag "${name}" at byte offset ${bytes(piece.index)}`);
        }
        open.push({ tag: name, offset: text.length, attributes: tag[3] ?? '' });
        continue;
      }
      const last = open.pop();
      if (last === undefined) throw fail(`Unexpected end tag at byte offset ${bytes(piece.index)}`);
      if (last.tag !== name) {
        throw fail(
          `Unmatched end tag at byte offset ${bytes(piece.index)}, expected "</${last.tag}>", found "</${name}>"`,
        );
      }
      entities.push(entityOf(last, text.length - last.offset));
      continue;
    }
    if (decimal !== undefined) text += String.fromCodePoint(Number(decimal));
    else if (hexadecimal !== undefined) text += String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    else text += (named === undefined ? undefined : characters[named]) ?? whole;
  }
  const left = open.at(-1);
  if (left !== undefined) throw fail(`Can't find end tag corresponding to start tag "${left.tag}"`);
  return { text, entities };
}

function entityOf(open: { tag: string; offset: number; attributes: string }, length: number): MessageEntity {
  const { tag, offset, attributes } = open;
  const url = /href\s*=\s*"([^"]*)"/i.exec(attributes)?.[1];
  if (tag === 'a') return { type: 'text_link', offset, length, url: url ?? '' };
  if (tag === 'blockquote' && /\bexpandable\b/.test(attributes))
    return { type: 'expandable_blockquote', offset, length };
  return { type: types[tag] ?? 'bold', offset, length } as MessageEntity;
}

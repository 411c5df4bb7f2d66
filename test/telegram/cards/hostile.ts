import fc from 'fast-check';
import { expect } from 'vitest';
import { unvisible } from '../../../src/core/text/visible.ts';
import type { Card } from '../../../src/telegram/cards/card.ts';
import type { Text } from '../../../src/telegram/texts/text.ts';

const nasty = [
  'a', 'b', ' ', '  ', '\n', '\t', '\r', '\u202e', '\u200b', '\u200d', '\ufeff', '👩‍👩‍👧', '🇩🇪', 'e\u0301', '*', '_', '`', '<b>', '&amp;',
  '/rm', '@grace', '#tag', 'https://evil.example/x', 'evil.sh', '[0] ', '[1…] ', '1: ', '│ ', '⟨', '⟩', 'א', 'а', '\u2800', '\u{1f468}', '$HOME', '\\',
]; // biome-ignore format: a table of signs

export const hostileText = (max = 60): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...nasty), maxLength: max });

/** Everything that Telegram leaves as it is: what was sent is what will be echoed. */
export function expectToArriveAsSent({ text, entities }: Text): void {
  expect(text.length).toBeLessThanOrEqual(4_096);
  expect(text).not.toBe('');
  expect(text.isWellFormed()).toBe(true);
  expect(text.trim()).toBe(text);
  expect(text).not.toMatch(/[\r\t\0\u200b\u202e\ufeff]/);
  expect(entities.length).toBeLessThanOrEqual(100);
  let end = 0;
  for (const { type, offset, length } of [...entities].sort((one, other) => one.offset - other.offset)) {
    expect(['bold', 'code', 'pre']).toContain(type);
    expect(length).toBeGreaterThan(0);
    expect(offset).toBeGreaterThanOrEqual(end === 0 ? 0 : end + 1);
    end = offset + length;
    expect(end).toBeLessThanOrEqual(text.length);
    const inside = text.slice(offset, end);
    expect(inside.trim()).toBe(inside);
    expect(inside.isWellFormed()).toBe(true);
  }
  expect(outsideCode({ text, entities })).not.toMatch(/[@#$/]|\w\.\w|:\/\//);
}

/** What Telegram would search for links, mentions, tags and commands. */
const outsideCode = ({ text, entities }: Text): string =>
  entities
    .filter(({ type }) => type !== 'bold')
    .toSorted((one, other) => other.offset - one.offset)
    .reduce((rest, { offset, length }) => `${rest.slice(0, offset)}¤${rest.slice(offset + length)}`, text);

/** The values that a card shows after labels, read back: from the entities of its pages, or from its document. */
export function readBack(card: Card, label: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  const take = (name: string, isRest: boolean, shown: string) =>
    found.set(name, isRest ? (found.get(name) ?? '') + shown : shown);
  for (const [before, shown] of card.document ? linesOf(card.document.content) : card.pages.flatMap(codesOf)) {
    const [, name, rest] = label.exec(before) ?? [];
    if (name !== undefined) take(name, rest === '…', shown);
  }
  return new Map([...found].map(([name, shown]) => [name, unvisible(shown)]));
}

const codesOf = ({ text, entities }: Text): [string, string][] =>
  entities
    .filter(({ type }) => type === 'code')
    .map(({ offset, length }) => [
      text.slice(text.lastIndexOf('\n', offset) + 1, offset),
      text.slice(offset, offset + length),
    ]);

const linesOf = (content: string): [string, string][] =>
  content.split('\n').flatMap((line): [string, string][] => {
    const [label] = /^(?:\[\d+\]|[A-Za-z_]\w* =|\d+:|\d+\.) /.exec(line) ?? [];
    return label === undefined ? [] : [[label, line.slice(label.length)]];
  });

export const argvIn = (card: Card): string[] => [...readBack(card, /^\[(\d+)(…?)\] $/).values()];
export const envIn = (card: Card): Record<string, string> =>
  Object.fromEntries(readBack(card, /^([A-Za-z_]\w*)(…?) = $/));
/** Empty lines are shown as nothing after their number; they are no code. */
export const stdinIn = (card: Card, lines: number): string => {
  const found = readBack(card, /^(\d+)(…?): $/);
  return Array.from({ length: lines }, (_, index) => found.get(String(index + 1)) ?? '').join('\n');
};

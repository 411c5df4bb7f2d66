import { expect, test } from 'vitest';
import { renderList } from '../../../src/telegram/cards/list.ts';
import { expectToArriveAsSent } from './hostile.ts';
import { asRead, aWaiting, aWaitingCommand, facts } from './requests.ts';

test('a list card shows many requests, each with its own Show, and decides nothing', () => {
  const requests = [
    aWaiting(),
    aWaitingCommand({ argv: ['sudo', 'rm', '-rf', '/'] }, { id: 'r-BBBBBB', tier: 'high', isTest: true }),
  ];
  const card = renderList(requests, 30, facts);
  expect(asRead(card)).toMatchInlineSnapshot(`
    "● 30 requests waiting
    Press Show to see one whole and decide.

    1. r-7F3K2Q · REHEARSAL ○ Normal
    builder: make deploy
    until 10:30 CET (in 29 min)

    2. r-BBBBBB · TEST · REHEARSAL ▲ High risk
    builder: sudo rm -rf /
    until 10:30 CET (in 29 min)

    28 more requests after these.
    ───
    [1. Show r-7F3K2Q] [2. Show r-BBBBBB]"
  `);
  for (const page of card.pages) expectToArriveAsSent(page);
});

test('a list card holds 20 at most, within every limit', () => {
  const many = Array.from({ length: 40 }, (_, index) =>
    aWaitingCommand(
      { argv: [`/${index}`, '@x'.repeat(99)] },
      { id: `r-AAAA${index + 10}`, askedBy: `agent:${'a.'.repeat(32)}` },
    ),
  );
  const card = renderList(many, 40, { ...facts, names: () => '/'.repeat(99) });
  for (const page of card.pages) expectToArriveAsSent(page);
  expect(card.keyboard.flat()).toHaveLength(20);
  expect(card.keyboard.flat().every(({ text }) => /^\d+\. Show r-/.test(text))).toBe(true);
  expect(renderList(many, 40, { ...facts, now: facts.now + 1_000 }).digestOfRendering).toBe(
    renderList(many, 40, facts).digestOfRendering,
  );
});

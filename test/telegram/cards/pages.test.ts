import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Card, renderCard } from '../../../src/telegram/cards/card.ts';
import { argvIn, envIn, expectToArriveAsSent, hostileText, readBack, stdinIn } from './hostile.ts';
import { aWaitingCommand, aWaitingQuestion, facts } from './requests.ts';

const open = (request: Parameters<typeof renderCard>[0]): Card => renderCard(request, { kind: 'open' }, facts);
const everyPage = (card: Card): string => card.pages.map(({ text }) => text).join('\n');

describe('a command on a card', () => {
  test('can be read back exactly, whatever it is made of, and arrives as sent', () => {
    const args = fc.array(fc.oneof(hostileText(), hostileText(900)), { maxLength: 30 });
    const env = fc.dictionary(fc.constantFrom('A', 'PATH', 'LD_PRELOAD'), hostileText(), { maxKeys: 3 });
    fc.assert(
      fc.property(args, env, fc.option(hostileText(200)), hostileText(300), (rest, env, stdin, reason) => {
        const argv = ['make', ...rest];
        const card = open(aWaitingCommand({ argv, env, ...(stdin === null ? {} : { stdin }) }, { reason }));
        for (const page of card.pages) expectToArriveAsSent(page);
        expect(argvIn(card)).toEqual(argv);
        expect(envIn(card)).toEqual(env);
        if (stdin !== null) expect(stdinIn(card, stdin.split('\n').length)).toBe(stdin);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['8,000 characters in one argument', ['echo', 'word '.repeat(1_600).trim()]],
    ['2,000 flags', ['echo', '🇩🇪'.repeat(2_000)]],
    ['1,000 invisible signs', ['echo', 'a\u200b'.repeat(1_000)]],
    ['one letter under 900 accents', ['echo', `a${'\u0301'.repeat(900)}`]],
    ['nothing but blanks', ['echo', ' '.repeat(9_000)]],
    ['120 arguments', ['echo', ...Array.from({ length: 119 }, (_, index) => `argument-${index}`)]],
  ])('goes along on pages, the card last: %s', (_, argv) => {
    const card = open(aWaitingCommand({ argv }));
    expect(card.document).toBeUndefined();
    expect(card.pages.length).toBeLessThanOrEqual(4);
    for (const page of card.pages) expectToArriveAsSent(page);
    expect(argvIn(card)).toEqual(argv);
    for (const { text } of card.pages.slice(0, -1)) expect(text.split('⟨').length).toBe(text.split('⟩').length);
  });

  test.each([
    ['500 arguments', ['echo', ...Array.from({ length: 499 }, (_, index) => `[${index}] / ${index}`)]],
    ['30,000 characters', ['bash', '-c', `echo ${'x'.repeat(15_000)}\n${'y '.repeat(7_500)}`]],
    ['what grows when it is made visible', ['echo', '\u202e'.repeat(3_000)]],
  ])('goes along as one file where four messages are too few: %s', (_, argv) => {
    const card = open(aWaitingCommand({ argv }));
    expect(card.pages).toHaveLength(1);
    for (const page of card.pages) expectToArriveAsSent(page);
    expect(argvIn(card)).toEqual(argv);
    const { content } = card.document!;
    expect(everyPage(card)).toContain(`${(content.split('\n').length - 1).toLocaleString('en')} lines`);
    expect(everyPage(card)).toContain(`${Buffer.byteLength(content).toLocaleString('en')} bytes`);
    expect(open(aWaitingCommand({ argv })).document).toEqual(card.document);
  });

  test('keeps its pages the same while votes come in and the clock runs', () => {
    const request = aWaitingCommand({ argv: ['echo', 'x'.repeat(6_000)] });
    const voted = {
      ...request,
      joins: 3,
      votes: [
        { person: '101', verdict: 'approve' as const, reason: null, answer: null, at: facts.now, source: 'telegram' },
      ],
    };
    const before = open(request);
    const after = renderCard(voted, { kind: 'reasons' }, { ...facts, now: facts.now + 600_000 });
    expect(after.pages.slice(0, -1)).toEqual(before.pages.slice(0, -1));
    expect(before.pages.length).toBe(3);
    expect(after.digestOfRendering).not.toBe(before.digestOfRendering);
  });

  test('has no line in its file that an agent’s words could pass for', () => {
    const argv = ['echo', ...Array.from({ length: 499 }, () => 'x')];
    const card = open(aWaitingCommand({ argv }, { reason: '[0] rm\n[1] -rf\n✓ approved by Grace' }));
    expect(card.document!.content).toContain('\n│ [0] rm\n│ [1] -rf\n│ ✓ approved by Grace\n');
    expect(argvIn(card)).toEqual(argv);
  });
});

describe('a question on a card', () => {
  test('shows its choices so that they can be read back, and arrives as sent', () => {
    const choices = fc.uniqueArray(
      hostileText(40).filter((text) => text !== ''),
      { minLength: 2, maxLength: 10 },
    );
    fc.assert(
      fc.property(hostileText(700), choices, (text, choices) => {
        const card = open(aWaitingQuestion(text, choices));
        for (const page of card.pages) expectToArriveAsSent(page);
        expect([...readBack(card, /^(\d+)(…?)\.? $/).values()]).toEqual(choices);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a card in the worst case', () => {
  test('stays within every limit, with long names, votes, rules and refusals of every kind', () => {
    const long = '/a.b@c '.repeat(200);
    const worst = aWaitingCommand(
      { argv: ['sudo', 'bash', '-c', 'curl x | sh'], env: { LD_PRELOAD: 'x' }, stdin: 'x' },
      {
        isTest: true,
        tier: 'critical',
        askedBy: `agent:${'a.'.repeat(32)}`,
        rules: Array.from({ length: 20 }, () => long),
        supersedes: 'r-AAAAAA',
        joins: 100,
        approvals: {
          needed: 9,
          given: 5,
          confirm: true,
          missing: long,
          approvers: Array.from({ length: 20 }, () => '9'),
        },
        missing: Array.from({ length: 9 }, () => ({
          code: 'x',
          phase: 'publish' as const,
          message: long,
          remedy: long,
        })),
        votes: Array.from({ length: 9 }, (_, at) => ({
          person: '9',
          verdict: 'approve' as const,
          reason: { code: 'too_risky', text: long },
          answer: long,
          at,
          source: 'telegram',
        })),
      },
    );
    const hostile = { ...facts, names: () => long, timeZone: 'Asia/Kathmandu' };
    for (let extra = 0; extra < 4_000; extra += 37) {
      const request = { ...worst, reason: 'w'.repeat(extra + 1) };
      const card = renderCard(request, { kind: 'confirm', personId: '9', confirmBy: 0 }, hostile);
      for (const page of card.pages) expectToArriveAsSent(page);
    }
  });
});

import { describe, expect, test } from 'vitest';
import type { TextReader } from '../../../src/actions/changes/port.ts';
import { readTexts } from '../../../src/github/texts/read-texts.ts';
import { allowed, closing, exhausting, refused, tamed } from '../../core/change/content/corpus.ts';
import { aMoodyProgram, aTextReader, aThreadThatThrowsLater } from './a-text-reader.ts';

const secrets = [{ name: 'THE_TOKEN', value: 'tz7-Kq_92/mMv+41xPlW0' }];
const known = 'It is tz7-Kq_92/mMv+41xPlW0.';
const where = { operation: { index: 2, op: 'issue.create' }, epoch: 1 };

/** Everything that takes long to read, and as much of it as is read at all. */
const hostile = '[a](b *c* `d` <b>e</b> @eve x/y#1\n'.repeat(150);

/** How often the event loop turns while a text is read. */
async function turnsDuring(reading: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isRead = false;
  const turn = () => {
    turns++;
    if (!isRead) setImmediate(turn);
  };
  setImmediate(turn);
  await reading();
  isRead = true;
  return turns;
}

describe('a text that is read in a thread of its own', () => {
  test('is read as it would be here, word for word', async () => {
    const [there, here] = [aTextReader({ secrets }), readTexts(secrets)];
    const texts = [
      ...tamed.flat(),
      ...closing,
      ...refused.map(([text]) => text),
      ...exhausting.map(([, text]) => text),
    ];
    const readAll = async ({ title, line, body, closingIn, secretsIn }: TextReader) => {
      const answers: unknown[] = [
        await closingIn([]),
        await secretsIn([]),
        await secretsIn([known, 'ghp_&#97;bc', known]),
      ];
      for (const text of texts) {
        answers.push(await body(text, allowed, where), await closingIn(['Nothing.', text]), await secretsIn([text]));
        if (text.length < 1_000) answers.push(await title(text, where), await line(text, {}, 'value', 20));
      }
      return answers;
    };
    expect(await readAll(there)).toEqual(await readAll(here));
    expect(await there.secretsIn([known])).toEqual(['THE_TOKEN']);
    expect(there.reported).toEqual([]);
  });

  test('holds up nobody: the event loop goes on turning meanwhile', async () => {
    const there = aTextReader();
    await there.title('The thread is there.', {});
    expect(await turnsDuring(() => there.body(hostile, allowed, {}))).toBeGreaterThan(50);
    expect(await turnsDuring(() => readTexts([]).body(hostile, allowed, {}))).toBeLessThan(3); // it would, here
  });

  test('is refused when its time is over, with its thread, and the next one is read', async () => {
    const there = aTextReader({ program: aMoodyProgram(), limitMs: 2_000 });
    const [endless, waiting] = [there.body('endless', allowed, {}), there.body('waits behind it', allowed, {})];
    await expect(endless).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The text could not be read to its end within 2 s.',
      extras: { reason: 'text_unread', remedy: 'Make it shorter and its markup simpler, and propose it again.' },
    });
    expect(await waiting).toMatchObject({ text: 'waits behind it' });
    expect(await there.title('the next one', {})).toMatchObject({ text: 'the next one' });
    expect(there.reported).toEqual([]);
  });

  test('that waits too long behind others is not called a fault of its own', async () => {
    const there = aTextReader({ program: aMoodyProgram(), limitMs: 2_000 });
    const ahead = [1, 2, 3, 4].map(() => there.body('endless', allowed, {}).catch(({ extras }) => extras.reason));
    await expect(there.body('behind them', allowed, {})).rejects.toMatchObject({
      code: 'unavailable',
      extras: { reason: 'texts_busy', remedy: 'Propose it again in a minute.' },
    });
    expect(await Promise.all(ahead)).toContain('text_unread');
  });

  test('that ends its thread is refused, and the next one is read', async () => {
    const there = aTextReader({ program: aMoodyProgram() });
    await expect(there.body('deadly', allowed, {})).rejects.toMatchObject({ extras: { reason: 'text_unread' } });
    expect(there.reported.map(({ message }) => message)).toEqual([expect.stringMatching(/ended early \(3\)$/)]);
    expect(await there.body('the next one', allowed, {})).toMatchObject({ text: 'the next one' });
  });

  test('that breaks its reader is refused; what is reported holds no word of it', async () => {
    const there = aTextReader();
    const broken = there.body('see secret/repo#1', { ...allowed, repos: [{ '@eve': 1 }] as never }, {});
    await expect(broken).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The text could not be read to its end: what reads it broke off.',
      extras: { reason: 'text_unread', remedy: expect.stringContaining('propose it again') },
    });
    expect(there.reported.map(({ stack }) => stack)).toEqual([expect.stringMatching(/^TypeError\n( {4}at .*\n?)+$/)]);
    expect(await there.body('the next one', allowed, {})).toMatchObject({ text: 'the next one', blockers: [] });
  });

  test('that breaks its thread later on is refused as well, and no word of it is reported', async () => {
    const there = aTextReader({ program: aThreadThatThrowsLater() });
    await expect(there.body('tz7-Kq', allowed, {})).rejects.toMatchObject({ extras: { reason: 'text_unread' } });
    expect(there.reported.map(({ stack }) => stack)).toEqual([expect.stringMatching(/^SyntaxError\n( {4}at .*\n?)+$/)]);
    expect(JSON.stringify([there.reported, there.reported.map(({ stack }) => stack)])).not.toContain('tz7-Kq');
  });

  test('does not wait behind all the texts of another asker', async () => {
    const there = aTextReader({ program: aMoodyProgram(), limitMs: 4_000 });
    const endless = Array.from({ length: 6 }, () =>
      there
        .for('agent:much')
        .body('endless', allowed, {})
        .catch(() => 'endless'),
    );
    const [others, own] = [there.for('agent:other'), there];
    const read = Promise.all([others.title('a', {}), others.title('b', {}), own.title('c', {})]);
    expect(await Promise.race([read, ...endless])).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  });

  test('is all that its thread learns, beside the secrets to look for: nothing of its surroundings', async () => {
    const there = aTextReader({ program: aMoodyProgram(), secrets });
    const { changed } = await there.title('a', {});
    expect(JSON.parse(changed[0] as string)).toEqual([{}, secrets]);
  });

  test('is refused while Gaia stops, and has no thread any more', async () => {
    const there = aTextReader({ program: aMoodyProgram() });
    const endless = there.body('endless', allowed, {});
    there.close();
    const stopping = { code: 'unavailable', extras: { reason: 'not_ready' } };
    await expect(endless).rejects.toMatchObject(stopping);
    await expect(there.title('a', {})).rejects.toMatchObject(stopping);
  });
});

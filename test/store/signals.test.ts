import { describe, expect, test } from 'vitest';
import { Signals } from '../../src/store/signals.ts';

const head = (seq: number) => ({ seq, hash: String(seq), at: seq });
const told = () => new Promise((resolve) => setImmediate(resolve));

describe('the signals of a store', () => {
  test('tell of each head once, and never of an older one', async () => {
    const signals = new Signals(3);
    const heard: number[] = [];
    signals.onAppended(({ seq }) => heard.push(seq));
    for (const seq of [3, 4, 4, 6, 5]) signals.appended(head(seq));
    await told();
    expect(heard).toEqual([4, 6]);
  });

  test('tell why the store stopped once, also those who ask later', async () => {
    const signals = new Signals(0);
    const heard: string[] = [];
    signals.onFatal((error) => heard.push(`early: ${error.message}`));
    signals.fatal(new Error('first'));
    signals.fatal(new Error('second'));
    const forget = signals.onFatal((error) => heard.push(`late: ${error.message}`));
    forget();
    await told();
    expect(heard).toEqual(['early: first', 'late: first']);
  });
});

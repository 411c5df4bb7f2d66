import { describe, expect, test } from 'vitest';
import { LiveOutput } from '../../src/executor/live-output.ts';
import { outputSecrets } from '../../src/executor/output-secrets.ts';

const value = 'two words of a secret';
const secrets = outputSecrets([{ name: 'KEY', value }], []);

/** What a reader has seen who adds what is new by `end`. */
function reader(live: LiveOutput) {
  let seen = '';
  let known = 0;
  return {
    hears(text: string | Buffer) {
      live.add(Buffer.from(text));
      const { text: shown, end } = live.newest();
      seen += shown.slice(Math.max(0, shown.length - (end - known)));
      known = end;
      return seen;
    },
  };
}

describe('live output', () => {
  test('tells what is new, each part once', () => {
    const anyone = reader(new LiveOutput(secrets));
    expect(anyone.hears('one\n')).toBe('one\n');
    expect(anyone.hears('')).toBe('one\n');
    expect(anyone.hears('two\nthr')).toBe('one\ntwo\n');
    expect(anyone.hears('ee\n')).toBe('one\ntwo\nthree\n');
  });

  test('never shows half of a secret', () => {
    for (let cut = 1; cut < value.length; cut += 1) {
      const anyone = reader(new LiveOutput(secrets));
      expect(anyone.hears(`now ${value.slice(0, cut)}`)).toBe('now ');
      expect(anyone.hears(`${value.slice(cut)}\n`)).toBe('now ⟨redacted: KEY⟩\n');
    }
  });

  test('knows a secret by what stood before it', () => {
    const anyone = reader(new LiveOutput(secrets));
    anyone.hears('Authorization: Bearer ');
    expect(anyone.hears('abcdefgh12345678ijkl\n')).not.toContain('12345678');
  });

  test('keeps characters whole', () => {
    const anyone = reader(new LiveOutput(secrets));
    const bytes = Buffer.from('größe\n');
    anyone.hears(bytes.subarray(0, 3));
    expect(anyone.hears(bytes.subarray(3))).toBe('größe\n');
  });

  test('shows the last of a flood, and no end of a secret that was left out', () => {
    const live = new LiveOutput(secrets);
    const token = `ghp_${'a1B2'.repeat(9)}`;
    for (let at = 0; at < 40; at += 1) live.add(Buffer.from(`${token}\n`.repeat(1_000)));
    const { text, end } = live.newest();
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(text).not.toContain('a1B2');
    expect(end).toBeGreaterThan(1_000_000);
  });
});

import { describe, expect, test } from 'vitest';
import { KeptOutput, keptBytes } from '../../src/executor/kept-output.ts';
import { outputSecrets } from '../../src/executor/output-secrets.ts';

const value = 'kept-secret-VALUE';
const token = `ghp_${'a1B2'.repeat(10)}`;
const secrets = outputSecrets([{ name: 'KEY', value }], [{ name: 'house', pattern: 'HOUSE-[0-9]{6}' }]);

function read(chunks: (string | Buffer)[], kept = new KeptOutput(secrets)) {
  for (const chunk of chunks) kept.add(Buffer.from(chunk));
  return kept.read();
}

describe('kept output', () => {
  test('is whole while it is small', () => {
    expect(read(['a', 'b\n'])).toEqual({ text: 'ab\n', truncated: false });
    expect(read([])).toEqual({ text: '', truncated: false });
  });

  test('is the first and the last beyond that, each to the byte', () => {
    const { text, truncated } = read(['F'.repeat(keptBytes), 'm'.repeat(500_000), 'L'.repeat(keptBytes)]);
    expect(truncated).toBe(true);
    expect(text).toBe(`${'F'.repeat(keptBytes)}\n⟨500000 bytes left out⟩\n${'L'.repeat(keptBytes)}`);
  });

  test('says how much is missing when only a little is', () => {
    const { text } = read(['x'.repeat(2 * keptBytes + 1)]);
    expect(text).toContain('\n⟨1 bytes left out⟩\n');
  });

  test.each([1, 2, 3, 7])('shows no secret that comes in pieces of %i bytes', (size) => {
    const bytes = Buffer.from(`a ${value} b ${token} c HOUSE-123456 d\n`);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    expect(read(chunks).text).toBe('a ⟨redacted: KEY⟩ b ⟨redacted: github token⟩ c ⟨redacted: house⟩ d\n');
  });

  test.each([
    ['given', value],
    ['recognised', token],
  ])('shows no part of a %s secret that a cut would halve', (_, secret) => {
    for (const size of [60_000, 500_000]) {
      for (let shift = 1; shift < secret.length; shift += Math.ceil(secret.length / 3)) {
        const head = `${'. '.repeat(keptBytes / 2).slice(shift)}${secret} `;
        const tail = ` ${secret}${' .'.repeat(keptBytes / 2).slice(shift)}`;
        const { text } = read([head, '. '.repeat(size), tail]);
        expect(text.replace(/⟨[^⟩]*⟩/g, '').replace(/[. \n]/g, '')).toBe('');
        expect(text.match(/⟨redacted/g)).toHaveLength(2);
      }
    }
  });

  test('hides the forms in which programs write a secret', () => {
    const odd = outputSecrets([{ name: 'KEY', value: 'p@ss "wörd"/1' }], []);
    const forms = [
      'p@ss "wörd"/1',
      'p%40ss%20%22w%C3%B6rd%22%2F1',
      'p@ss \\"wörd\\"/1',
      Buffer.from('p@ss "wörd"/1').toString('base64'),
    ];
    expect(read([forms.join('\n')], new KeptOutput(odd)).text).toBe(Array(4).fill('⟨redacted: KEY⟩').join('\n'));
  });

  test('is valid text that every store takes, whatever the bytes', () => {
    const { text } = read([Buffer.from([0, 255, 0xc3, 0x28, 0xe2, 0x82]), 'end']);
    expect(text.isWellFormed()).toBe(true);
    expect(text).toMatch(/^␀\uFFFD.*end$/);
    const umlauts = read(['é'.repeat(200_000)]).text;
    expect(umlauts).not.toContain('\uFFFD');
  });

  test('takes a private key away to its end', () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQ\n'.repeat(100)}-----END PRIVATE KEY-----`;
    expect(read([`a\n${key}\nb`]).text).toBe('a\n⟨redacted: private key⟩\nb');
  });
});

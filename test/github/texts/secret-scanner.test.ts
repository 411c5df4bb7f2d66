import { describe, expect, test } from 'vitest';
import { secretScanner } from '../../../src/github/texts/secret-scanner.ts';

const token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

describe('a secret in a text', () => {
  test.each([
    ['alone', token],
    ['behind a word that switches the search off', `secretlint-disable\n${token}`],
    ['on a line that says that it is none', `${token} secretlint-disable-line\nMore.`],
    ['below a line that says that it is none', `<!-- secretlint-disable-next-line -->\n${token}\nMore.`],
  ])('is found %s', async (_, text) => expect(await secretScanner([])(text)).toEqual(['github']));

  test('is not seen in what holds none', async () =>
    expect(await secretScanner([])('secretlint-disable is a word.')).toEqual([]));
});

describe('a secret of this installation', () => {
  const value = 'tz7-Kq_92/mMv+41xPlW0';
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['as it is', value],
    ['broken by lines', `${value.slice(0, 9)}\n  ${value.slice(9)}`],
    ['in base64', base64(value)],
    ['in base64 behind one byte', base64(`:${value}:`)],
    ['in base64 behind two bytes', base64(`::${value}:`)],
    ['in base64 for addresses', Buffer.from(`user:${value}`).toString('base64url')],
    ['in base64, broken by lines', base64(`user:${value}`).replace(/(.{10})/g, '$1\n')],
    ['in hexadecimal digits', Buffer.from(value).toString('hex').toUpperCase()],
    ['percent-encoded', encodeURIComponent(value)],
  ])('is found %s', async (_, text) =>
    expect(await secretScanner([{ name: 'THE_TOKEN', value }])(`Look: ${text}.`)).toEqual(['THE_TOKEN']),
  );

  test('is not seen in another text', async () =>
    expect(await secretScanner([{ name: 'THE_TOKEN', value }])(`Look: ${value.slice(1)}`)).toEqual([]));
});

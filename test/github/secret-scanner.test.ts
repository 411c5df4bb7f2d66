import { describe, expect, test } from 'vitest';
import { secretScanner } from '../../src/github/secret-scanner.ts';

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

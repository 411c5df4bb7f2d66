import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';

const read = (values: Record<string, string>) =>
  readConfig({ GAIA_HOME: '/tmp/gaia-none', ...values }, { cwd: '/tmp' }).github;
const live = { GITHUB_TRANSPORT: 'live', GITHUB_TOKEN: `github_pat_${'a'.repeat(40)}` };

describe('what may be done on GitHub', () => {
  test('is nothing outside this machine as it comes, and no token is in reach', () => {
    expect(read({})).toMatchObject({ transport: 'local_fake', updaterEnabled: false, allowedRepos: [] });
    expect(read({ ...live, GITHUB_TRANSPORT: 'local_fake' }).token).toBeUndefined();
  });

  test('is a live write only where somebody said so, and by an address that is GitHub’s', () => {
    expect(read(live)).toMatchObject({ transport: 'live', apiUrl: 'https://api.github.com', updaterEnabled: false });
    expect(read({ ...live, GITHUB_API_URL: 'https://git.example/api/v3/' }).apiUrl).toBe('https://git.example/api/v3');
    expect(read({ ...live, GITHUB_API_URL: 'https://api.octo.ghe.com' }).apiUrl).toBe('https://api.octo.ghe.com');
    for (const GITHUB_API_URL of [
      'http://git.example',
      'https://u:p@git.example',
      'https://git.example/?a=b',
      'https://github.com', // where the pages are
      'https://octo.ghe.com',
    ])
      expect(() => read({ ...live, GITHUB_API_URL })).toThrow('GITHUB_API_URL');
  });

  test('is not written without somebody to write as, nor as two', () => {
    expect(() => read({ GITHUB_TRANSPORT: 'live' })).toThrow('GITHUB_TRANSPORT');
    const app = { GITHUB_APP_ID: '1', GITHUB_INSTALLATION_ID: '2', GITHUB_APP_PRIVATE_KEY_FILE: '/tmp/none.pem' };
    expect(() => read({ ...live, ...app })).toThrow('GITHUB_TOKEN');
    expect(() => read({ GITHUB_TRANSPORT: 'live', GITHUB_APP_ID: '1' })).toThrow('GITHUB_INSTALLATION_ID');
  });
});

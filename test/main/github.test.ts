import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownSecrets } from '../../src/cli/own-secrets.ts';
import { readConfig } from '../../src/config.ts';
import { openHome } from '../../src/home/home.ts';
import { buildGitHub } from '../../src/main/github.ts';

/** A Gaia that would write as an App, with its key in a file, or with a token of no known shape. */
async function aSide(credentials: 'app' | 'token') {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-secrets-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'app.pem');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(file, privateKey, { mode: 0o600 });
  const token = 'enterprise+token/of-no-known-shape';
  const env = {
    GAIA_HOME: join(directory, 'home'),
    GITHUB_TRANSPORT: 'live',
    GITHUB_API_URL: 'http://127.0.0.1:9',
    ...(credentials === 'token'
      ? { GITHUB_TOKEN: token }
      : { GITHUB_APP_ID: '1', GITHUB_INSTALLATION_ID: '2', GITHUB_APP_PRIVATE_KEY_FILE: file }),
  };
  const config = readConfig(env, { cwd: directory });
  const home = await openHome(config.home);
  const side = await buildGitHub(config, home, {
    adminKey: 'a'.repeat(40),
    now: Date.now,
    report: (error) => expect.fail(String(error)),
  });
  onTestFinished(() => side.texts.close());
  return { side, privateKey, token, env, home: config.home };
}

describe('a text that goes out', () => {
  test('holds neither the key of the App, nor a line of it', async () => {
    const { side, privateKey } = await aSide('app');
    const line = privateKey.split('\n')[7] as string;
    expect(await side.texts.secretsIn([privateKey])).toContain("the key of Gaia's GitHub App");
    expect(await side.texts.secretsIn([`Look: ${line}.`])).toEqual(["the key of Gaia's GitHub App"]);
    expect(await side.texts.secretsIn(['Look: nothing.'])).toEqual([]);
  });

  test('holds no token of Gaia, whatever its shape and coding', async () => {
    const { side, token } = await aSide('token');
    for (const text of [token, Buffer.from(token).toString('base64'), encodeURIComponent(token)])
      expect(await side.texts.secretsIn([`Look: ${text}`])).toEqual(["Gaia's GitHub token"]);
  });
});

test('a command that is given variables is not given the key of the App', async () => {
  const { env, home, privateKey } = await aSide('app');
  const secrets = ownSecrets({ sources: [env], home });
  expect(secrets.isHeldBy(privateKey)).toBe(true);
  expect(secrets.isNamed('GITHUB_APP_PRIVATE_KEY_FILE')).toBe(true);
  expect(secrets.isHeldBy('nothing of it')).toBe(false);
});

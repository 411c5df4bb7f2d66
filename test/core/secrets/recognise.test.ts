import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretName, recogniseSecrets } from '../../../src/core/secrets/recognise.ts';
import { redact } from '../../../src/core/secrets/redact.ts';

/** Made up from parts, so that no scanner takes this file for a leak. */
const filler = (length: number): string =>
  'aB3dE5gH7jK9mN1pQ2sT4vW6yZ8'.repeat(Math.ceil(length / 27)).slice(0, length);
const samples: [string, string][] = [
  ['github token', `ghp_${filler(36)}`],
  ['github token', `ghs_${filler(36)}`],
  ['github token', `github_pat_${filler(22)}_${filler(59)}`],
  ['gitlab token', `glpat-${filler(20)}`],
  ['slack token', `xoxb-${'123456789012'}-${filler(24)}`],
  ['aws access key', `AKIA${'Q7ZT3NBV5KXM2RWP'}`],
  ['google api key', `AIza${filler(35)}`],
  ['model api key', `sk-ant-api03-${filler(40)}`],
  ['stripe key', `sk_live_${filler(24)}`],
  ['npm token', `npm_${filler(36)}`],
  ['telegram bot token', `123456789:${filler(35)}`],
  ['gaia key', `gaia_7f3k2q_${filler(43)}`],
  ['gaia key', `gaia_admin_${filler(43)}`],
  ['web token', `eyJ${filler(20)}.eyJ${filler(40)}.${filler(43)}`],
];
const names = (text: string): string[] => recogniseSecrets(text).map(({ name }) => name);

describe('a secret', () => {
  test.each(samples)('is recognised as a %s, alone and within a text', (name, secret) => {
    expect(recogniseSecrets(secret)).toEqual([{ name, start: 0, end: secret.length }]);
    expect(redact(`curl "${secret}" now`)).toBe(`curl "⟨redacted: ${name}⟩" now`);
    expect(redact(`GET /x/${secret}/y?k=${secret}&z`)).not.toContain(secret);
  });

  test.each([
    ['https://grace:hunter22@example.org/x', 'https://grace:⟨redacted: password in a url⟩@example.org/x'],
    [`Authorization: Bearer ${filler(12)}`, 'Authorization: Bearer ⟨redacted: authorization header⟩'],
    [`{"authorization":"Basic Z3JhY2U6aHVudGVyMg=="}`, '{"authorization":"Basic ⟨redacted: authorization header⟩"}'],
    ['mysql --password=hunter2 db', 'mysql --password=⟨redacted: password⟩ db'],
    ['mysql --password hunter2 db', 'mysql --password ⟨redacted: password⟩ db'],
    ['--password\nhunter2', '--password\n⟨redacted: password⟩'],
    [`DEPLOY_TOKEN=${filler(12)} make`, 'DEPLOY_TOKEN=⟨redacted: deploy_token⟩ make'],
    [`export MY_API_KEY="${filler(20)}"`, 'export MY_API_KEY="⟨redacted: my_api_key⟩"'],
    ['DB_PASSWORD=correcthorse', 'DB_PASSWORD=⟨redacted: db_password⟩'],
    [`clientSecret: ${filler(20)}`, 'clientSecret: ⟨redacted: clientsecret⟩'],
  ])('in %j is redacted', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });

  test('is a bot token within an address of the Bot API', () => {
    expect(redact(`https://api.telegram.org/bot123456789:${filler(35)}/sendMessage`)).toBe(
      'https://api.telegram.org/bot⟨redacted: telegram bot token⟩/sendMessage',
    );
  });

  test('is a private key, to its end line, or to the end of a cut text', () => {
    const key = ['-----BEGIN OPENSSH PRIVATE KEY-----', filler(60), '-----END OPENSSH PRIVATE KEY-----'].join('\n');
    expect(redact(`a\n${key}\nb`)).toBe('a\n⟨redacted: private key⟩\nb');
    expect(redact(`a\n${key.slice(0, 70)}`)).toBe('a\n⟨redacted: private key⟩');
  });

  test('is what the policy adds', () => {
    const extra = [{ name: 'internal token', pattern: 'itk_[A-Za-z0-9]{20}' }];
    expect(redact(`x itk_${filler(20)} y`, extra)).toBe('x ⟨redacted: internal token⟩ y');
    expect(redact(`x itk_${filler(20)} y`)).toContain('itk_');
  });

  test.each([
    '/usr/lib/python3.11/site-packages/token.py',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    '1699999999:da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '123e4567-e89b-12d3-a456-426614174000',
    'TOKEN=$TOKEN',
    `TOKEN=$${'{GITHUB_TOKEN:-none}'}`,
    'API_KEY=<your-api-key>',
    'GITHUB_TOKEN=<token>',
    'PASSWORD=***',
    'PASSWORD=xxxxxxxx',
    'SECRET=changeme',
    'MAX_TOKENS=40961234',
    'TOKEN_FILE=/run/secrets/token1234',
    'password: os.environ["DB_PASSWORD1"]',
    'token = getToken2()',
    'docker build --secret id=npmrc .',
    '--token --verbose1234',
    'a task-force-with-a-very-long-name-2026',
    'the token: which of them is meant',
    'Authorization: server decides',
    'https://user:password@host/',
    'https://localhost:8080/x@y',
    `ghp_${'x'.repeat(36)}`,
    'AKIAIOSFODNN7EXAMPLE',
    'git@github.com:owner/repository.git',
    'rehearsal-2026-11-21T07:33:28Z',
    'PWD=/srv/app1',
  ])('is not %j', (text) => {
    expect(recogniseSecrets(text)).toEqual([]);
    expect(redact(text)).toBe(text);
  });

  test('is redacted once: what is redacted holds no further secret', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            ...samples.map(([, secret]) => secret),
            'PASSWORD=',
            '--token ',
            ' ',
            '"',
            '\n',
            ':',
            '://a:',
            '@',
            'zebra',
          ),
          { maxLength: 12 },
        ),
        (parts) => {
          const once = redact(parts.join(''));
          for (const { start, end } of recogniseSecrets(once))
            expect(once.slice(start, end)).not.toMatch(/^⟨redacted: [^⟩]*⟩$/);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is looked for in order, and no two overlap', () => {
    const text = `TOKEN=${samples[0]![1]} and ${samples[9]![1]}`;
    expect(names(text)).toEqual(['github token', 'npm token']);
  });
});

describe('the name of a secret', () => {
  test('says so', () => {
    for (const name of [
      'GITHUB_TOKEN',
      'AWS_SECRET_ACCESS_KEY',
      'DB_PASSWORD',
      'apiKey',
      'api-key',
      'PGPASSWORD',
      'npm_config_token',
      'MYSQL_PWD',
      'privateKey',
    ]) {
      expect([name, isSecretName(name)]).toEqual([name, true]);
    }
  });

  test('is not any name', () => {
    for (const name of [
      'PATH',
      'HOME',
      'PWD',
      'TOKEN_FILE',
      'SECRET_NAME',
      'AWS_ACCESS_KEY_ID',
      'KEYBOARD',
      'idempotencyKey',
      'PASSWORD_MIN_LENGTH',
      'COMPASS',
    ]) {
      expect([name, isSecretName(name)]).toEqual([name, false]);
    }
  });
});

test('hostile texts of 64 KiB are looked through in time', { timeout: 20_000 }, () => {
  const size = 64 * 1024;
  const seeds = [
    'a',
    '1',
    'ghp_',
    'eyJ',
    'eyJaaaaaaaa.',
    '://',
    '://:',
    ':',
    '@',
    'TOKEN=',
    'TOKEN="',
    "password='",
    '--password ',
    '--',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    'gaia_',
    'gaia_a_',
    'xoxb-',
    'sk-',
    'authorization: ',
    'bearer ',
    'AKIA',
    '123456:',
    'a.',
    'hooks.slack.com/services/',
    ' ',
    '\n',
    '_',
    'password.a',
    'x.y.z.',
    'SECRETSECRET=',
    'authorization:a ',
    '.eyJaaaaaaaa',
    '<',
    '[',
    '$',
  ];
  for (const seed of seeds) {
    const text = seed.repeat(Math.ceil(size / seed.length)).slice(0, size);
    for (const hostile of [text, `${text}!`, `PASSWORD=${text}`]) expect(redact(hostile).length).toBeGreaterThan(0);
  }
});

import { describe, expect, test } from 'vitest';
import { recogniseSecrets } from '../../../src/core/secrets/recognise.ts';
import { recogniseSecretsDeep, redact, redactDeep } from '../../../src/core/secrets/redact.ts';

/** Made up from parts, so that no scanner takes this file for a leak. */
const mixed = (length: number) => 'aB3dE5gH7jK9mN1pQ2sT4vW6yZ8'.repeat(Math.ceil(length / 27)).slice(0, length);
const hex = (length: number) => '3f9a1c7e5b2d8046'.repeat(Math.ceil(length / 16)).slice(0, length);

const samples: [string, string][] = [
  ['grafana token', `glsa_${mixed(32)}_${hex(8)}`],
  ['linear key', `lin_api_${mixed(40)}`],
  ['databricks token', `dapi${hex(32)}`],
  ['new relic key', `NRAK-${mixed(27).toUpperCase()}`],
  ['shopify token', `shpat_${hex(32)}`],
  ['square token', `sq0atp-${mixed(22)}`],
  ['google client secret', `GOCSPX-${mixed(28)}`],
  ['notion token', `ntn_${mixed(46)}`],
  ['figma token', `figd_${mixed(40)}`],
  ['atlassian token', `ATATT3xFf${mixed(60)}=${hex(8).toUpperCase()}`],
  ['supabase token', `sbp_${hex(40)}`],
  ['model api key', `gsk_${mixed(52)}`],
  ['model api key', `xai-${mixed(80)}`],
  ['model api key', `pplx-${mixed(48)}`],
  ['model api key', `r8_${mixed(37)}`],
  ['sentry token', `sntrys_${mixed(60)}`],
  ['postman key', `PMAK-${hex(24)}-${hex(34)}`],
  ['mailgun key', `key-${hex(32)}`],
  ['mailchimp key', `${hex(32)}-us19`],
  ['twilio key', `SK${hex(32)}`],
  ['discord bot token', `MT${mixed(24)}.${mixed(6)}.${mixed(38)}`],
];

describe('a secret', () => {
  test.each(samples)('is recognised as a %s', (name, secret) => {
    expect(recogniseSecrets(`use ${secret} now`)).toEqual([{ name, start: 4, end: 4 + secret.length }]);
    expect(redact(`"${secret}"`)).toBe(`"⟨redacted: ${name}⟩"`);
  });

  test.each([
    [`http://127.0.0.1:8080/sign-in/${mixed(43)}`, 'http://127.0.0.1:8080/sign-in/⟨redacted: sign-in link⟩'],
    [`Authorization FlyV1 fm2_${mixed(60)}`, 'Authorization FlyV1 ⟨redacted: fly token⟩'],
    [
      `https://discord.com/api/webhooks/${'123456789'.repeat(2)}/${mixed(68)}`,
      `https://discord.com/api/webhooks/${'123456789'.repeat(2)}/⟨redacted: discord webhook⟩`,
    ],
    [
      `https://x.blob.core.windows.net/c?sp=r&sig=${mixed(40)}%3D`,
      'https://x.blob.core.windows.net/c?sp=r&sig=⟨redacted: azure signature⟩',
    ],
    ['curl -s -u grace:hopper https://x', 'curl -s -u grace:⟨redacted: password of a command⟩ https://x'],
    ['curl --user grace:hopper https://x', 'curl --user grace:⟨redacted: password of a command⟩ https://x'],
    ['tool -u grace:h0pper1906', 'tool -u grace:⟨redacted: password of a command⟩'],
    ['sshpass -p hopper ssh host', 'sshpass -p ⟨redacted: password of a command⟩ ssh host'],
    ['mysqldump -uroot -phopper db', 'mysqldump -uroot -p⟨redacted: password of a command⟩ db'],
  ])('in %j is redacted', (text, redacted) => expect(redact(text)).toBe(redacted));

  test.each<[string[], number]>([
    [['curl', '-u', 'grace:hopper', 'https://x'], 2],
    [['sudo', '/usr/bin/curl', '-sSu', 'grace:hopper'], 3],
    [['curl', '--user=grace:hopper'], 1],
    [['curl', '-ugrace:hopper'], 1],
    [['tool', '-u', 'grace:h0pper1906'], 2],
    [['sshpass', '-p', 'hopper', 'ssh', 'host'], 2],
    [['sshpass', '-phopper', 'ssh', 'host'], 1],
    [['mysql', '-uroot', '-phopper'], 2],
    [['env', 'A=b', 'mariadb-dump', '-phopper'], 3],
  ])('among the arguments %j is the one at %i', (argv, place) => {
    expect(recogniseSecretsDeep({ argv }).map(({ at }) => at)).toEqual([`argv[${place}]`]);
    expect(redactDeep({ argv })).toEqual({
      argv: argv.map((item, index) => (index === place ? '⟨redacted: password⟩' : item)),
    });
  });
});

describe('no secret', () => {
  test.each([
    hex(32),
    hex(40),
    `sha256:${hex(64)}`,
    `${hex(32)}-use`,
    `key-${'a'.repeat(32)}`,
    '/sign-in/help',
    'https://x/?sig=short',
    'glsa_short',
    'task-r8_model',
    'docker run -u 1000:1000 image',
    'docker run --user node:node image',
    'sort -u a:b',
    'git push -u origin main',
    'mysql -p db',
    'mysql -p$MYSQL_PWD db',
    'mkdir -p some/where',
    'sshpass -f file ssh host',
    'curl -u $USER:$PASS https://x',
    'curl https://x:8080/a',
    'sk-learn and xai-models',
  ])('is %j', (text) => expect(recogniseSecrets(text)).toEqual([]));

  test.each([
    [['docker', 'run', '-u', '1000:1000']],
    [['mkdir', '-p', 'some/where']],
    [['mysql', '-p', 'db']],
    [['curl', '-u', 'grace']],
    [['sort', '-u', 'a:b']],
    [['ssh', '-p', '2222']],
  ])('stands among %j', (argv) => expect(recogniseSecretsDeep({ argv })).toEqual([]));
});

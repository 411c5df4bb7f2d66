import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration, sayDuration } from '../../../src/core/policy/duration.ts';
import { parsePolicy } from '../../../src/core/policy/parse.ts';
import { builtInPolicy, builtInTiers, policyDigest } from '../../../src/core/policy/policy.ts';

const whole = `version: 1
rules:
  - name: production deploys
    match: { kind: command, agent: "ci-*", argv: ["make", "deploy*"], flags: ["--force"], executable: "/usr/bin/make", cwd: "/srv/**", env: ["AWS_*"], mode: real }
    tier: critical
    approvers: [111111, 222222, local]
    chat: -1001234567890
    ttl: 45m
    effectBy: 10m
    sandbox: net
  - name: never wipe the disk
    match: { argv: ["rm", "-rf", "/*"] }
    deny: "Wiping a disk is never approved here."
tiers:
  critical: { approvals: 3, ttl: 2h }
caps: { open: 10, perMinute: 30, agents: { "ci-*": { open: 50 } } }
bind: ["Makefile", "package.json"]
grantable:
  - [npm, test]
  - make
secrets:
  - { name: internal token, pattern: "itk_[A-Za-z0-9]{20}" }
  - { name: NPM_TOKEN, file: /etc/gaia/npm-token, agents: ["ci-*"] }
exec:
  env: { NODE_ENV: production }
  path: [/home/deploy/.nvm]
  profiles:
    net: { network: true, writable: [".", /var/cache/ci], home: /srv/ci-home }
`;

const faultsOf = (text: string): string[] => {
  const read = parsePolicy(text);
  return 'faults' in read
    ? read.faults.map(({ line, column, field, message }) => `${line}:${column} ${field}: ${message}`)
    : [];
};
const ruleWith = (lines: string): string =>
  `version: 1\nrules:\n  - name: a\n    ${lines.replaceAll('\n', '\n    ')}\n`;

describe('a policy', () => {
  test('is read as it is written', () => {
    expect(parsePolicy(whole)).toEqual({
      policy: {
        version: 1,
        rules: [
          {
            name: 'production deploys',
            match: {
              kind: ['command'],
              agent: ['ci-*'],
              argv: ['make', 'deploy*'],
              flags: ['--force'],
              executable: ['/usr/bin/make'],
              cwd: ['/srv/**'],
              env: ['AWS_*'],
              mode: ['real'],
            },
            tier: 'critical',
            approvers: ['111111', '222222', 'local'],
            chat: '-1001234567890',
            ttlSeconds: 2_700,
            effectBySeconds: 600,
            sandbox: 'net',
          },
          {
            name: 'never wipe the disk',
            match: { argv: ['rm', '-rf', '/*'] },
            deny: {
              message: 'Wiping a disk is never approved here.',
              remedy: 'Ask the administrator, who may change the policy.',
            },
          },
        ],
        tiers: { ...builtInTiers, critical: { ...builtInTiers.critical, approvals: 3, ttlSeconds: 7_200 } },
        caps: { open: 10, perMinute: 30, agents: [{ pattern: 'ci-*', open: 50 }] },
        bind: ['Makefile', 'package.json'],
        grantable: [['npm', 'test'], ['make']],
        secrets: [{ name: 'internal token', pattern: 'itk_[A-Za-z0-9]{20}' }],
        github: builtInPolicy.github,
        namedSecrets: [{ name: 'NPM_TOKEN', file: '/etc/gaia/npm-token', agents: ['ci-*'] }],
        exec: {
          base: { env: { NODE_ENV: 'production' }, path: ['/home/deploy/.nvm'] },
          profiles: {
            net: {
              env: { NODE_ENV: 'production' },
              path: ['/home/deploy/.nvm'],
              network: true,
              writable: ['.', '/var/cache/ci'],
              home: '/srv/ci-home',
            },
          },
        },
        alerts: { rules: [], off: [] },
      },
    });
  });

  test('of a version alone is the built-in one', () => {
    expect(parsePolicy('version: 1\n')).toEqual({ policy: builtInPolicy });
  });

  test('tells all its faults at once, each with its place', () => {
    const text = `version: 2
rules:
  - name: a
    macth: {}
    tier: hihg
    ttl: soon
  - name: A
    match: { kind: question, argv: ["rm"], agnet: x }
    deny: 7
    chat: 1
  - match: {}
tiers: { high: { approvals: 0, confirm: false } }
caps: { open: many }
secrets: [{ name: x, pattern: "(a+)+b" }]
typo: 1
`;
    expect(faultsOf(text)).toMatchInlineSnapshot(`
      [
        "1:10 version: This Gaia reads version 1 of the policy.",
        "3:5 rules[0]: A rule says what it matches; “match: {}” matches everything.",
        "4:5 rules[0].macth: A rule has no “macth”; it may mean “match”.",
        "5:11 rules[0].tier: The tier of a rule must be one of normal, high, critical; it may mean “high”.",
        "6:10 rules[0].ttl: ttl must be a duration such as 90s, 45m, 2h, 1h30m or 1d.",
        "7:5 rules[1]: The rule “A” has the same name as rules[0].",
        "8:36 rules[1].match.argv: This can never match: only commands have argv, and the kind is question.",
        "8:44 rules[1].match.agnet: Match has no “agnet”; it may mean “agent”.",
        "9:11 rules[1].deny: Deny must be a text; put it in quotes: "7".",
        "10:11 rules[1].chat: A rule that denies has no chat.",
        "11:5 rules[2]: A rule needs a name; cards show it.",
        "11:5 rules[2]: A rule needs a tier (normal, high, critical) or a deny.",
        "12:29 tiers.high.approvals: Approvals must be a whole number from 1 to 20.",
        "12:41 tiers.high.confirm: The tier high always asks for confirm; a policy can only make it stricter.",
        "13:15 caps.open: Open must be a whole number from 0 to 10000.",
        "14:31 secrets[0].pattern: The pattern repeats without an upper end; give one, such as {20,64}.",
        "15:1 typo: The policy has no “typo”.",
      ]
    `);
  });

  test.each([
    ['', 'The policy is empty'],
    ['# nothing\n', 'The policy is empty'],
    ['rules: []\n', 'does not say “version: 1”'],
    ['- 1\n', 'must be a map'],
    ['version: 1\nrules: {}\n', 'Rules must be a list'],
    ['version: 1\nrules: [\n', 'Not readable as YAML'],
    ['version: 1\nversion: 1\n', 'stands here twice'],
    ['version: 1\n---\nversion: 1\n', 'Not readable as YAML'],
    ['version: 1\nbind: [!custom x]\n', 'Unresolved tag'],
    ['version: 1\nbind: !!binary x\n', 'must be a list'],
    [`version: 1\nbind: ${'['.repeat(2_000)}`, 'Not readable as YAML'],
    ['version: 1\nbind: &a ["x"]\nrules: *a\n', 'Rules must be a list'],
    ['version: 1\ntiers: { critical: { approvals: 1 } }\n', 'needs at least 2 approvals'],
    ['version: 1\ntiers: { critical: { notOnlyOwner: false } }\n', 'always asks for notOnlyOwner'],
    ['version: 1\ngrantable: make\n', 'must be a list'],
    ['version: 1\ngrantable: ["*"]\n', 'names its program'],
    ['version: 1\ngrantable: [["ma*", test]]\n', 'names its program'],
    ['version: 1\ngrantable: [[]]\n', 'An empty list says nothing'],
    ['version: 1\ngrantable: ["npm test"]\n', 'looks like a whole command'],
    ['version: 1\nbind: ["/etc/passwd"]\n', 'below the working directory'],
    ['version: 1\nbind: ["a/../../x"]\n', 'below the working directory'],
    ['version: 1\ncaps: { agents: { "ci-*": {} } }\n', 'neither open nor perMinute'],
    ['version: 1\nsecrets: [{ name: x, pattern: "(?<=a)secret" }]\n', 'looks ahead or behind'],
    [ruleWith('match: {}'), 'needs a tier'],
    [ruleWith('match: {}\ntier: high\ndeny: no'), 'has no tier'],
    [ruleWith('match: {}\ntier: high\nremedy: x'), 'Only a rule that denies'],
    [ruleWith('match: { argv: [] }\ntier: high'), 'empty list'],
    [ruleWith('match: { agent: "" }\ntier: high'), 'never matches'],
    [ruleWith('match: { argv: ["make", "**", "x"] }\ntier: high'), 'only be the last'],
    [ruleWith('match: { argv: "rm -rf" }\ntier: high'), 'write a list: ["rm", "-rf"]'],
    [ruleWith('match: { argv: [make, 1] }\ntier: high'), 'put it in quotes: "1"'],
    [ruleWith('match: { cwd: "srv/**" }\ntier: high'), 'can never match'],
    [ruleWith('match: { executable: make }\ntier: high'), '“**/make”'],
    [ruleWith('match: { cwd: "/srv/../etc" }\ntier: high'), 'can never match'],
    [ruleWith('match: { flags: force }\ntier: high'), 'begins with a dash'],
    [ruleWith('match: { mode: live }\ntier: high'), 'must be one of dry_run, real, client'],
    [ruleWith('match: { kind: act }\ntier: high'), 'must be one of command, question, changeset, checkpoint'],
    [ruleWith('match: {}\ntier: high\nttl: 10'), 'must be a duration'],
    [ruleWith('match: {}\ntier: high\nttl: 5s'), 'from 1m to 30d'],
    [ruleWith('match: {}\ntier: high\napprovers: [grace]'), 'numeric Telegram id'],
    [ruleWith('match: {}\ntier: high\napprovers: [1.5]'), 'numeric Telegram id'],
    [ruleWith('match: {}\ntier: high\napprovers: []'), 'Nobody could approve'],
    [ruleWith('match: {}\ntier: critical\napprovers: [1]'), 'needs 2 approvals, and only 1 may approve'],
    [ruleWith('match: {}\ntier: high\nchat: "@team"'), 'numeric Telegram chat id'],
    [
      'version: 1\nrules:\n  - name: "a\\u202eb"\n    match: {}\n    tier: high\n',
      'visible text; it reads “a⟨U+202E⟩b”',
    ],
  ])('is faulty: %j', (text, message) => {
    const faults = faultsOf(text);
    expect(faults).not.toEqual([]);
    expect(faults.join('\n')).toContain(message);
  });

  test('is a policy or faults with a place, whatever the text', () => {
    const piece = fc.constantFrom(
      'version: 1\n',
      'rules:\n',
      '  - ',
      'name: x',
      '\n',
      'match: ',
      '{',
      '}',
      '[',
      ']',
      ':',
      '&a ',
      '*a',
      '? ',
      '!!x ',
      '"',
      '- ',
      'tier: high',
      '    ',
      'caps',
      '|',
      '>',
      '#',
      '\t',
      '\ud800',
      'null',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
        (text) => {
          const read = parsePolicy(text);
          if ('policy' in read) return;
          expect(read.faults.length).toBeGreaterThan(0);
          for (const { line, column } of read.faults) expect(line >= 1 && column >= 1).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('is known by its text', () => {
    expect(policyDigest('version: 1\n')).toMatch(/^[0-9a-f]{64}$/);
    expect(policyDigest('version: 1\n')).not.toBe(policyDigest('version: 1'));
  });
});

describe('a duration', () => {
  test('is read, and refused when it is none', () => {
    expect(['90s', '45m', '2h', '1d', '1h30m'].map(parseDuration)).toEqual([90, 2_700, 7_200, 86_400, 5_400]);
    for (const text of ['', '1', 'm', '1 h', '-1m', '1.5h', '30m1h', 'PT1H'])
      expect(parseDuration(text)).toBeUndefined();
  });

  test('is said as it is read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 * 86_400 }),
        (seconds) => parseDuration(sayDuration(seconds)) === seconds,
      ),
    );
  });
});

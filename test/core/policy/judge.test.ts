import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/core/policy/explain.ts';
import { capsFor, judge } from '../../../src/core/policy/judge.ts';
import { type AskRule, builtInPolicy, type Match, type Policy, type Rule } from '../../../src/core/policy/policy.ts';
import { stricter } from '../../../src/core/policy/stricter.ts';
import type { Demand, Facts } from '../../../src/core/policy/types.ts';

const facts = (argv: string[] = ['make', 'deploy'], more: Partial<NonNullable<Facts['command']>> = {}): Facts => ({
  kind: 'command',
  agent: 'ci-7',
  isTest: false,
  command: {
    argv,
    executable: `/usr/bin/${argv[0]}`,
    executableBinding: 'fixed',
    cwd: '/srv/app',
    env: [],
    hasStdin: false,
    mode: 'real',
    ...more,
  },
});
const question: Facts = { kind: 'question', agent: 'ci-7', isTest: false };
const policy = (...rules: Rule[]): Policy => ({ ...builtInPolicy, rules });
const rule = (name: string, more: Partial<AskRule> = {}): AskRule => ({ name, match: {}, tier: 'normal', ...more });
const deny = (name: string, match: Match = {}): Rule => ({ name, match, deny: { message: 'No.', remedy: 'Ask.' } });
const demandOf = (policy: Policy, asked: Facts = facts()): Demand => {
  const judgement = judge(policy, asked);
  if (judgement.verdict !== 'ask') throw new Error(judgement.message);
  return judgement.demand;
};

describe('the sandbox of a command', () => {
  test('is the one that the rules which match name, and no other', () => {
    expect(demandOf(policy(rule('a'), rule('b', { sandbox: 'net' }))).sandbox).toBe('net');
    expect(demandOf(policy(rule('a'))).sandbox).toBeUndefined();
  });
  test('is not chosen between two: what the rules disagree on is denied', () => {
    const judgement = judge(policy(rule('a', { sandbox: 'net' }), rule('b', { sandbox: 'tight' })), facts());
    expect(judgement).toMatchObject({ verdict: 'deny', rule: 'b' });
  });
});

describe('without a policy file', () => {
  test('an everyday command needs one person', () => {
    expect(judge(builtInPolicy, facts())).toEqual({
      verdict: 'ask',
      demand: {
        tier: 'normal',
        approvals: 1,
        confirm: false,
        notOnlyOwner: false,
        ttlSeconds: 1_800,
        effectBySeconds: 900,
        rules: ['a person decides on every request'],
      },
    });
  });

  test('a risky command needs one person who confirms, and says why', () => {
    expect(demandOf(builtInPolicy, facts(['sudo', 'bash', '-c', 'x']))).toMatchObject({
      tier: 'high',
      confirm: true,
      rules: ["it takes somebody else's rights", 'it runs a shell', 'a person decides on every request'],
    });
  });

  test('no kind of request is let through', () => {
    for (const kind of ['command', 'changeset', 'checkpoint', 'question', 'act'] as const) {
      expect(judge(builtInPolicy, { kind, isTest: true })).toMatchObject({ verdict: 'ask', demand: { approvals: 1 } });
    }
    expect(demandOf(builtInPolicy, { kind: 'changeset', isTest: false }).effectBySeconds).toBe(86_400);
  });
});

describe('of the rules that match', () => {
  test('a deny beats all, and the first one speaks', () => {
    const rules = policy(rule('deploys', { tier: 'critical' }), deny('never'), deny('also never'));
    expect(judge(rules, facts())).toEqual({ verdict: 'deny', rule: 'never', message: 'No.', remedy: 'Ask.' });
  });

  test('a deny that does not match says nothing', () => {
    expect(judge(policy(deny('never', { argv: ['rm'] })), facts()).verdict).toBe('ask');
  });

  test('the strictest tier wins, and a lower one never loosens it', () => {
    const demand = demandOf(policy(rule('easy'), rule('deploys', { tier: 'critical' }), rule('ci', { tier: 'high' })));
    expect(demand).toMatchObject({ tier: 'critical', approvals: 2, notOnlyOwner: true, ttlSeconds: 3_600 });
    expect(demand.rules).toEqual(['deploys', 'ci', 'easy', 'a person decides on every request']);
    expect(demandOf(policy(rule('easy')), facts(['bash'])).tier).toBe('high');
  });

  test('a stricter lower tier still counts', () => {
    const tiers = { ...builtInPolicy.tiers, normal: { ...builtInPolicy.tiers.normal, approvals: 3 } };
    expect(demandOf({ ...policy(rule('deploys', { tier: 'high' })), tiers })).toMatchObject({
      tier: 'high',
      approvals: 3,
    });
  });

  test('only people whom all of them name may approve', () => {
    expect(
      demandOf(policy(rule('a', { approvers: ['1', '2', '3'] }), rule('b', { approvers: ['3', '2'] }), rule('c')))
        .approvers,
    ).toEqual(['2', '3']);
  });

  test('what nobody could approve is denied at once, naming the rules', () => {
    expect(judge(policy(rule('a', { approvers: ['1'] }), rule('b', { approvers: ['2'] })), facts())).toEqual({
      verdict: 'deny',
      rule: 'a',
      message: 'The rules “a” and “b” together leave nobody who may approve, and 1 must.',
      remedy: 'Ask the administrator to name more approvers in the policy.',
    });
    expect(judge(policy(rule('a', { approvers: ['1'] }), rule('b', { tier: 'critical' })), facts())).toMatchObject({
      verdict: 'deny',
      message: 'The rule “a” leaves one person who may approve, and 2 must.',
    });
  });

  test('the shortest times named count, even those of a lower tier, and the first chat', () => {
    const demand = demandOf(
      policy(
        rule('a', { ttlSeconds: 120, chat: '-1' }),
        rule('b', { tier: 'critical', ttlSeconds: 600, effectBySeconds: 60, chat: '-2' }),
      ),
    );
    expect(demand).toMatchObject({ ttlSeconds: 120, effectBySeconds: 60, chat: '-1' });
  });

  test.each<[Match, boolean]>([
    [{}, true],
    [{ kind: ['command'] }, true],
    [{ kind: ['question'] }, false],
    [{ agent: ['x', 'ci-*'] }, true],
    [{ agent: ['ci'] }, false],
    [{ argv: ['make'] }, true],
    [{ argv: ['make', 'deploy*'] }, true],
    [{ argv: ['make', '**'] }, true],
    [{ argv: ['make', 'deploy', '--force', 'now', 'x'] }, false],
    [{ argv: ['/opt/make'] }, false],
    [{ flags: ['--force'] }, true],
    [{ flags: ['-x'] }, true],
    [{ flags: ['--forceful'] }, true],
    [{ flags: ['-y', '--quiet'] }, false],
    [{ executable: ['**/make'] }, true],
    [{ executable: ['/bin/make'] }, false],
    [{ cwd: ['/srv/**'] }, true],
    [{ cwd: ['/srv'] }, false],
    [{ env: ['AWS_*'] }, true],
    [{ env: ['GCP_*'] }, false],
    [{ mode: ['real'] }, true],
    [{ mode: ['client'] }, false],
    [{ argv: ['make'], cwd: ['/home/**'] }, false],
  ])('%j does: %j', (match, matches) => {
    const asked = facts(['make', 'deploy', '--force=yes', '-vx'], { env: ['AWS_REGION'] });
    expect(demandOf(policy(rule('it', { match, tier: 'critical' })), asked).tier === 'critical').toBe(matches);
  });

  test('the program is meant by any path to it, or by its real name', () => {
    const never = policy(deny('never', { argv: ['rm', '-rf', '/*'] }));
    expect(judge(never, facts(['rm', '-rf', '/'])).verdict).toBe('deny');
    expect(judge(never, facts(['/bin/rm', '-rf', '/home'])).verdict).toBe('deny');
    expect(judge(never, facts(['./x', '-rf', '/home'], { executable: '/usr/bin/rm' })).verdict).toBe('deny');
    expect(judge(never, facts(['rm', '-rf', 'build'])).verdict).toBe('ask');
    expect(judge(policy(deny('never', { flags: ['--force'] })), facts(['git', 'push', '--forc'])).verdict).toBe('deny');
    expect(judge(policy(deny('never', { flags: ['--force'] })), facts(['git', 'push', '--', 'x'])).verdict).toBe('ask');
  });

  test('none that looks at commands matches a question', () => {
    expect(demandOf(policy(rule('it', { match: { cwd: ['/**'] }, tier: 'critical' })), question).tier).toBe('normal');
  });
});

/** Rules of every sort over few values, so that they often meet. */
const someMatch: fc.Arbitrary<Match> = fc.constantFrom<Match>(
  {},
  { kind: ['command'] },
  { kind: ['question'] },
  { agent: ['ci-*'] },
  { argv: ['make'] },
  { argv: ['bash'] },
  { cwd: ['/nowhere'] },
);
const someRule: fc.Arbitrary<Rule> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        name: fc.uuid(),
        match: someMatch,
        tier: fc.constantFrom('normal', 'high', 'critical'),
        approvers: fc.subarray(['1', '2', '3', '4']),
        ttlSeconds: fc.integer({ min: 60, max: 9_000 }),
        chat: fc.constantFrom('-1', '-2'),
      },
      { requiredKeys: ['name', 'match', 'tier'] },
    ) as fc.Arbitrary<Rule>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: fc.uuid(), match: someMatch }).map(({ name, match }) => deny(name, match)),
  },
);

test('adding a rule never makes a judgement looser', () => {
  fc.assert(
    fc.property(
      fc.array(someRule, { maxLength: 4 }),
      someRule,
      fc.nat({ max: 4 }),
      fc.constantFrom(facts(), facts(['bash', '-c', 'x']), question),
      (rules, added, at, asked) => {
        const before = judge(policy(...rules), asked);
        const after = judge(policy(...rules.toSpliced(at, 0, added)), asked);
        if (after.verdict === 'deny') return;
        expect(before.verdict).toBe('ask');
        expect(stricter(after.demand, before)).toBeUndefined();
        const allowed = before.verdict === 'ask' ? before.demand.approvers : undefined;
        for (const id of after.demand.approvers ?? []) expect(allowed ?? [id]).toContain(id);
        if (allowed !== undefined) expect(after.demand.approvers).toBeDefined();
        expect(after.demand.approvals).toBeGreaterThanOrEqual(1);
      },
    ),
    { numRuns: 2_000 },
  );
});

describe('a judgement is stricter than the one approved', () => {
  const then = demandOf(builtInPolicy);

  test('when it denies, raises the tier, or asks for more people', () => {
    expect(stricter(then, judge(policy(deny('never')), facts()))).toEqual({
      rule: 'never',
      message: 'The rule “never” now denies it: No.',
    });
    expect(stricter(then, judge(policy(rule('deploys', { tier: 'critical' })), facts()))).toEqual({
      rule: 'deploys',
      message: 'The policy is stricter now (“deploys”): it is critical, and was approved as normal.',
    });
    const tiers = { ...builtInPolicy.tiers, normal: { ...builtInPolicy.tiers.normal, approvals: 2 } };
    expect(stricter(then, judge({ ...builtInPolicy, tiers }, facts()))?.message).toContain(
      '2 people must approve, where 1 had to.',
    );
    for (const key of ['confirm', 'notOnlyOwner'] as const) {
      expect(stricter(then, { verdict: 'ask', demand: { ...then, [key]: true } })).toBeDefined();
    }
  });

  test('and not when it is the same, looser, quicker or for fewer people', () => {
    expect(stricter(then, judge(builtInPolicy, facts()))).toBeUndefined();
    expect(stricter(demandOf(policy(rule('x', { tier: 'critical' }))), judge(builtInPolicy, facts()))).toBeUndefined();
    expect(
      stricter(then, { verdict: 'ask', demand: { ...then, ttlSeconds: 1, effectBySeconds: 1, approvers: ['1'] } }),
    ).toBeUndefined();
  });
});

test('what may be allowed in advance is named, and changes neither the tier nor what is denied', () => {
  const named = { ...builtInPolicy, grantable: [['make', 'te*']] };
  const explained = explain(named, facts(['make', 'test']));
  expect(explained.rules.at(-1)).toMatchObject({ rule: 'may be allowed in advance', matched: true });
  expect(explained.judgement).toMatchObject({ verdict: 'ask', demand: { tier: 'normal', grantable: true } });
  expect(explain(named, facts(['make', 'deploy'])).judgement).not.toHaveProperty('demand.grantable');
});

test('every rule is explained, whether it matched or not', () => {
  const explained = explain(
    policy(
      rule('deploys', { match: { argv: ['make', 'deploy*'], agent: ['ci-*'] }, tier: 'critical' }),
      deny('wiping', { argv: ['rm'], cwd: ['/'] }),
    ),
    facts(['make', 'deploy'], { env: ['PAGER'] }),
  );
  expect(explained.rules.filter(({ matched, because }) => matched || because.length > 0)).toEqual([
    {
      rule: 'deploys',
      matched: true,
      because: ['its agent is “ci-7”, which fits “ci-*”', "its arguments begin with “make 'deploy*'”"],
    },
    {
      rule: 'wiping',
      matched: false,
      because: ['its arguments do not begin with “rm”', 'its directory is “/srv/app”, not “/”'],
    },
    { rule: 'its environment changes what programs load', matched: true, because: ['it sets PAGER'] },
    { rule: 'a person decides on every request', matched: true, because: ['it looks at every request'] },
  ]);
  expect(explained.judgement).toEqual(
    judge(
      policy(rule('deploys', { match: { argv: ['make', 'deploy*'], agent: ['ci-*'] }, tier: 'critical' })),
      facts(['make', 'deploy'], { env: ['PAGER'] }),
    ),
  );
});

test('caps are those of the first pattern that fits, and the general ones for the rest', () => {
  const caps = {
    open: 20,
    perMinute: 30,
    agents: [
      { pattern: 'ci-*', open: 50 },
      { pattern: '*', perMinute: 5 },
    ],
  };
  expect(capsFor({ ...builtInPolicy, caps }, 'ci-7')).toEqual({ open: 50, perMinute: 30 });
  expect(capsFor({ ...builtInPolicy, caps }, 'x')).toEqual({ open: 20, perMinute: 5 });
  expect(capsFor(builtInPolicy, 'x')).toEqual({ open: 20, perMinute: 30 });
});

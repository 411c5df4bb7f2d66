import { describe, expect, test } from 'vitest';
import { alertRulesOf, builtInAlerts } from '../../../src/core/alerts/rule.ts';
import { diffPolicies } from '../../../src/core/policy/diff.ts';
import { parsePolicy } from '../../../src/core/policy/parse.ts';
import { builtInPolicy } from '../../../src/core/policy/policy.ts';

const read = (alerts: string) => parsePolicy(`version: 1\nalerts:\n${alerts}`);
const policyOf = (alerts: string) => {
  const result = read(alerts);
  if ('faults' in result) throw new Error(result.faults.map(({ message }) => message).join(' '));
  return result.policy;
};

describe('the alerts of a policy', () => {
  test('change a built-in rule in what they say, add rules, and turn rules off', () => {
    const policy = policyOf(`
  - { name: disk_low, atMost: 20, clear: 25 }
  - { name: slow, metric: decision_seconds_p95, atLeast: 900, for: 15m, repeat: 1d, severity: critical, summary: Decisions take long. }
  - { name: dead_again, metric: telegram.retry.moved_permanent, window: 2h, atLeast: 5 }
  - { name: send_errors, off: true }
`);
    const rules = alertRulesOf(policy.alerts.rules, policy.alerts.off);
    const find = (name: string) => rules.find((rule) => rule.name === name);
    expect(find('disk_low')).toMatchObject({
      when: 'at_most',
      limit: 20,
      clear: 25,
      severity: 'critical',
      forMs: 120_000,
    });
    expect(find('slow')).toMatchObject({ limit: 900, forMs: 900_000, repeatMs: 86_400_000 });
    expect(find('dead_again')).toMatchObject({ metric: 'delivery_moved_dead', windowMs: 7_200_000 });
    expect(find('send_errors')).toBeUndefined();
    expect(rules).toHaveLength(builtInAlerts.length + 1);
    expect(diffPolicies(builtInPolicy, policy).join('\n')).toContain(
      'slow: decision_seconds_p95 at least 900, for 15m',
    );
  });

  test.each([
    ['- { metric: requests_open, atLeast: 1 }', 'An alert needs a name.'],
    ['- { name: x, metric: request_open, atLeast: 1 }', 'it may mean “requests_open”'],
    ['- { name: x, atLeast: 1 }', 'needs a metric'],
    ['- { name: x, metric: requests_open }', 'needs atLeast or atMost'],
    ['- { name: x, metric: requests_open, atLeast: 1, atMost: 2 }', 'not both'],
    ['- { name: x, metric: requests_open, atLeast: 5, clear: 7 }', 'good side'],
    ['- { name: x, metric: requests_open, atLeast: 5, window: 1h }', 'at an instant'],
    ['- { name: x, metric: delivery_moved_dead, atLeast: 5 }', 'needs a window'],
    ['- { name: x, metric: delivery_moved_dead, atLeast: 5, window: 30d }', 'from 1m to 7d'],
    ['- { name: x, metric: requests_open, atLeast: 5, for: soon }', 'must be a duration'],
    ['- { name: x, metric: requests_open, atLeast: 5, sometimes: true }', 'has no “sometimes”'],
    ['- { name: X y, metric: requests_open, atLeast: 5 }', 'snake_case'],
    ['- { name: unheard_of, off: true }', 'No built-in alert'],
    ['- { name: disk_low, off: true }\n  - { name: disk_low, atMost: 5 }', 'twice'],
  ])('are refused for %s', (alerts, why) => {
    const result = read(`  ${alerts}`);
    expect('faults' in result ? result.faults.map(({ message }) => message).join(' ') : '').toContain(why);
  });
});

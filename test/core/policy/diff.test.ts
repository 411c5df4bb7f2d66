import { expect, test } from 'vitest';
import { diffPolicies } from '../../../src/core/policy/diff.ts';
import { parsePolicy } from '../../../src/core/policy/parse.ts';
import { builtInPolicy, type Policy } from '../../../src/core/policy/policy.ts';

const read = (text: string): Policy => {
  const result = parsePolicy(`version: 1\n${text}`);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.policy;
};

const before = read(`
rules:
  - { name: deploys, match: { argv: [make, "deploy*"] }, tier: high }
  - { name: wiping, match: { argv: [rm] }, deny: "Never." }
  - { name: questions, match: { kind: question }, tier: high }
bind: [Makefile]
`);

test('a policy that stays the same changes nothing', () => {
  expect(diffPolicies(before, before)).toEqual([]);
  expect(diffPolicies(builtInPolicy, read(''))).toEqual([]);
});

test('every change of a policy is a sentence', () => {
  const after = read(`
rules:
  - { name: questions, match: { kind: question }, tier: high }
  - { name: deploys, match: { argv: [make, "deploy*"] }, tier: critical, approvers: [1, 2, 3], chat: -5, ttl: 45m, effectBy: 90s }
  - { name: everything of ci, match: { agent: "ci-*" }, tier: normal }
tiers: { critical: { approvals: 3, ttl: 2h } }
caps: { open: 10, agents: { "ci-*": { open: 50 } } }
bind: [package.json]
grantable: [[npm, test]]
secrets: [{ name: internal token, pattern: "itk_[a-z]{20}" }]
`);
  expect(diffPolicies(before, after)).toMatchInlineSnapshot(`
    [
      "Rule “wiping” is gone: commands with argv ["rm"] are denied with “Never.” and the advice “Ask the administrator, who may change the policy.”.",
      "Rule “deploys” changed: commands with argv ["make","deploy*"] need tier critical, by 1 or 2 or 3, in chat -5, within 45m, to start within 1m30s (before: commands with argv ["make","deploy*"] need tier high).",
      "Rule “everything of ci” is new: requests with agent “ci-*” need tier normal.",
      "The rules stand in another order.",
      "Tier critical: approvals 2 → 3, ttl 1h → 2h.",
      "Caps: open 20 → 10.",
      "Caps of agents “ci-*”: open as all → 50.",
      "Bound files, new: “package.json”.",
      "Bound files, gone: “Makefile”.",
      "Commands people may allow in advance, new: “npm test”.",
      "Recognised secrets, new: “internal token (itk_[a-z]{20})”.",
    ]
  `);
});

import { capsFor } from '../../core/policy/judge.ts';
import { isDeny } from '../../core/policy/policy.ts';
import { policyRulesAnswer } from '../../core/wire/answers-policy.ts';
import { answer, type Endpoint } from './endpoint.ts';

/** The policy in force, for those it is about: agents ask better when they know what is asked of people. */
export const policyEndpoints = (): Endpoint[] => [
  {
    method: 'get',
    path: '/v1/policy',
    summary: 'The policy in force: its tiers, its rules in their order, and the caller’s caps',
    by: 'caller',
    answers: { 200: { description: 'what is asked of people for what', schema: policyRulesAnswer } },
    async handle({ c, door, caller }) {
      const who = await caller();
      const { policy, digest } = door.app.inForce;
      const { open, perMinute } = who.kind === 'agent' ? capsFor(policy, who.agent) : policy.caps;
      return answer(c, {
        digest,
        tiers: policy.tiers,
        caps: { open, perMinute },
        rules: policy.rules.map((rule) => ({
          name: rule.name,
          match: rule.match,
          tier: isDeny(rule) ? null : rule.tier,
          deny: isDeny(rule) ? rule.deny.message : null,
        })),
      });
    },
  },
];

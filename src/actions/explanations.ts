import { factsFor } from '../core/approval/facts.ts';
import { type Submission, submission } from '../core/approval/submission.ts';
import { explainOperations } from '../core/change/explain.ts';
import { targetOf } from '../core/change/operations.ts';
import { explain } from '../core/policy/explain.ts';
import { gitHubLines } from '../core/policy/github-lines.ts';
import type { Demand } from '../core/policy/types.ts';
import type { ExplanationAnswer } from '../core/wire/answers-policy.ts';
import { read } from '../core/wire/read.ts';
import { findLastPolicy } from '../store/policies.ts';
import type { App } from './app.ts';
import { lookUp } from './look-ups.ts';
import { followPolicy } from './policies.ts';
import type { Asker } from './requests.ts';

/** What the policy in force would say to a submission, rule by rule. Looks everything up; stores nothing. */
export async function explainSubmission(app: App, input: unknown, asker: Asker): Promise<ExplanationAnswer> {
  const submitted = read(submission, input, 'The request');
  if (submitted.kind === 'changeset') return explainChangeset(app, submitted, asker);
  const looked = await lookUp(app, submitted, { isTest: submitted.isTest ?? false, askedBy: asker.by.actor });
  if (looked.blockers) {
    return {
      verdict: 'blocked',
      sentence: 'It would be blocked before the policy is asked.',
      blockers: looked.blockers,
      rules: [],
    };
  }
  const { judgement, rules } = explain(app.inForce.policy, factsFor(looked.effect, asker.by));
  const sentence =
    judgement.verdict === 'deny' ? `Denied by “${judgement.rule}”: ${judgement.message}` : sentenceOf(judgement.demand);
  return { verdict: judgement.verdict, sentence, blockers: [], rules };
}

/** What the policy in force says of a changeset, operation by operation, and all that is in its way now. Stores nothing. */
async function explainChangeset(
  app: App,
  submitted: Extract<Submission, { kind: 'changeset' }>,
  asker: Asker,
): Promise<ExplanationAnswer> {
  await followPolicy(app);
  const { policy } = app.inForce;
  const { changeset } = submitted;
  const target = targetOf(changeset);
  const text = (await findLastPolicy(app.db.read))?.text ?? '';
  const operations = explainOperations(
    policy.github,
    { target, operations: changeset.operations, transport: app.github.transport.mode },
    gitHubLines(text, target),
  );
  const looked = await lookUp(app, submitted, { isTest: submitted.isTest ?? false, askedBy: asker.by.actor });
  const effect = looked.blockers ? looked.found?.effect : looked.effect;
  const said = effect && explain(policy, factsFor(effect, asker.by));
  const blockers = (looked.blockers ?? []).filter(({ phase }) => phase === 'submit');
  const missing = looked.blockers ? looked.blockers.filter(({ phase }) => phase === 'publish') : (looked.missing ?? []);
  const rest = { missing, operations, rules: said?.rules ?? [] };
  if (said?.judgement.verdict === 'deny') {
    const { rule, message } = said.judgement;
    return { verdict: 'deny', sentence: `Denied by “${rule}”: ${message}`, blockers, ...rest };
  }
  if (blockers.length > 0 || said === undefined)
    return { verdict: 'blocked', sentence: 'It would be blocked: nobody is asked about it.', blockers, ...rest };
  return { verdict: 'ask', sentence: sentenceOf(said.judgement.demand), blockers, ...rest };
}

const sentenceOf = ({ tier, approvals, confirm, notOnlyOwner, approvers, rules }: Demand): string =>
  [
    `Tier ${tier}: ${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`,
    confirm ? ', confirmed by a second act' : '',
    notOnlyOwner ? ', not only by the owner of the agent' : '',
    approvers ? `, by one of ${approvers.join(', ')}` : '',
    `, because ${rules.join('; ')}.`,
  ].join('');

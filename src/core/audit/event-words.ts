import type { DenyReason } from '../approval/decision.ts';
import { denyWords } from '../approval/words.ts';
import type { EventAnswer } from '../wire/answers.ts';

/** What happened, completing "somebody …". An action that is missing here is shown by its name. */
const words: Record<string, string> = {
  'request.submitted': 'asked',
  'request.blocked': 'asked, and it was blocked',
  'request.joined': 'asked for the same again, and joined this request',
  'request.shown': 'opened the whole of it',
  'request.approved': 'completed the approval',
  'request.denied': 'ended it by a denial',
  'request.answered': 'ended it by an answer',
  'request.expired': 'let it expire',
  'request.withdrawn': 'withdrew it',
  'request.stale': 'found it out of date and did not start it',
  'permit.issued': 'caused the one permit to start it',
  'permit.taken': 'took the permit',
  'execution.finished': 'finished it',
  'key.created': 'made a key',
  'key.rotated': 'rotated a key',
  'key.revoked': 'revoked a key',
  'session.opened': 'signed in',
  'session.closed': 'signed out',
  'policy.loaded': 'put a policy in force',
  'system.paused': 'paused Gaia',
  'system.resumed': 'let Gaia resume',
  'store.restored': 'found the store behind its log',
  'store.accepted': 'accepted the store as a new generation',
  'log.sealed': 'sealed the log',
  'delivery.died': 'gave up on a message',
};

const verdicts: Record<string, string> = { approve: 'approved', deny: 'denied', answer: 'answered' };
const attempts: Record<string, string> = { approve: 'approve', deny: 'deny', answer: 'answer' };

/** An event as a clause after its actor: `denied: too_risky`. Parts of it may come from outside; show it as `visible` text. */
export function eventWords({ action, detail }: EventAnswer): string {
  const facts = isRecord(detail) ? detail : {};
  const said = (name: string): string | undefined => (typeof facts[name] === 'string' ? facts[name] : undefined);
  if (action === 'decision.recorded') {
    const code = said('reasonCode');
    const because = [code && (denyWords[code as DenyReason] ?? code), said('reasonText'), said('answer')]
      .filter((part) => part !== undefined)
      .join(', ');
    return `${verdicts[said('verdict') ?? ''] ?? 'decided'}${because ? `: ${because}` : ''}`;
  }
  if (action === 'decision.refused') {
    return `tried to ${attempts[said('verdict') ?? ''] ?? 'decide'} and was refused: ${said('because') ?? 'no reason kept'}`;
  }
  return words[action] ?? action;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

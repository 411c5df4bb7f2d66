import type { DenyReason } from '../approval/decision.ts';
import { denyWords } from '../approval/words.ts';
import type { EventAnswer } from '../wire/answers-log.ts';

/** What somebody did, completing their name. An action that is missing here and below is shown by its name. */
const words: Record<string, string> = {
  'request.submitted': 'asked',
  'request.blocked': 'asked, and was blocked',
  'request.commented': 'commented',
  'request.snoozed': 'put reminders of it off',
  'request.joined': 'asked for the same again, and joined this request',
  'request.shown': 'opened the whole of it',
  'request.withdrawn': 'withdrew it',
  'execution.started': 'started it',
  'execution.finished': 'finished it',
  'execution.stopping': 'asked for its end',
  'execution.resolved': 'said what had become of it',
  'execution.reported': 'reported what came of it',
  'request.recorded': 'recorded it as approved',
  'intent.resolved': 'said what had become of an operation',
  'intent.resent': 'had an operation sent once more',
  'intent.look_asked': 'asked for another look at GitHub',
  'intent.adopted': 'found an operation of it there already',
  'intent.rejected': 'gave up an operation of it',
  'checkpoint.approved': 'recorded a checkpoint',
  'checkpoint.revoked': 'revoked a checkpoint',
  'run.started': 'started a GitHub run',
  'run.verification_entered': 'entered verification',
  'run.failed': 'ended the run as failed',
  'run.handed_off': 'handed the run over to people',
  'gate.recorded': 'recorded a gate',
  'key.created': 'made a key',
  'key.rotated': 'rotated a key',
  'key.revoked': 'revoked a key',
  'session.opened': 'signed in',
  'session.closed': 'signed out',
  'grant.given': 'allowed the same again',
  'grant.used': 'went ahead under a grant',
  'grant.revoked': 'ended a grant',
  'policy.loaded': 'put a policy in force',
  'system.paused': 'paused Gaia',
  'system.resumed': 'let Gaia resume',
  'store.restored': 'found the store behind its log',
  'store.accepted': 'accepted the store as a new generation',
  'log.sealed': 'sealed the log',
  'log.key_changed': 'began to seal the log with this key',
  'delivery.died': 'gave up on a message',
  'delivery.requeued': 'gave a failed message another life',
  'delivery.discarded': 'closed a failed message for good',
  'alert.pending': 'saw the beginning of an alert',
  'alert.firing': 'let an alert fire',
  'alert.resolved': 'saw an alert resolved',
  'alert.inactive': 'saw an alert go quiet',
  'alert.no_data': 'could not read what an alert watches',
  'alert.silenced': 'silenced an alert',
  'alert.unsilenced': 'let an alert speak again',
  'log.trimmed': 'moved old details of the log into the archive',
};

/** What came of it by itself: whole sentences, in which nobody acts. */
const sentences: Record<string, string> = {
  'request.approved': 'that was enough: approved',
  'request.denied': 'that ended it: denied',
  'request.answered': 'that ended it: answered',
  'request.expired': 'it expired',
  'request.stale': 'it was found out of date, and was not started',
  'request.released': 'its agent took it over, to run it itself',
  'request.failed': 'it failed before it started',
  'execution.unknown': 'nobody knows what became of it',
  'execution.unreported': 'its agent never said what came of it',
  'grant.expired': 'a grant ran out',
  'permit.issued': 'its one-time permit was issued',
  'permit.taken': 'its one-time permit was used',
  'intent.recorded': 'an operation was put into the ledger of writes',
  'attempt.started': 'an operation was sent',
  'attempt.finished': 'an attempt was answered, or its answer was lost',
};

/** Whether an event is told as a sentence of its own, without the name of who acted before it. */
export const speaksForItself = (action: string): boolean => sentences[action] !== undefined;

/** What became of a send. */
const sends: Record<string, string> = {
  done: 'it was done',
  rejected: 'it was refused',
  unknown: 'its answer was lost',
  deferred: 'it was put off',
};

const verdicts: Record<string, string> = { approve: 'approved', deny: 'denied', answer: 'answered' };
const attempts: Record<string, string> = { approve: 'approve', deny: 'deny', answer: 'answer' };

/** An event as a clause after its actor (`denied: too_risky`), or, where it speaks for itself, alone. Parts of it may come from outside; show it as `visible` text. */
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
  if (action === 'command.refused') {
    const named = said('id');
    return `asked for ${said('command') ?? 'something'}${named ? ` ${named}` : ''} and was refused: ${said('because') ?? 'no reason kept'}`;
  }
  if (action === 'intent.recorded' || action === 'attempt.started' || action === 'attempt.finished') {
    const ended = action === 'attempt.finished' ? sends[said('outcome') ?? ''] : undefined;
    return [ended ?? sentences[action], said('op')].filter((part) => part !== undefined).join(': ');
  }
  if (action === 'request.blocked') {
    const messages = Array.isArray(facts.blockers) ? facts.blockers.map((blocker) => messageOf(blocker)) : [];
    return [words[action], messages.filter((message) => message !== undefined).join(' ')].filter(Boolean).join(': ');
  }
  return sentences[action] ?? words[action] ?? action;
}

const messageOf = (blocker: unknown): string | undefined =>
  isRecord(blocker) && typeof blocker.message === 'string' ? blocker.message : undefined;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

import type { Reply } from '../../actions/replies.ts';

/** Reads a reply to a card: exactly `approve`, or `deny` with a reason after it, in any case and with blanks around; what begins with `?` asks the agent. All else only tells. */
export function readReply(text: string): Reply['says'] {
  const said = text.trim();
  const [, question] = /^\?\s*([\s\S]+)$/.exec(said) ?? [];
  if (question !== undefined) return { kind: 'ask', text: question };
  if (/^approve$/i.test(said)) return { kind: 'approve' };
  const [whole, reason] = /^deny(?:\s+([\s\S]+))?$/i.exec(said) ?? [];
  if (whole === undefined) return { kind: 'text', text: said };
  return reason === undefined ? { kind: 'deny' } : { kind: 'deny', text: reason };
}

import { createHash, createPublicKey, verify } from 'node:crypto';
import type { Violation } from './proof.ts';
import type { Row, Snapshot } from './snapshot.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Sorted members, no white space: written anew here, so that a mistake in Gaia's own is not repeated. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const parts = members
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`);
  return `{${parts.join(',')}}`;
}

/** A digest as Gaia makes them: named for its purpose. */
export const digestOf = (purpose: string, value: unknown): string => sha256(`gaia:${purpose}\n${canonicalText(value)}`);

const hashOf = ({ seq, at, trace_id, actor, source, action, subject, detail_hash, prev_hash }: Row): string =>
  sha256(
    `gaia:event:1\n${canonicalText({ seq, at, traceId: trace_id, actor, source, action, subject, detailHash: detail_hash, prevHash: prev_hash })}`,
  );

/** I6: the log is one unbroken chain, its seals hold, and its copies on disk say the same. */
export function checkLog(snapshot: Snapshot): Violation[] {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'I6', message });
  const { events, logHead, seals } = snapshot;
  let hash = '0'.repeat(64);
  let at = 0;
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) {
      report(`event ${event.seq} stands at place ${index + 1}`);
      break;
    }
    if (event.prev_hash !== hash) report(`event ${event.seq} does not follow the one before it`);
    if (event.hash !== hashOf(event)) report(`event ${event.seq} has another hash than its fields`);
    if (event.detail === null || sha256(`gaia:detail:1\n${event.detail}`) !== event.detail_hash)
      report(`event ${event.seq} has another detail than was hashed`);
    if ((event.at as number) < at) report(`event ${event.seq} is older than the one before it`);
    hash = event.hash as string;
    at = event.at as number;
  }
  if (logHead.seq !== events.length || (events.length > 0 && logHead.hash !== hash)) {
    report(`the head says ${logHead.seq}, the log ends at ${events.length}`);
  }
  for (const seal of seals) {
    if (events[(seal.seq as number) - 1]?.hash !== seal.hash)
      report(`the seal of event ${seal.seq} signs another hash`);
    if (snapshot.publicKey && !isSigned(seal, snapshot.publicKey))
      report(`the signature of the seal of event ${seal.seq} does not hold`);
  }
  found.push(...checkCopies(snapshot));
  return found;
}

function isSigned({ generation, seq, at, hash, key_id, signature }: Row, publicKey: string): boolean {
  const text = `gaia-seal 1 generation=${generation} seq=${seq} at=${new Date(at as number).toISOString()} hash=${hash} key=${key_id}`;
  return verify(null, Buffer.from(text), createPublicKey(publicKey), Buffer.from(signature as string, 'base64url'));
}

/** events.ndjson and head.json: behind the log perhaps, but never beside it. A line cut short by a crash is followed by the whole one. */
function checkCopies({ lines, headFile, events }: Snapshot): Violation[] {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'I6', message });
  let last = 0;
  for (const line of lines ?? []) {
    const copy = parsed(line) as
      | { seq: number; hash: string; type: string; subject: string; detail: unknown }
      | undefined;
    if (copy === undefined) continue;
    const event = events[copy.seq - 1];
    if (copy.seq !== last + 1) report(`events.ndjson has event ${copy.seq} after event ${last}`);
    if (event?.hash !== copy.hash || event.action !== copy.type || event.subject !== copy.subject) {
      report(`event ${copy.seq} of events.ndjson is not the one of the log`);
    } else if (event.detail !== null && canonicalText(copy.detail) !== event.detail) {
      report(`the detail of event ${copy.seq} of events.ndjson is not the one of the log`);
    }
    last = copy.seq;
  }
  if (headFile !== undefined) {
    const head = parsed(headFile) as { seq: number; hash: string } | undefined;
    if (head === undefined) report('head.json cannot be read');
    else if (head.seq > 0 && events[head.seq - 1]?.hash !== head.hash)
      report(`head.json says another hash for event ${head.seq} than the log`);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

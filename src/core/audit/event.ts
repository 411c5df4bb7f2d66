import { canonical, type Json, sha256 } from '../canonical.ts';

/** Where an act came in. */
export const sources = ['http', 'console', 'cli', 'telegram', 'loop', 'start'] as const;
export type Source = (typeof sources)[number];

/** A fact to be recorded. `actor` is `agent:NAME`, `person:ID`, `admin` or `gaia`; `subject` is `request:ID`, `key:ID`, … */
export interface NewEvent {
  action: string;
  actor: string;
  source: Source;
  subject: string;
  detail: { readonly [name: string]: Json | undefined };
  /** ties together what one call caused */
  traceId: string;
}

/** A link of the chain, as stored. The detail stands aside, so that it can be dropped without breaking the chain. */
export interface ChainedEvent {
  seq: number;
  at: number;
  traceId: string;
  actor: string;
  source: string;
  action: string;
  subject: string;
  detailHash: string;
  prevHash: string;
  hash: string;
}

/** What the first event follows. */
export const genesisHash = '0'.repeat(64);

export interface Head {
  seq: number;
  hash: string;
  at: number;
}

/**
 * The hash of an event: SHA-256 over its canonical JSON, hash itself left out, under a fixed first line. The members are
 * written out in their canonical order, because logs of a million events are verified by this.
 */
export function hashOfEvent(event: Omit<ChainedEvent, 'hash'>): string {
  const { seq, at, traceId, actor, source, action, subject, detailHash, prevHash } = event;
  const quoted = JSON.stringify;
  return sha256(
    `gaia:event:1\n{"action":${quoted(action)},"actor":${quoted(actor)},"at":${at},"detailHash":${quoted(detailHash)},"prevHash":${quoted(prevHash)},"seq":${seq},"source":${quoted(source)},"subject":${quoted(subject)},"traceId":${quoted(traceId)}}`,
  );
}

export const hashOfDetail = (detailText: string): string => sha256(`gaia:detail:1\n${detailText}`);

/** The next link after `head`; time in the log never runs backwards. */
export function chain(head: Head, event: NewEvent, now: number): { event: ChainedEvent; detail: string; head: Head } {
  const detail = canonical(event.detail);
  const { action, actor, source, subject, traceId } = event;
  const unhashed = {
    seq: head.seq + 1,
    at: Math.max(now, head.at),
    traceId,
    actor,
    source,
    action,
    subject,
    detailHash: hashOfDetail(detail),
    prevHash: head.hash,
  };
  const hash = hashOfEvent(unhashed);
  return { event: { ...unhashed, hash }, detail, head: { seq: unhashed.seq, hash, at: unhashed.at } };
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import { digestOf, type Json, sha256 } from '../canonical.ts';

/** What makes a write the same as another: where, what, to what, from which run, epoch and commit, with which content. */
export interface WriteIdentity {
  host: string;
  /** the repository or project, in lower case */
  target: string;
  operation: string;
  /** what of the target it is about: `issue 12`, `pull feature → main`, `the result of …` */
  on: string;
  run: string | null;
  epoch: number | null;
  headSha: string | null;
  payloadHash: string;
}

/** The key under which the ledger knows a write, and no other. */
export const keyOf = (identity: WriteIdentity): string => digestOf('write', identity as unknown as Json);

export const payloadHashOf = (payload: Json): string => digestOf('write-payload', payload);

/** Who could have put a mark there: only who holds the secret, for exactly this place and content. */
export interface MarkedWrite {
  host: string;
  target: string;
  key: string;
  payloadHash: string;
}

/** 128 bits of each are enough to tell one write from another; the signature keeps others from making one up. */
const digits = 32;

/** The invisible line by which Gaia knows its own writing again. */
export function markerOf(secret: string, { host, target, key, payloadHash }: MarkedWrite): string {
  const op = key.slice(0, digits);
  const hash = payloadHash.slice(0, digits);
  return `<!-- gaia:v1 op=${op} h=${hash} s=${signature(secret, { host, target, op, hash })} -->`;
}

const markerPattern = /<!-- gaia:v1 op=([0-9a-f]{32}) h=([0-9a-f]{32}) s=([0-9a-f]{64}) -->/g;

/** The marks in a text that this secret signed for this place. */
export function marksIn(
  secret: string,
  place: { host: string; target: string },
  text: string,
): { op: string; marker: string }[] {
  return [...text.matchAll(markerPattern)].flatMap(([marker, op = '', hash = '', signed = '']) => {
    const own = signature(secret, { ...place, op, hash });
    return timingSafeEqual(Buffer.from(sha256(own)), Buffer.from(sha256(signed))) ? [{ op, marker }] : [];
  });
}

const signature = (
  secret: string,
  { host, target, op, hash }: { host: string; target: string; op: string; hash: string },
): string =>
  createHmac('sha256', secret)
    .update(`gaia:mark:1\n${host.toLowerCase()}\n${target.toLowerCase()}\n${op}\n${hash}`)
    .digest('hex');

/** A text with Gaia's mark below it. */
export const withMarker = (text: string, marker: string): string => `${text}\n\n${marker}`;

const managedStart = '<!-- gaia:begin -->';
const managedEnd = '<!-- gaia:end -->';

/** The part of a pull request's body that is Gaia's; what people write around it stays theirs. */
export const managedBlock = (text: string): string => `${managedStart}\n${text}\n${managedEnd}`;

/** The body with its managed part replaced, or with one added where it has none; undefined where there are several. */
export function withManagedBlock(body: string, text: string): string | undefined {
  const starts = body.split(managedStart).length - 1;
  const ends = body.split(managedEnd).length - 1;
  if (starts === 0 && ends === 0)
    return body.trim() === '' ? managedBlock(text) : `${body.trimEnd()}\n\n${managedBlock(text)}`;
  if (starts !== 1 || ends !== 1) return undefined;
  const from = body.indexOf(managedStart);
  const to = body.indexOf(managedEnd);
  if (to < from) return undefined;
  return body.slice(0, from) + managedBlock(text) + body.slice(to + managedEnd.length);
}

/** The managed part of a body; the whole where there is none. */
export function managedIn(body: string): string | undefined {
  const from = body.indexOf(managedStart);
  const to = body.indexOf(managedEnd);
  return from === -1 || to < from ? undefined : body.slice(from + managedStart.length, to).trim();
}

/** A text without Gaia's marks, as people read it. */
export const withoutMarkers = (text: string): string =>
  text.replace(markerPattern, '').replaceAll(managedStart, '').replaceAll(managedEnd, '').trim();

/** What a text is compared by: GitHub may end its lines in another way. */
export const bodyHashOf = (text: string): string => sha256(text.replace(/\r\n/g, '\n'));

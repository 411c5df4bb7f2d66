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

/** Where a mark counts: what it was signed for. */
export interface Place {
  host: string;
  target: string;
}

export interface Mark {
  op: string;
  marker: string;
  /** where it stands in the text */
  at: number;
}

/** The marks in a text that this secret signed for this place. */
export function marksIn(secret: string, place: Place, text: string): Mark[] {
  return [...text.matchAll(markerPattern)].flatMap(
    ({ 0: marker, 1: op = '', 2: hash = '', 3: signed = '', index: at }) => {
      const own = signature(secret, { ...place, op, hash });
      return timingSafeEqual(Buffer.from(sha256(own)), Buffer.from(sha256(signed))) ? [{ op, marker, at }] : [];
    },
  );
}

/** A mark signed once more, for one place alone: copied elsewhere it is none. */
export function markFor(secret: string, place: Place, marker: string): string {
  const [, op = '', hash = ''] = new RegExp(markerPattern.source).exec(marker) ?? [];
  return `<!-- gaia:v1 op=${op} h=${hash} s=${signature(secret, { ...place, op, hash })} -->`;
}

const signature = (
  secret: string,
  { host, target, op, hash }: { host: string; target: string; op: string; hash: string },
): string =>
  createHmac('sha256', secret)
    .update(`gaia:mark:1\n${host.toLowerCase()}\n${target.toLowerCase()}\n${op}\n${hash}`)
    .digest('hex');

/** A text with Gaia's marks below it. */
export const withMarks = (text: string, marks: readonly string[]): string =>
  marks.length === 0 ? text : `${text}\n\n${marks.join('\n')}`;

/** A text without these marks, as people read it. Whatever else looks like a mark is somebody's text, and stays. */
export const withoutMarks = (text: string, marks: readonly string[]): string =>
  marks.reduce((rest, mark) => rest.replaceAll(mark, ''), text.replace(/\r\n/g, '\n')).trim();

const managedStart = '<!-- gaia:begin -->';
const managedEnd = '<!-- gaia:end -->';

/** The part of a pull request's body that is Gaia's; what people write around it stays theirs. */
export const managedBlock = (text: string, marker: string): string =>
  `${managedStart}\n${text}\n${managedEnd}\n${marker}`;

export interface ManagedPart extends Mark {
  text: string;
  start: number;
  end: number;
}

/** The parts of a body that are Gaia's: only a mark signed for one of these places makes one. */
export function managedParts(secret: string, places: readonly Place[], body: string): ManagedPart[] {
  return places
    .flatMap((place) => marksIn(secret, place, body))
    .flatMap((mark) => {
      const before = body.slice(0, mark.at).trimEnd();
      const start = before.lastIndexOf(managedStart);
      if (!before.endsWith(managedEnd) || start === -1) return [];
      const text = before
        .slice(start + managedStart.length, -managedEnd.length)
        .replace(/\r\n/g, '\n')
        .trim();
      return [{ ...mark, text, start, end: mark.at + mark.marker.length }];
    });
}

/** The body with Gaia's part replaced, or with one added below; every other byte of it stays. */
export function withManagedPart(body: string, part: ManagedPart | undefined, text: string, marker: string): string {
  if (part) return body.slice(0, part.start) + managedBlock(text, part.marker) + body.slice(part.end);
  return body === '' ? managedBlock(text, marker) : `${body}\n\n${managedBlock(text, marker)}`;
}

/** What a text is compared by: GitHub may end its lines in another way. */
export const bodyHashOf = (text: string): string => sha256(text.replace(/\r\n/g, '\n'));

import { createHash } from 'node:crypto';

/** What canonical JSON can say. `undefined` members are left out; anything else is refused. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * The one text of a value: RFC 8785 (JCS), members sorted by UTF-16 code units, no white space.
 * Refuses what has no single reading: NaN, infinities, lone surrogates, class instances.
 */
export function canonical(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON has no ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('canonical JSON has no lone surrogates');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`canonical JSON has no ${typeof value}`);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`canonical JSON has no ${prototype.constructor?.name}`);
  }
  const members = value as { readonly [name: string]: Json | undefined };
  const parts: string[] = [];
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    if (member !== undefined) parts.push(`${canonical(name)}:${canonical(member)}`);
  }
  return `{${parts.join(',')}}`;
}

/** SHA-256 in lower-case hex. */
export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The digest of a value under a purpose, so that a digest of one thing never stands for another. */
export const digestOf = (purpose: string, value: Json): string => digestOfText(purpose, canonical(value));

/** The same of a value whose canonical text is at hand. */
export const digestOfText = (purpose: string, text: string): string => sha256(`gaia:${purpose}\n${text}`);

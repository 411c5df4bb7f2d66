import { createHash, timingSafeEqual } from 'node:crypto';

/** What a key may do. Nothing a key can be given decides. */
export const scopes = [
  'submit:command',
  'submit:question',
  'submit:changeset',
  'gate:verification',
  'gate:internal_review',
] as const;
export type Scope = (typeof scopes)[number];

/** What a key may do unless told: ask. To judge gates takes a key made for it. */
export const usualScopes: readonly Scope[] = scopes.filter((scope) => scope.startsWith('submit:'));

/** `gaia_<id>_<secret>`: the id finds the row, the secret (256 bits) is compared by its hash. */
export const keyPattern = /^gaia_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$/;
export const adminKeyPattern = /^gaia_admin_[A-Za-z0-9_-]{43}$/;

export const formatKey = (id: string, secret: string): string => `gaia_${id}_${secret}`;
export const formatAdminKey = (secret: string): string => `gaia_admin_${secret}`;

/** SHA-256 is enough for a secret of 256 random bits. */
export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares two secrets in a time that does not depend on where they differ. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

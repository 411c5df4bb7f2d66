/** Roots of what is linked: the API and the pages that people look at. */
export interface Urls {
  api: string;
  web: string;
}

/** An instant as GitHub writes it, to the second. */
export const instant = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
export const instantOrNull = (at: number | undefined): string | null => (at === undefined ? null : instant(at));

/** An opaque id of GraphQL; the prefix says what it names. */
export const nodeId = (prefix: string, id: number | string): string =>
  `${prefix}_${Buffer.from(String(id)).toString('base64url')}`;

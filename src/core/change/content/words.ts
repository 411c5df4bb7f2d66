import { repoPattern, sameName } from '../target.ts';

/** GitHub closes an issue when one of these stands before a reference, with or without a colon. */
const closing =
  /(?<![\p{L}\p{N}_])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s*:?\s+(?:(?:[A-Za-z0-9][\w.-]*\/[\w.-]+)?#\d+|GH-\d+|https?:\/\/[^\s/]+\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/\d+|<https?:\/\/[^\s>]+\/(?:issues|pull)\/\d+>|\[[^\]]*\]\(\s*<?https?:\/\/[^\s)]+\/(?:issues|pull)\/\d+)/iu;
const closingTight =
  /(?<![\p{L}\p{N}_])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s*:\s*(?:(?:[A-Za-z0-9][\w.-]*\/[\w.-]+)?#\d+|GH-\d+)/iu;
/** What Markdown drops on the way to the page; GitHub looks at what is left. */
const marks = /[*_~`\\]|<\/?[a-z][^>]*>|<!--[\s\S]*?-->/gi;

/** The words that would close an issue; undefined where there are none. Looked for in the text and in what a page shows of it. */
export function closingKeywordIn(text: string): string | undefined {
  for (const seen of [text, text.replace(marks, ''), decoded(text).replace(marks, '')]) {
    const found = closing.exec(seen) ?? closingTight.exec(seen);
    if (found) return found[0].replace(/\s+/g, ' ').slice(0, 80);
  }
  return undefined;
}

const entities: Readonly<Record<string, string>> = {
  num: '#',
  colon: ':',
  commat: '@',
  sol: '/',
  lt: '<',
  gt: '>',
  amp: '&',
};

/** Character references as the characters they stand for. */
export const decoded = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{1,31}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
      ? String.fromCodePoint(point)
      : whole;
  });

/** `@login` and `@org/team` as GitHub finds them; the dot and the e-mail address are none. */
export const mentionPattern =
  /(?<![A-Za-z0-9_/.@])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\/[A-Za-z0-9._-]+)?)(?![A-Za-z0-9_])/g;

/** `owner/repo#1` and `owner/repo@sha`. */
export const crossReference =
  /(?<![A-Za-z0-9_./-])([A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100})(?:#\d+|@[0-9a-f]{7,40})(?![A-Za-z0-9_])/g;

/** The repository that an address on GitHub names; undefined for any other address. */
export function repoIn(url: string, hosts: readonly string[]): string | undefined {
  const [, host = '', owner = '', name = ''] = /^(?:https?:)?\/\/([^/?#]+)\/([^/?#]+)\/([^/?#]+)/i.exec(url) ?? [];
  const plain = host
    .toLowerCase()
    .replace(/^(?:www|redirect)\./, '')
    .replace(/:443$/, '');
  if (!hosts.includes(plain)) return undefined;
  const repo = `${owner}/${name.replace(/\.git$/, '')}`;
  return repoPattern.test(repo) ? repo : undefined;
}

export const isAmong = (name: string, allowed: readonly string[]): boolean =>
  allowed.some((one) => sameName(one, name));

/** A command to a bot at the start of a line. */
export const botCommand =
  /^(?:\/(?=[a-z][a-z0-9_-]*(?:[ \t]|$))|bors(?= (?:r[+=-]|try|retry|merge|p=|d[+=]))|@?(?:dependabot|mergify|mergifyio|bors|rustbot|k8s-ci-robot)(?= [a-z]))/i;

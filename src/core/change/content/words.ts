import { repoPattern, sameName } from '../target.ts';
import { decoded } from './source.ts';

/** GitHub closes an issue when one of these stands before a reference, with or without a colon. */
const closing =
  /(?<![\p{L}\p{N}_])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?: ?: ?| )(?:(?:[A-Za-z0-9][\w.-]{0,99}\/[\w.-]{1,100})?#\d+|GH-\d+|<?(?:https?:\/\/)?[^\s/<>]{1,255}\/[\w.-]{1,100}\/[\w.-]{1,100}\/(?:issues|pull)\/\d+)/iu;
/** What Markdown drops on the way to the page. */
const marks = /[*_~`\\]|<\/?[a-z][^>]*>|<!--[\s\S]*?-->/gi;

/** The words that would close an issue, in any of these readings of a text; undefined where there are none. */
export function closingKeywordIn(readings: readonly string[]): string | undefined {
  for (const reading of readings)
    for (const seen of [reading, decoded(reading).replace(marks, '')]) {
      const found = closing.exec(seen.normalize('NFKC').replace(/\s+/g, ' '));
      if (found) return found[0].slice(0, 80);
    }
  return undefined;
}

/** `@login` and `@org/team` where GitHub finds them: behind anything but a letter, a digit or a low line, so not in addresses. */
export const mentionPattern = /(?<![A-Za-z0-9_])[@\uff20\ufe6b]([A-Za-z0-9][A-Za-z0-9_-]*(?:\/[A-Za-z0-9._-]+)?)/g;

/** Names that mean everybody. */
export const isEveryone = (name: string): boolean => /^(?:all|everyone|here|channel)$/i.test(name);

/** `owner/repo#1`, `owner#1` of a fork, and the same with a commit. */
export const crossReference =
  /(?<![A-Za-z0-9_-])([A-Za-z0-9][A-Za-z0-9-]*(?:\/[A-Za-z0-9._-]+)?)(?:[#\uff03\ufe5f]\d+|@[0-9a-f]{7,40})(?!\.?[A-Za-z0-9_])/g;

/** Addresses, as far as they could lead to GitHub, also one within another. */
export const addressPattern = /(?=((?:(?:https?:)?\/\/|(?<![A-Za-z0-9])www\.)[^\s<>"'`]{1,400}))/gi;

/** An address as browsers on GitHub understand it; undefined where it is none. */
function addressOf(url: string, hosts: readonly string[]): URL | undefined {
  const base = `https://${hosts[0] ?? 'github.com'}/-/-/issues/1`;
  return URL.canParse(url, base) ? new URL(url, base) : undefined;
}

/** The repository that an address on GitHub names; undefined for any other address. */
export function repoIn(url: string, hosts: readonly string[]): string | undefined {
  const address = addressOf(url, hosts);
  if (address === undefined || !/^https?:$/.test(address.protocol)) return undefined;
  const host = address.host.toLowerCase().replace(/^(?:www|redirect)\./, '');
  if (!hosts.includes(host) && !hosts.includes(host.replace(/\.(?=:|$)/, '').replace(/:443$/, ''))) return undefined;
  const [, owner = '', name = ''] = address.pathname.split('/');
  const repo = `${owner}/${name.replace(/\.git$/, '')}`;
  return repoPattern.test(repo) ? repo : undefined;
}

/** Whether an address is one that GitHub makes a reference of. */
export function isReference(url: string, hosts: readonly string[]): boolean {
  const path = addressOf(url, hosts)?.pathname ?? '';
  return /^\/[^/]+\/[^/]+\/(?:issues|pulls?|commits?|discussions|compare)\b/i.test(path);
}

export const isAmong = (name: string, allowed: readonly string[]): boolean =>
  allowed.some((one) => sameName(one, name));

/** What starts a command to a bot: these read the raw text, line by line. */
export const botCommand =
  /^(?:\/(?=[a-z])|bors(?= (?:r[+=-]|try|retry|merge|p=|d[+=]))|@?(?:dependabot|mergify|mergifyio|bors|rustbot|k8s-ci-robot)(?= [a-z]))/i;
/** In code a path is not worth a change; a lone word behind a slash is a command. */
export const botCommandInCode =
  /^(?:\/[a-z][a-z0-9_-]*(?=[ \t]|$)|bors(?= (?:r[+=-]|try|retry|merge|p=|d[+=]))|@?(?:dependabot|mergify|mergifyio|bors|rustbot|k8s-ci-robot)(?= [a-z]))/i;

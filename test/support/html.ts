/** Reads pages of ours without a browser: enough for what tests ask, not for any page there is. */

/** Turns the five entities that hono writes back into their characters. */
export const unescaped = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** The text of a piece of a page: no tags, no entities. */
export const textOf = (html: string): string => unescaped(html.replaceAll(/<[^>]*>/g, ''));

/** The text with runs of blanks as one, as a reader sees it. */
export const wordsOf = (html: string): string =>
  textOf(html.replaceAll(/<(?:p|li|dt|dd|h\d|section|div|button)[ >]/g, ' $&'))
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The texts of the items of the list of this class, each as it is written. */
export function itemsOf(html: string, listClass: string): string[] {
  const list = new RegExp(`<ol class="${listClass}"[^>]*>(.*?)</ol>`, 's').exec(html)?.[1] ?? '';
  return [...list.matchAll(/<li>(.*?)<\/li>/gs)].map(([, item]) => textOf(item ?? ''));
}

export interface Form {
  action: string;
  /** hidden fields by name */
  hidden: Record<string, string>;
  /** the labels of its buttons */
  buttons: string[];
}

/** Every form that posts. */
export const formsOf = (html: string): Form[] =>
  [...html.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, action, inner = '']) => ({
      action: unescaped(action ?? ''),
      hidden: Object.fromEntries(
        [...inner.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [
          name ?? '',
          unescaped(value ?? ''),
        ]),
      ),
      buttons: [...inner.matchAll(/<button[^>]*>(.*?)<\/button>/gs)].map(([, label]) => textOf(label ?? '').trim()),
    }),
  );

/** What a strict policy would refuse: scripts and styles in the page itself, handlers, addresses elsewhere. */
export const inlineOf = (html: string): string[] =>
  [
    ...html.matchAll(
      /<style[\s>]|<script(?![^>]*\ssrc=")[^>]*>|<[^>]*\sstyle=|<[^>]*\son\w+=|(?:src|href|action)="(?:[a-z]+:|\/\/)[^"]*"/gi,
    ),
  ].map(([found]) => found);

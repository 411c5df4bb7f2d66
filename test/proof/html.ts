/** An element of a page: its tag, attributes, and what stands in it. Enough for the well-formed pages that Gaia renders. */
export interface Element {
  tag: string;
  attributes: Record<string, string>;
  children: (Element | string)[];
}

const empty = new Set(['meta', 'link', 'input', 'br', 'hr', 'img']);
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

const decoded = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return entities[name as string] ?? whole;
  });

/**
 * Reads a page as a browser does, as far as Gaia's pages go. Throws where the nesting is broken: then somebody's text
 * got out of its place.
 */
export function readPage(html: string): Element {
  const root: Element = { tag: '', attributes: {}, children: [] };
  const open: Element[] = [root];
  const token = /<!--[\s\S]*?-->|<!doctype[^>]*>|<(\/?)([a-z][a-z0-9-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>|[^<]+|</gi;
  for (const [whole, closing, name, rest] of html.matchAll(token)) {
    const inside = open.at(-1) as Element;
    if (name === undefined) {
      if (!whole.startsWith('<!')) inside.children.push(decoded(whole));
      continue;
    }
    const tag = name.toLowerCase();
    if (closing) {
      if (inside.tag !== tag) throw new Error(`</${tag}> closes <${inside.tag}>`);
      open.pop();
      continue;
    }
    const attributes = Object.fromEntries(
      [...(rest ?? '').matchAll(/([a-z][\w:-]*)(?:="([^"]*)")?/gi)].map(([, key, value]) => [
        key as string,
        decoded(value ?? ''),
      ]),
    );
    const element: Element = { tag, attributes, children: [] };
    inside.children.push(element);
    if (!empty.has(tag) && !(rest ?? '').endsWith('/')) open.push(element);
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.tag}> is never closed`);
  return root;
}

export const textOf = (element: Element | string): string =>
  typeof element === 'string' ? element : element.children.map(textOf).join('');

/** Every element below, in the order of the page. */
export function* below(element: Element): Generator<Element> {
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    yield child;
    yield* below(child);
  }
}

export const findAll = (element: Element, fits: (each: Element) => boolean): Element[] =>
  [...below(element)].filter(fits);
export const hasClass =
  (name: string) =>
  (element: Element): boolean =>
    (element.attributes.class ?? '').split(' ').includes(name);
export const isTag =
  (tag: string) =>
  (element: Element): boolean =>
    element.tag === tag;

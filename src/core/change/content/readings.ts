import { isExhausting } from './exhausting.ts';
import { decoded, type Node, parse, placeOf } from './source.ts';

/** Blocks whose words stand together on the page. */
const blocks = ['paragraph', 'heading', 'tableCell'];

/**
 * A text as it is written, and as the page shows each of its blocks: once with the words of its links, once with their addresses.
 * One that would exhaust its reader is only read as it is written: it goes nowhere.
 */
export function readingsOf(markdown: string): string[] {
  if (isExhausting(markdown)) return [markdown];
  const tree = parse(markdown);
  const addresses = new Map<string, string>();
  const readings = [markdown];
  const visit = (node: Node): void => {
    if (node.type === 'definition') addresses.set(node.identifier ?? '', node.url ?? '');
    node.children?.forEach(visit);
  };
  visit(tree);
  const read = (node: Node): void => {
    if (blocks.includes(node.type)) {
      const words = shown(node, () => undefined);
      const withAddresses = shown(node, ({ url, identifier }) => url ?? addresses.get(identifier ?? ''));
      readings.push(words, ...(withAddresses === words ? [] : [withAddresses]));
    } else if (node.type === 'html') {
      const [start, end] = placeOf(node);
      readings.push(decoded(markdown.slice(start, end).replace(/<[^>]*>/g, '')));
    } else node.children?.forEach(read);
  };
  read(tree);
  return readings;
}

function shown(node: Node, addressOf: (link: Node) => string | undefined): string {
  switch (node.type) {
    case 'html':
      return '';
    case 'break':
      return ' ';
    case 'link':
    case 'linkReference': {
      const address = addressOf(node);
      if (address !== undefined) return address;
    }
  }
  return node.value ?? node.alt ?? (node.children ?? []).map((child) => shown(child, addressOf)).join('');
}

/** A piece of raw HTML: an element that only sets text, or something that has no place in a text. */
export interface HtmlPiece {
  at: number;
  end: number;
  kind: 'element' | 'foreign' | 'sign';
  /** of an element: its name, and whether it opens or closes */
  name: string;
  closes: boolean;
  why: string;
}

/** Elements that only set text, without any attribute. */
const harmless =
  /^<(\/?)(b|br|code|dd|del|details|dl|dt|em|hr|i|ins|kbd|li|ol|p|pre|s|strong|sub|summary|sup|table|tbody|td|th|thead|tr|ul)\s*\/?>$/i;
const alone = ['br', 'hr'];

const piece =
  /<!---?>|<!--[\s\S]*?(?:-->|$)|<(script|style|textarea|iframe|object|embed|template|noscript|svg|math)\b[\s\S]*?(?:<\/\1\s*>|$)|<[/!?]?[a-z][^>]*(?:>|$)|<[/!?][^>]*(?:>|$)|</gi;

/** Everything in raw HTML that is not text. */
export function htmlPiecesIn(source: string): HtmlPiece[] {
  return [...source.matchAll(piece)].map(({ 0: text, index: at }): HtmlPiece => {
    const [whole, slash, name = ''] = harmless.exec(text) ?? [];
    const of = { at, end: at + text.length, name: name.toLowerCase(), closes: slash === '/' };
    if (whole !== undefined) return { ...of, kind: 'element', why: '' };
    if (text === '<') return { ...of, kind: 'sign', why: 'a sign that could begin HTML was written out' };
    if (text.startsWith('<!--')) return { ...of, kind: 'foreign', why: 'an HTML comment was taken out' };
    const isActive = /^<\/?(?:script|style|textarea|iframe|object|embed|template|noscript|svg|math)\b/i.test(text);
    const why = isActive ? 'a script or frame was taken out' : 'an HTML element was taken out';
    return { ...of, kind: 'foreign', why };
  });
}

/** Of all elements of a text, in order, those without their other half: one left open takes in what follows. */
export function unpaired(elements: readonly HtmlPiece[]): HtmlPiece[] {
  const open: HtmlPiece[] = [];
  const left: HtmlPiece[] = [];
  for (const element of elements) {
    if (alone.includes(element.name)) continue;
    if (!element.closes) {
      open.push(element);
      continue;
    }
    const other = open.findLastIndex(({ name }) => name === element.name);
    if (other === -1) left.push(element);
    else left.push(...open.splice(other).slice(1));
  }
  return [...left, ...open];
}

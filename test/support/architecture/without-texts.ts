/**
 * TypeScript's text with comments and the insides of strings, templates and regular expressions replaced by spaces.
 * Quotes, line breaks and so every position stay where they were; the code inside `${…}` stays too.
 * A reader of tokens, not a parser: in JSX text an apostrophe may hide the rest of its line, never more.
 */
export function withoutTexts(text: string, path: string): string {
  const out = [...text.split('')];
  /** for each template literal we are inside of: how many braces are open in its present `${…}` */
  const open: number[] = [];
  let at = 0;

  const hide = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  /** Moves past the template's text to its end, or to the `${` that interrupts it. */
  const passTemplate = () => {
    const from = at;
    while (at < text.length) {
      if (text[at] === '\\') at += 2;
      else if (text[at] === '`') {
        hide(from, at++);
        return;
      } else if (text.startsWith('${', at)) {
        hide(from, at);
        at += 2;
        open.push(0);
        return;
      } else at++;
    }
    throw new Error(
      `${path}: a template literal that opens and never closes; the architecture test cannot read this file`,
    );
  };

  if (text.startsWith('#!')) hide(0, endOfLine(text, 0));
  while (at < text.length) {
    const char = text[at]!;
    if (text.startsWith('//', at)) {
      const end = endOfLine(text, at);
      hide(at, end);
      at = end;
    } else if (text.startsWith('/*', at)) {
      const close = text.indexOf('*/', at + 2);
      const end = close === -1 ? text.length : close + 2;
      hide(at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfRun(text, at, char);
      if (end !== undefined) hide(at + 1, end);
      at = (end ?? at) + 1;
    } else if (char === '/' && startsRegex(out, text, at)) {
      const end = endOfRun(text, at, '/');
      if (end !== undefined) hide(at + 1, end);
      at = (end ?? at) + 1;
    } else if (char === '`') {
      at++;
      passTemplate();
    } else if (char === '{' && open.length > 0) {
      open[open.length - 1]!++;
      at++;
    } else if (char === '}' && open.length > 0) {
      at++;
      if (open[open.length - 1]! > 0) open[open.length - 1]!--;
      else {
        open.pop();
        passTemplate();
      }
    } else at++;
  }
  return out.join('');
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** Where a string or regular expression that opens at `from` closes on the same line; undefined where it does not. */
function endOfRun(text: string, from: number, close: string): number | undefined {
  let inClass = false;
  for (let i = from + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') i++;
    else if (char === '\n') return undefined;
    else if (close === '/' && char === '[') inClass = true;
    else if (close === '/' && char === ']') inClass = false;
    else if (char === close && !inClass) return i;
  }
  return undefined;
}

/** A slash divides after a value; it opens a regular expression after an operator or a keyword. `</` and `/>` are JSX. */
function startsRegex(out: readonly string[], text: string, at: number): boolean {
  if (text[at + 1] === '>') return false;
  let before = at - 1;
  while (before >= 0 && /\s/.test(out[before]!)) before--;
  if (before < 0 || '(,=:[!&|?{;+-*%>~^'.includes(out[before]!)) return true;
  const word = /[\w$]+$/.exec(out.slice(Math.max(0, before - 10), before + 1).join(''))?.[0];
  return word !== undefined && /^(?:return|typeof|case|in|of|void|throw|else|do|await|yield)$/.test(word);
}

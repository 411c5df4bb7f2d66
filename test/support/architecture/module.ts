import { posix } from 'node:path';
import { withoutTexts } from './without-texts.ts';

/** A file of the project by its path from the root, with slashes. */
export interface SourceFile {
  path: string;
  text: string;
}

/** One import, re-export or dynamic import, as it stands in the text. */
export interface Import {
  line: number;
  /** what stands between the quotes; undefined where it is computed and cannot be read */
  specifier: string | undefined;
  /** `type`: `import type`, `export type … from`; gone at run time. `dynamic`: `import()`, loaded when reached */
  how: 'static' | 'type' | 'dynamic';
  /** the imported file's path from the root, where the specifier is relative */
  target: string | undefined;
}

/** A source file, read: its code with strings, comments and regular expressions blanked out, and what it imports. */
export interface Module extends SourceFile {
  code: string;
  imports: Import[];
}

const statement =
  /(?<![\w$.])(?:import|export)\s+(type\b(?!\s*(?:,|from\b\s*['"]))\s*)?[\w$\s{},*]*?(?<![\w$])from\s*(?=['"])/g;
const bareImport = /(?<![\w$.])import\s*(?=['"])/g;
const call = /(?<![\w$.])(?:import|require)\s*\(\s*(?=(\S))/g;

/** Reads a TypeScript file; throws where its text cannot be told apart from its code. */
export function readModule({ path, text }: SourceFile): Module {
  const code = withoutTexts(text, path);
  const imports: Import[] = [];
  const add = (match: RegExpMatchArray, how: Import['how']) => {
    const specifier = quotedAt(text, code, match.index! + match[0].length);
    const target = specifier?.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
    imports.push({ line: lineAt(code, match.index!), specifier, how, target });
  };
  for (const match of code.matchAll(statement)) add(match, match[1] === undefined ? 'static' : 'type');
  for (const match of code.matchAll(bareImport)) add(match, 'static');
  for (const match of code.matchAll(call)) add(match, 'dynamic');
  return { path, text, code, imports: imports.sort((a, b) => a.line - b.line) };
}

/** The line, from 1, on which `index` stands. */
export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The string whose opening quote stands at `start`: blanked in `code`, so that its end is the next quote there. */
function quotedAt(text: string, code: string, start: number): string | undefined {
  const quote = code[start];
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined;
  const end = code.indexOf(quote, start + 1);
  const content = text.slice(start + 1, end);
  return quote === '`' && content.includes('${') ? undefined : content;
}

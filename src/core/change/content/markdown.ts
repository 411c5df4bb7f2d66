import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { botCommand, crossReference, decoded, isAmong, mentionPattern, repoIn } from './words.ts';

/** What may stand as it is. */
export interface Allowed {
  /** logins and teams that may be mentioned */
  mentions: readonly string[];
  /** repositories that may be referred to, the target's own among them */
  repos: readonly string[];
  /** GitHub's own hosts, in lower case */
  hosts: readonly string[];
}

export interface Tamed {
  text: string;
  /** what was changed, in words, each once */
  changed: string[];
  /** mentions that stay, because they are allowed */
  mentioned: string[];
}

/** The parts of a Markdown tree that are looked at. */
interface Node {
  type: string;
  value?: string;
  url?: string;
  alt?: string | null;
  children?: Node[];
  position?: { start: { offset?: number }; end: { offset?: number } };
}

interface Edit {
  start: number;
  end: number;
  by: string;
  why: string;
}

/** Passes until nothing is left to change; text that needs more was made to escape. */
const mostPasses = 8;

/**
 * Markdown without what acts behind the reader's back. What it says stays; mentions, foreign references and commands become
 * inert, comments and scripts go. Undefined where the text cannot be tamed.
 */
export function tame(markdown: string, allowed: Allowed): Tamed | undefined {
  const changed = new Set<string>();
  let text = markdown.replace(/<!--\s*gaia:[\s\S]*?(?:-->|$)/gi, () => {
    changed.add("one of Gaia's own marks was taken out");
    return '';
  });
  for (let pass = 0; pass < mostPasses; pass++) {
    const edits = editsIn(text, allowed);
    if (edits.length === 0) {
      const closed = withClosedFence(text);
      if (closed === text) return { text, changed: [...changed], mentioned: mentionsIn(text, allowed) };
      changed.add('an open code fence was closed');
      text = closed;
      continue;
    }
    for (const { why } of edits) changed.add(why);
    text = apply(text, edits);
  }
  return undefined;
}

const parse = (text: string): Node =>
  fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }) as unknown as Node;

function apply(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, by } of [...edits].sort((one, other) => one.start - other.start || one.end - other.end)) {
    if (start < from) continue; // it lies within a part that was replaced: the next pass looks at it
    result += text.slice(from, start) + by;
    from = end;
  }
  return result + text.slice(from);
}

function editsIn(text: string, allowed: Allowed): Edit[] {
  const edits: Edit[] = [];
  const visit = (node: Node, inCode: boolean) => {
    const [start, end] = [node.position?.start.offset ?? 0, node.position?.end.offset ?? 0];
    const source = text.slice(start, end);
    const edit = (by: string, why: string) => edits.push({ start, end, by, why });
    switch (node.type) {
      case 'html':
        for (const one of htmlEdits(source, allowed))
          edits.push({ ...one, start: start + one.start, end: start + one.end });
        return;
      case 'text':
        return void (inCode || edits.push(...textEdits(text, start, end, node.value ?? '', allowed)));
      case 'definition':
        if (isDangerous(node.url)) edit('', 'a dangerous link was taken out');
        else if (isForeign(node.url, allowed))
          edit(`\`${inert(source)}\``, 'a reference to another repository was made inert');
        return;
      case 'image':
        if (!isOwnImage(node.url, allowed))
          return edit(plainOf(node.alt ?? ''), 'a foreign image was replaced by its text') as unknown as undefined;
        return;
      case 'imageReference':
        return edit(plainOf(node.alt ?? ''), 'a foreign image was replaced by its text') as unknown as undefined;
      case 'link': {
        const label = plainOf(textOf(node));
        if (isDangerous(node.url)) return edit(label, 'a dangerous link was taken out') as unknown as undefined;
        if (isForeign(node.url, allowed)) {
          const shown = `\`${inert(node.url ?? '')}\``;
          const isBare = textOf(node) === node.url || source === `<${node.url}>`;
          return edit(
            isBare ? shown : `${label} ${shown}`,
            'a reference to another repository was made inert',
          ) as unknown as undefined;
        }
        break;
      }
    }
    let depth = 0;
    for (const child of node.children ?? []) {
      if (child.type === 'html') depth += opensCode(child.value ?? '');
      visit(child, inCode || depth > 0);
    }
  };
  visit(parse(text), false);
  return edits;
}

/** Within one stretch of plain text. What the source hides behind character references is brought to light first. */
function textEdits(text: string, start: number, end: number, value: string, allowed: Allowed): Edit[] {
  const source = text.slice(start, end);
  const clear = decoded(source);
  if (clear !== source && (hasLive(clear, allowed) || botCommand.test(clear.trimStart()))) {
    const by = [...source.matchAll(/&[#a-zA-Z0-9]{1,32};/g)].reduce((all, [one]) => {
      const meant = decoded(one);
      return '@#/'.includes(meant) && meant !== '' ? all.replace(one, meant) : all;
    }, source);
    if (by !== source) return [{ start, end, by, why: 'a hidden mention or reference was spelled out' }];
  }
  // A backslash hides nothing from GitHub: the page shows the text without it.
  if (value !== source && hasLive(value, allowed) && !hasLive(source, allowed) && source.includes('\\')) {
    return [
      { start, end, by: source.replace(/\\([@#/_.-])/g, '$1'), why: 'a hidden mention or reference was spelled out' },
    ];
  }
  // next to another backtick or a backslash, code marks would not mean code
  const quote = /[`\\]/.test(text) ? (what: string) => `<code>${what}</code>` : (what: string) => `\`${what}\``;
  const edits: Edit[] = [];
  for (const found of source.matchAll(mentionPattern)) {
    if (isAmong(found[1] as string, allowed.mentions)) continue;
    const at = start + found.index;
    edits.push({
      start: at,
      end: at + found[0].length,
      by: quote(found[0]),
      why: `the mention of ${found[0]} was made inert`,
    });
  }
  for (const found of source.matchAll(crossReference)) {
    if (isAmong(found[1] as string, allowed.repos)) continue;
    const at = start + found.index;
    edits.push({
      start: at,
      end: at + found[0].length,
      by: quote(found[0]),
      why: 'a reference to another repository was made inert',
    });
  }
  let from = 0;
  for (const line of source.split('\n')) {
    const command = botCommand.exec(line.trimStart());
    const indent = line.length - line.trimStart().length;
    const at = start + from + indent;
    const isFirst = text.slice(text.lastIndexOf('\n', at - 1) + 1, at).trim() === '';
    if (command && isFirst && !edits.some((one) => one.start <= at && at < one.end)) {
      const by = command[0] === '/' ? '\\/' : quote(command[0]);
      edits.push({ start: at, end: at + command[0].length, by, why: 'a command to a bot was made inert' });
    }
    from += line.length + 1;
  }
  return edits;
}

const hasLive = (text: string, { mentions, repos }: Allowed): boolean =>
  [...text.matchAll(mentionPattern)].some((found) => !isAmong(found[1] as string, mentions)) ||
  [...text.matchAll(crossReference)].some((found) => !isAmong(found[1] as string, repos));

/** Elements that only set text, without any attribute. */
const harmless =
  /^<\/?(?:b|br|code|dd|del|details|dl|dt|em|hr|i|ins|kbd|li|ol|p|pre|s|strong|sub|summary|sup|table|tbody|td|th|thead|tr|ul)\s*\/?>$/i;

function htmlEdits(source: string, allowed: Allowed): Edit[] {
  const edits: Edit[] = [];
  const whole = (why: string) => [{ start: 0, end: source.length, by: '', why }];
  if (/^\s*<(?:script|style|textarea|iframe|object|embed|template|noscript|svg|math)\b/i.test(source))
    return whole('a script or frame was taken out');
  if (/^\s*<(?:!--|!|\?)/.test(source) && !/-->\s*\S/.test(source)) return whole('an HTML comment was taken out');
  for (const found of source.matchAll(/<!--[\s\S]*?(?:-->|$)|<[!?/]?[a-z][^>]*(?:>|$)/gi)) {
    if (harmless.test(found[0])) continue;
    const why = found[0].startsWith('<!--') ? 'an HTML comment was taken out' : 'an HTML element was taken out';
    edits.push({ start: found.index, end: found.index + found[0].length, by: '', why });
  }
  let inCode = 0;
  let from = 0;
  for (const tag of [...source.matchAll(/<\/?code\s*>/gi), { 0: '', index: source.length }]) {
    if (inCode === 0) {
      const between = source.slice(from, tag.index);
      for (const found of [...between.matchAll(mentionPattern), ...between.matchAll(crossReference)]) {
        const names = found[0].startsWith('@') ? allowed.mentions : allowed.repos;
        if (isAmong(found[1] as string, names)) continue;
        const at = from + found.index;
        edits.push({
          start: at,
          end: at + found[0].length,
          by: `<code>${found[0]}</code>`,
          why: `${found[0]} was made inert`,
        });
      }
    }
    inCode = Math.max(0, inCode + opensCode(tag[0]));
    from = tag.index + tag[0].length;
  }
  return edits;
}

const opensCode = (tag: string): number => (/^<code\s*>$/i.test(tag) ? 1 : /^<\/code\s*>$/i.test(tag) ? -1 : 0);

const isDangerous = (url = ''): boolean => {
  // browsers skip white space and controls before and within a scheme
  const scheme = /^([a-z][a-z0-9+.-]*):/i
    .exec(decoded(url).replace(/[\u0000-\u0020\u007f-\u009f]/g, ''))?.[1]
    ?.toLowerCase();
  return scheme !== undefined && !['http', 'https', 'mailto'].includes(scheme);
};

function isForeign(url: string | undefined, { repos, hosts }: Allowed): boolean {
  const repo = repoIn(decoded(url ?? ''), hosts);
  return (
    repo !== undefined && /\/(?:issues|pull|commit|discussions|compare)\b/.test(url ?? '') && !isAmong(repo, repos)
  );
}

function isOwnImage(url: string | undefined, { repos, hosts }: Allowed): boolean {
  const repo = repoIn(url ?? '', hosts);
  return repo !== undefined && /^https:/i.test(url ?? '') && isAmong(repo, repos);
}

const textOf = (node: Node): string => node.value ?? (node.children ?? []).map(textOf).join('');

/** Text as text: nothing in it is markup any more. */
const plainOf = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/([\\`*_[\]<>!|~])/g, '\\$1')
    .trim();

const inert = (text: string): string => text.replace(/[`\n]/g, '');

function mentionsIn(text: string, allowed: Allowed): string[] {
  const found = new Set<string>();
  const visit = (node: Node) => {
    if (node.type === 'text')
      for (const [, name] of (node.value ?? '').matchAll(mentionPattern)) found.add(name as string);
    node.children?.forEach(visit);
  };
  visit(parse(text));
  return [...found].filter((name) => isAmong(name, allowed.mentions));
}

/** A fence left open would swallow what follows: Gaia's mark, a footer. */
function withClosedFence(text: string): string {
  const last = lastLeaf(parse(text));
  if (last?.type !== 'code') return text;
  const source = text.slice(last.position?.start.offset ?? 0, last.position?.end.offset ?? 0);
  const opening = /^(`{3,}|~{3,})/.exec(source)?.[1];
  if (opening === undefined) return text;
  const lines = source.split('\n');
  const closes =
    lines.length > 1 && new RegExp(`^[ \\t>]*\\${opening[0]}{${opening.length},}[ \\t]*$`).test(lines.at(-1) as string);
  return closes ? text : `${text.replace(/\n+$/, '')}\n${opening}\n`;
}

function lastLeaf(node: Node): Node | undefined {
  const last = node.children?.at(-1);
  return last === undefined ? node : lastLeaf(last);
}

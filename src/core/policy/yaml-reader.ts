import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { nearest } from './nearest.ts';

/** One fault of a policy file. Line and column count from 1; `field` reads `rules[0].match.argv[1]`. */
export interface PolicyFault {
  line: number;
  column: number;
  field: string;
  message: string;
}

/** A place in the file: a node (absent where a key has no value) and how to call it. */
export interface Place {
  node: Node | undefined;
  field: string;
  /** UTF-16 offset, where there is no node to point at */
  offset: number;
}

/** The members of a map: `take` each known one. */
export interface Members {
  take(key: string): Place | undefined;
  at: Place;
}

/** Reads a YAML document member by member and collects every fault on the way, instead of stopping at the first. */
export class YamlReader {
  readonly faults: PolicyFault[] = [];
  readonly root: Place;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: true,
      strict: true,
    });
    this.root = { node: (document.contents ?? undefined) as Node | undefined, field: '', offset: 0 };
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      this.fault(
        { node: undefined, field: '', offset: pos[0] },
        message === 'Map keys must be unique' ? 'The same key stands here twice.' : `Not readable as YAML: ${message}.`,
      );
    }
  }

  fault(place: Place, message: string): void {
    const { line, col } = this.#lines.linePos(place.node?.range?.[0] ?? place.offset);
    this.faults.push({ line: Math.max(line, 1), column: Math.max(col, 1), field: place.field, message });
  }

  /** The line a place stands on, counted from 1. */
  lineOf({ node, offset }: Place): number {
    return Math.max(this.#lines.linePos(node?.range?.[0] ?? offset).line, 1);
  }

  /** A map with no other keys than these. */
  members(place: Place, known: readonly string[], what: string): Members | undefined {
    const map = this.#map(place, what);
    if (map === undefined) return undefined;
    const found = new Map<string, Place>();
    for (const [key, member, keyPlace] of this.#pairs(map, place)) {
      if (known.includes(key)) found.set(key, member);
      else this.fault(keyPlace, `${nameOf(what)} has no ${quoted(key)}${suggestion(key, known)}.`);
    }
    return { take: (key) => found.get(key), at: place };
  }

  /** A map whose keys are the writer's own. */
  entries(place: Place, what: string): [key: string, member: Place, keyPlace: Place][] {
    const map = this.#map(place, what);
    return map === undefined ? [] : [...this.#pairs(map, place)];
  }

  items(place: Place, what: string): Place[] {
    if (!isSeq(place.node)) {
      this.fault(place, `${nameOf(what)} must be a list.`);
      return [];
    }
    return place.node.items.map((item, index) => ({
      node: (item ?? undefined) as Node | undefined,
      field: `${place.field}[${index}]`,
      offset: offsetOf(item) ?? offsetOf(place.node) ?? place.offset,
    }));
  }

  /** One value or a list of them. */
  oneOrMore(place: Place, what: string): Place[] {
    return isSeq(place.node) ? this.items(place, what) : [place];
  }

  string(place: Place, what: string): string | undefined {
    const value = this.scalar(place);
    if (typeof value === 'string') return value;
    const hint =
      typeof value === 'number' || typeof value === 'boolean' ? `; put it in quotes: "${String(value)}"` : '';
    this.fault(place, `${nameOf(what)} must be a text${hint}.`);
    return undefined;
  }

  wholeNumber(place: Place, what: string, { min, max }: { min: number; max: number }): number | undefined {
    const value = this.scalar(place);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    this.fault(place, `${nameOf(what)} must be a whole number from ${min} to ${max}.`);
    return undefined;
  }

  boolean(place: Place, what: string): boolean | undefined {
    const value = this.scalar(place);
    if (typeof value === 'boolean') return value;
    this.fault(place, `${nameOf(what)} must be true or false.`);
    return undefined;
  }

  /** One of a few words. */
  word<Word extends string>(place: Place, what: string, words: readonly Word[]): Word | undefined {
    const value = this.scalar(place);
    if (words.some((word) => word === value)) return value as Word;
    this.fault(
      place,
      `${nameOf(what)} must be one of ${words.join(', ')}${typeof value === 'string' ? suggestion(value, words) : ''}.`,
    );
    return undefined;
  }

  /** The plain value of a place, or undefined for lists, maps, references and nothing. */
  scalar({ node }: Place): unknown {
    return isScalar(node) && node.anchor === undefined && node.value !== null ? node.value : undefined;
  }

  #map(place: Place, what: string): YAMLMap | undefined {
    if (isMap(place.node)) return place.node;
    this.fault(place, `${nameOf(what)} must be a map of keys and values.`);
    return undefined;
  }

  *#pairs(map: YAMLMap, place: Place): Iterable<[key: string, member: Place, keyPlace: Place]> {
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      const name = isScalar(key) ? String(key.value) : undefined;
      const field = place.field === '' ? `${name ?? '?'}` : `${place.field}.${name ?? '?'}`;
      const keyPlace = { node: key, field, offset: offsetOf(key) ?? place.offset };
      if (name === undefined) this.fault(keyPlace, 'A key must be a plain word.');
      else yield [name, { node: value ?? undefined, field, offset: keyPlace.offset }, keyPlace];
    }
  }
}

const offsetOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];

export const quoted = (text: string): string => `“${text}”`;

const nameOf = (what: string): string => what.charAt(0).toUpperCase() + what.slice(1);

function suggestion(given: string, known: readonly string[]): string {
  const near = nearest(given, known);
  return near === undefined ? '' : `; it may mean ${quoted(near)}`;
}

/** One field of a GraphQL operation with what is asked of it. */
export interface Selection {
  name: string;
  alias: string;
  values: Record<string, unknown>;
  selections: Selection[];
}

export interface Operation {
  kind: 'query' | 'mutation';
  selections: Selection[];
}

/** A GraphQL document that cannot be read, or asks for what this reader does not know. */
export class GraphqlSyntaxError extends Error {}

/** Reads one operation: names, variables, literals and nested fields; no fragments and no directives. */
export function parseOperation(text: string, variables: Readonly<Record<string, unknown>>): Operation {
  const tokens = text.match(/[A-Za-z_]\w*|\$\w+|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\.{3}|[^\s,]/g) ?? [];
  const next = (): string => {
    const token = tokens.shift();
    if (token === undefined) throw new GraphqlSyntaxError('Unexpected end of document');
    return token;
  };
  const expect = (wanted: string): void => {
    const token = next();
    if (token !== wanted) throw new GraphqlSyntaxError(`Expected "${wanted}", actual: "${token}"`);
  };

  const value = (): unknown => {
    const token = next();
    if (token.startsWith('$')) return variables[token.slice(1)];
    if (token.startsWith('"') || /^-?\d/.test(token)) return JSON.parse(token);
    if (token === 'true' || token === 'false') return token === 'true';
    if (token === 'null') return null;
    if (token === '[') {
      const items: unknown[] = [];
      while (tokens[0] !== ']') items.push(value());
      expect(']');
      return items;
    }
    if (token === '{') return named('}');
    return token;
  };
  const named = (end: string): Record<string, unknown> => {
    const values: Record<string, unknown> = {};
    while (tokens[0] !== end) {
      const name = next();
      expect(':');
      values[name] = value();
    }
    expect(end);
    return values;
  };
  const selectionSet = (): Selection[] => {
    expect('{');
    const selections: Selection[] = [];
    while (tokens[0] !== '}') {
      const alias = next();
      if (!/^\w+$/.test(alias)) throw new GraphqlSyntaxError(`Unexpected "${alias}"`);
      const isAliased = tokens[0] === ':';
      if (isAliased) expect(':');
      const name = isAliased ? next() : alias;
      let values: Record<string, unknown> = {};
      if (tokens[0] === '(') {
        expect('(');
        values = named(')');
      }
      selections.push({ name, alias, values, selections: tokens[0] === '{' ? selectionSet() : [] });
    }
    expect('}');
    return selections;
  };

  const kind = tokens[0] === '{' ? 'query' : next();
  if (kind !== 'query' && kind !== 'mutation') throw new GraphqlSyntaxError(`Unexpected "${kind}"`);
  while (tokens[0] !== '{') {
    // The operation's name and the types of its variables.
    if (next() === '(') while (next() !== ')');
  }
  return { kind, selections: selectionSet() };
}

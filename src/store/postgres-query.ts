import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Handle, Query } from './database.ts';
import { plainError } from './postgres-errors.ts';
import type { Statement } from './statement.ts';
import { type Tables, tables } from './tables.ts';
import { postgresWords } from './words-postgres.ts';

export const postgresTables: Tables = tables(postgresWords);

/** Sequence numbers and instants are whole numbers well below 2⁵³; pg would hand them out as text. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Rows held to the end of the work. */
const hold: Handle['hold'] = (select, how = 'wait') =>
  select.for('update', how === 'skip' ? { skipLocked: true } : {}) as unknown as typeof select;

const shape = { t: postgresTables, hold };

/**
 * One set of builders and statements over many connections: `ask` finds the connection at the moment a query runs, so
 * nothing built earlier can reach another's. Named statements are prepared once per connection, by pg.
 */
export function handleOver(ask: (config: pg.QueryConfig, name: string) => Promise<pg.QueryResult>): Handle {
  const client = {
    query: async (config: pg.QueryConfig, values: unknown[]) => {
      const name = config.name ?? summary(config.text);
      return ask({ ...config, values }, name);
    },
  };
  const query = drizzle({ client: client as unknown as pg.Pool });
  speakPlainly(query);

  const prepared = new Map<unknown, Prepared>();
  const run = async <Values extends object, Result>(s: Statement<Values, Result>, values: Values): Promise<Result> => {
    let ready = prepared.get(s);
    if (!ready) {
      ready = (s.build(query as unknown as Query, shape) as unknown as { prepare(name: string): Prepared }).prepare(
        s.name,
      );
      prepared.set(s, ready);
    }
    return (await ready.execute(values)) as Result;
  };
  return {
    t: postgresTables,
    run,
    hold,
    select: query.select.bind(query) as Handle['select'],
    insert: query.insert.bind(query) as unknown as Handle['insert'],
    update: query.update.bind(query) as unknown as Handle['update'],
    delete: query.delete.bind(query) as unknown as Handle['delete'],
  };
}

interface Prepared {
  execute(values: object): Promise<unknown>;
}

/** drizzle wraps every error into one whose message lists the values: here its queries run without that wrapper. */
function speakPlainly(query: object): void {
  const { session } = query as { session: { prepareQuery(...parts: unknown[]): Wrapping } };
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (...parts) => {
    const wrapping = prepareQuery(...parts);
    wrapping.queryWithCache = (_text, _values, go) => go();
    return wrapping;
  };
}

interface Wrapping {
  queryWithCache(text: string, values: unknown[], go: () => Promise<unknown>): Promise<unknown>;
}

/** Runs one query on one connection; its error carries no values. */
export async function askOn(client: pg.PoolClient, config: pg.QueryConfig, name: string): Promise<pg.QueryResult> {
  try {
    return await client.query(config);
  } catch (error) {
    throw plainError(error, name);
  }
}

/** A label for a statement without a name: what it does to which table, never a value. */
const summary = (text: string): string =>
  `${/^\w+/.exec(text)?.[0] ?? 'statement'} ${/"(\w+)"/.exec(text)?.[1] ?? ''}`.trim();

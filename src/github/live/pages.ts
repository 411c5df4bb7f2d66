import { z } from 'zod';
import { RemoteFailure } from '../../core/change/failure.ts';
import type { Client } from './client.ts';

/** Rows a page has at most, and pages that are read at most: a list that is longer is not judged by its beginning. */
export const perPage = 100;
const mostPages = 50;

/** Every page of a list; `isPast` tells that the rest of it is of no interest. Links are not followed: they may lead anywhere. */
export async function pages<Row>(
  client: Client,
  route: string,
  parameters: Record<string, unknown>,
  row: z.ZodType<Row>,
  isPast: (row: Row) => boolean = () => false,
): Promise<Row[]> {
  const all: Row[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const { value } = await client.look(route, { ...parameters, per_page: perPage, page }, z.array(row));
    all.push(...value.filter((one) => !isPast(one)));
    if (value.length < perPage || value.some(isPast)) return all;
  }
  throw tooLong(route);
}

/** What Projects list comes by a cursor, which stands in the link to the next page; only the cursor is taken from it. */
export async function byCursor<Row>(
  client: Client,
  route: string,
  place: Record<string, unknown>,
  row: z.ZodType<Row>,
): Promise<Row[]> {
  const all: Row[] = [];
  let after: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { value, headers } = await client.look(
      route,
      { ...place, per_page: perPage, ...(after && { after }) },
      z.array(row),
    );
    all.push(...value);
    const link = /<([^>]+)>;\s*rel="next"/.exec(String(headers.link ?? ''))?.[1];
    after = link === undefined ? undefined : (new URL(link).searchParams.get('after') ?? undefined);
    if (after === undefined) return all;
  }
  throw tooLong(route);
}

const tooLong = (route: string) =>
  new RemoteFailure({
    code: 'remote_ambiguous',
    message: `${route} has more than ${mostPages} pages.`,
    status: null,
    requestId: null,
  });

/** How a repository stands in an address. */
export const placeOf = (repo: string): { owner: string; repo: string } => {
  const [owner = '', name = ''] = repo.split('/');
  return { owner, repo: name };
};

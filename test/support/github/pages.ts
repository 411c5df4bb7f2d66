import { unprocessable } from './github-error.ts';
import type { Answer } from './routes/route.ts';

/** Deeper pages of one list are refused. */
const deepestPage = 100;

/**
 * @param linkTo the address of the list with other parameters
 * @param hasCursors pages are found by `after` and `before` instead of by number
 */
export function pageOf<T>(
  query: URLSearchParams,
  items: readonly T[],
  shape: (item: T) => unknown,
  linkTo: (parameters: Record<string, string>) => string,
  hasCursors: boolean,
): Answer {
  const size = Math.min(Math.max(1, Number(query.get('per_page') ?? 30) || 30), 100);
  const { start, links } = hasCursors ? byCursor() : byNumber();
  const header = Object.entries(links).map(([rel, parameters]) => `<${linkTo(parameters)}>; rel="${rel}"`);
  return {
    status: 200,
    body: items.slice(start, start + size).map(shape),
    headers: header.length === 0 ? {} : { link: header.join(', ') },
  };

  function byNumber() {
    const page = Math.max(1, Number(query.get('page') ?? 1) || 1);
    const last = Math.max(1, Math.ceil(items.length / size));
    if (page > deepestPage) {
      throw unprocessable('In order to keep the API fast for everyone, pagination is limited for this resource.');
    }
    const to = (number: number) => ({ page: String(number) });
    return {
      start: (page - 1) * size,
      links: {
        ...(page > 1 ? { prev: to(page - 1) } : {}),
        ...(page < last ? { next: to(page + 1), last: to(last) } : {}),
        ...(page > 1 ? { first: to(1) } : {}),
      },
    };
  }

  /** A cursor is the place in the list, in a form that nobody should read. */
  function byCursor() {
    const placeOf = (cursor: string) => Number(Buffer.from(cursor, 'base64url').toString());
    const cursorAt = (place: number) => Buffer.from(String(place)).toString('base64url');
    const after = query.get('after');
    const before = query.get('before');
    const start = after !== null ? placeOf(after) : before !== null ? Math.max(0, placeOf(before) - size) : 0;
    return {
      start,
      links: {
        ...(start + size < items.length ? { next: { after: cursorAt(start + size) } } : {}),
        ...(start > 0 ? { prev: { before: cursorAt(start) } } : {}),
      },
    };
  }
}

import { readShortId } from '../core/approval/short-id.ts';
import { notFound } from '../core/errors.ts';

/** The stored spelling of a request's id; ids are typed on phones. Throws not_found for what cannot be one. */
export function readRequestId(typed: string): string {
  const id = readShortId('r', typed);
  if (id) return id;
  throw notFound(`“${typed.slice(0, 40)}” is not the id of a request.`, {
    reason: 'no_such_request',
    remedy: 'Ids look like r-7F3K2Q.',
  });
}

import type { Failure } from '../../core/change/failure.ts';
import type { OperationName } from '../../core/change/operations.ts';
import { whyUnmapped } from './routes.ts';

/** What a call was made for. */
export interface Call {
  /** as mapped: `PATCH /repos/{owner}/{repo}/issues/{issue_number}` */
  route: string;
  /** none: to look */
  op: OperationName | undefined;
  /** what fills the places of the route */
  parameters: Readonly<Record<string, unknown>>;
}

/** What is about to go onto the wire. */
export interface Outgoing {
  method: string;
  address: string;
  body: unknown;
}

type Refusal = Pick<Failure, 'code' | 'message'>;

/** Where GraphQL is: beside REST on github.com, above it on an enterprise server. */
export const graphqlPath = (root: string): string => `${root.replace(/\/api\/v3$/, '/api')}/graphql`;

/**
 * Why something may not go onto the wire; undefined where it may. Judged by the address itself, as it would be understood at
 * the other end: the origin, the path without anything to be normalised, each part of it, and the members of the body.
 */
export function whyNotSent(
  { method, address, body }: Outgoing,
  { route, op, parameters }: Call,
  apiUrl: URL,
): Refusal | undefined {
  const url = new URL(address);
  if (url.origin !== apiUrl.origin || url.username !== '' || url.password !== '' || url.hash !== '')
    return { code: 'host_mismatch', message: `${url.origin} is not where GitHub's API is.` };
  const unmapped = (message: string): Refusal => ({ code: 'route_unmapped', message });
  const [mappedMethod = '', template = ''] = route.split(' ');
  if (method !== mappedMethod) return unmapped(`${route} is not sent by ${method}.`);
  if (method !== 'GET' && url.search !== '') return unmapped(`${route} takes nothing behind its address.`);
  if (address.split(/[?#]/)[0] !== `${url.origin}${url.pathname}`)
    return unmapped(`The address that ${route} would go to leads somewhere else.`);
  const root = apiUrl.pathname.replace(/\/$/, '');
  const path = template === '/graphql' ? graphqlPath(root) : undefined;
  if (path === undefined ? !fills(url.pathname, root, template, parameters) : url.pathname !== path)
    return unmapped(`The address that ${route} would go to is another route.`);
  const members = membersOf(body);
  if (members === undefined || (op === undefined && Object.keys(members).length > 0))
    return unmapped(`${route} does not carry what it would.`);
  const why = whyUnmapped(route, op, members);
  return why === undefined ? undefined : unmapped(why);
}

/** Whether a path is a route with exactly these values in its places. */
function fills(
  pathname: string,
  root: string,
  template: string,
  parameters: Readonly<Record<string, unknown>>,
): boolean {
  if (!pathname.startsWith(`${root}/`)) return false;
  const parts = pathname.slice(root.length).split('/');
  const places = template.split('/');
  return (
    parts.length === places.length &&
    places.every((place, at) => {
      const part = parts[at] as string;
      const name = /^\{(\w+)\}$/.exec(place)?.[1];
      return name === undefined ? part === place : isValue(part, name, parameters[name]);
    })
  );
}

/** Labels and branches may have slashes; within an address these are written out. */
const mayHaveSlashes = ['name', 'branch', 'basehead', 'ref'];

function isValue(part: string, name: string, value: unknown): boolean {
  const decoded = decode(part);
  if (decoded === undefined || decoded !== String(value)) return false;
  if (/(?:_number|_id)$/.test(name)) return /^[1-9]\d{0,18}$/.test(decoded);
  const parts = decoded.split('/');
  if (parts.length > 1 && !mayHaveSlashes.includes(name)) return false;
  return parts.every((one) => !/^\.{0,2}$/.test(one)) && !/[\p{Cc}\\]/u.test(decoded);
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The members of a body; none where there is no body, undefined where it is no object. */
function membersOf(body: unknown): Record<string, unknown> | undefined {
  if (body === undefined || body === null || body === '') return {};
  if (typeof body !== 'string') return undefined;
  const parsed: unknown = JSON.parse(body);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : undefined;
}

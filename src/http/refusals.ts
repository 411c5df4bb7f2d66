import type { Context, MiddlewareHandler } from 'hono';
import { noteRefusal } from '../actions/refusals.ts';
import { type ErrorCode, GaiaError } from '../core/errors.ts';
import type { Door, Env } from './door.ts';

/**
 * Keeps in the log whose act was refused, and why; the one place for the API, the command line and the console. Only who
 * is known leaves a trace: a call without a valid key or session writes nothing. Acts of operators, people and
 * administrators leave one whatever bars them; of all other calls those that the caller may not make.
 */
export const refusalLog =
  ({ app }: Door): MiddlewareHandler<Env> =>
  async (c, next) => {
    await next();
    const by = c.get('by');
    const error = c.get('refusal') ?? c.error;
    if (by === undefined || !(error instanceof GaiaError) || recordsItself.test(c.req.routePath)) return;
    if (!(c.get('isAct') ? bars : mayNot).includes(error.code)) return;
    const { method, routePath } = c.req;
    const because = error.extras.reason ?? error.code;
    await noteRefusal(app, { command: commandOf(routePath), call: `${method} ${routePath}`, id: idOf(c), because }, by);
  };

const bars: readonly ErrorCode[] = ['invalid', 'not_found', 'forbidden', 'conflict'];
const mayNot: readonly ErrorCode[] = ['forbidden'];

/** Deciding keeps its own refusals, as `decision.refused`. */
const recordsItself = /\/decisions$|^\/approvals\//;

/** The last word of a route, which is the command's in Telegram too: `stop`, `pause`, `requeue`. */
function commandOf(routePath: string): string {
  const word = routePath.split('/').findLast((part) => part !== '' && !part.startsWith(':')) ?? '';
  return word === 'requeues' ? 'requeue' : word;
}

/** The thing that was named, where it looks like an id or a number; other words could be anything. */
function idOf(c: Context<Env>): string | null {
  return /^(?:[a-z]-[0-9A-Z]{6}|\d{1,6})$/.exec(c.req.param('id') ?? '')?.[0] ?? null;
}

import { generateKeyPairSync } from 'node:crypto';
import { createSignInLink } from '../../src/actions/sessions.ts';
import type { Request } from '../../src/core/approval/request.ts';
import type { Door, Env } from '../../src/http/door.ts';
import { httpRoutes } from '../../src/http/server.ts';
import { type Form, formsOf } from './html.ts';
import { aWorld, type WorldOptions } from './world.ts';

const origin = 'http://127.0.0.1:8080';

/** A world with its web console: the real routes, called without sockets, and browsers that keep a cookie. */
export async function aConsole({ publicUrl = origin, ...options }: WorldOptions & { publicUrl?: string } = {}) {
  const world = await aWorld(options);
  const stopping = new AbortController();
  const reported: unknown[] = [];
  const door: Door = {
    app: world.app,
    viewer: { ...world.viewer, publicUrl },
    now: world.clock.now,
    timeZone: 'UTC',
    adminKey: `gaia_admin_${'a'.repeat(43)}`,
    sealKey: generateKeyPairSync('ed25519').privateKey,
    readPolicyFile: async () => '',
    version: '0.0.0-test',
    startedAt: world.clock.now(),
    isReady: () => true,
    report: (error) => void reported.push(error),
    stopping: stopping.signal,
  };
  const routes = httpRoutes(door, 8080);
  const host = new URL(publicUrl).host;

  /** A browser: signed in as nobody at first. */
  const browser = () => {
    let cookie = '';
    const call = async (
      method: string,
      path: string,
      { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
    ): Promise<Response> => {
      const response = await routes.request(
        path,
        {
          method,
          headers: { host, accept: 'text/html,application/xhtml+xml', ...(cookie ? { cookie } : {}), ...headers },
          ...(body === undefined ? {} : { body }),
        },
        {} as Env,
      );
      const set = response.headers.get('set-cookie');
      if (set !== null) cookie = /max-age=0/i.test(set) ? '' : (set.split(';')[0] ?? '');
      return response;
    };
    const get = (path: string, headers?: Record<string, string>) => call('GET', path, headers ? { headers } : {});
    const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      call('POST', path, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(publicUrl).origin, ...headers },
        body: new URLSearchParams(fields).toString(),
      });
    const read = async (path: string): Promise<string> => (await get(path)).text();
    /** the form of a page that has a button of this name */
    const form = async (path: string, button: string): Promise<Form> => {
      const found = formsOf(await read(path)).find((each) => each.buttons.some((label) => label.startsWith(button)));
      if (found === undefined) throw new Error(`${path} has no button ${button}`);
      return found;
    };
    return {
      call,
      get,
      post,
      read,
      form,
      /** opens the page, fills the form with this button, and presses it */
      presses: async (button: string, request: Request, more: Record<string, string> = {}) => {
        const { action, hidden } = await form(`/requests/${request.id}`, button);
        return post(action.split('#')[0] ?? '', { ...hidden, ...more });
      },
      submits: ({ action, hidden }: Form, more: Record<string, string> = {}) =>
        post(action.split('#')[0] ?? '', { ...hidden, ...more }),
      /** the cookie it would send */
      cookie: () => cookie,
      sendsCookie: (other: string) => {
        cookie = other;
      },
    };
  };

  const signedIn = async (personId = 'local') => {
    const { token } = await createSignInLink(world.app, personId);
    const its = browser();
    await its.post('/sign-in', { token });
    return its;
  };
  return {
    world,
    door,
    routes,
    reported,
    stop: () => stopping.abort(),
    browser,
    signedIn,
    linkFor: (id: string) => createSignInLink(world.app, id),
  };
}

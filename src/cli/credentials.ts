import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isOnThisMachine } from '../client/address.ts';
import { GaiaProblem } from '../client/problem.ts';
import { readOrNothing } from './read-or-nothing.ts';
import type { CliSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { readTerminalSession } from './terminal-session.ts';

/**
 * As whom a command calls. `asker`: the agent, or a person as themself. `looker`: whoever sees the most.
 * `operator`: the administrator or a signed-in person. `administrator`: the admin key alone. `person`: who decides.
 */
export type Role = 'asker' | 'looker' | 'operator' | 'administrator' | 'person' | 'anyone';

/** Where the key of a role comes from, the first that is there. */
const sources: Record<Role, readonly (keyof typeof keyOf)[]> = {
  asker: ['given', 'agent', 'session'],
  looker: ['given', 'admin', 'session', 'agent'],
  operator: ['admin', 'session'],
  administrator: ['admin'],
  person: ['session'],
  anyone: [],
};

/** A key, and the file of the data directory it was read from, where it was. */
interface FoundKey {
  key: string;
  file?: string;
}

/** The key to call with; undefined where the role needs none. Throws with how to get one. */
export function findKey(
  role: Role,
  settings: CliSettings,
  terminal: Pick<Terminal, 'env' | 'now'>,
): FoundKey | undefined {
  for (const source of sources[role]) {
    const key = keyOf[source](settings, terminal);
    const file = files[source];
    if (key !== undefined) return { key, ...(file !== undefined && { file }) };
  }
  if (role === 'anyone') return undefined;
  throw new GaiaProblem({ status: 401, code: 'key_missing', ...missing[role](settings.home) });
}

const files: Partial<Record<keyof typeof keyOf, string>> = { agent: 'agent.key', admin: 'admin.key' };

const keyOf = {
  given: ({ apiKey }: CliSettings) => apiKey,
  agent: (settings: CliSettings) => ofDirectory('agent.key', settings),
  admin: (settings: CliSettings) => ofDirectory('admin.key', settings),
  session: (settings: CliSettings, terminal: Pick<Terminal, 'env' | 'now'>) => {
    const session = readTerminalSession(settings, terminal.env);
    return session !== undefined && session.url === settings.url && session.expiresAt > terminal.now()
      ? session.session
      : undefined;
  },
};

/**
 * A key of the data directory, unless others may read it. On this machine it goes to nobody but the living Gaia of that
 * directory; elsewhere only to an address that the caller named.
 */
function ofDirectory(name: string, { home, url, urlIsTrusted, livingUrl: living }: CliSettings): string | undefined {
  const path = join(home, name);
  const key = readOrNothing(path)?.trim();
  if (!key) return undefined;
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new GaiaProblem({
      status: 403,
      code: 'secret_file_open',
      detail: `${path} holds a secret and others may use it.`,
      remedy: `Close it: chmod 600 ${path}. If others may have read it already, make a new key.`,
    });
  }
  if (isOnThisMachine(url) ? sameOrigin(url, living) : urlIsTrusted) return key;
  throw living === undefined && isOnThisMachine(url)
    ? new GaiaProblem({
        status: 503,
        code: 'not_running',
        detail: `The Gaia of ${home} does not run, and its keys are for nobody else.`,
        remedy:
          'Start it: gaia start. For another Gaia on this machine set GAIA_HOME to its data directory, or GAIA_API_KEY.',
      })
    : new GaiaProblem({
        status: 403,
        code: 'address_not_trusted',
        detail: `${name} of ${home} is not sent to ${url}${living === undefined ? '' : `: its Gaia listens at ${living}`}.`,
        remedy: 'Leave GAIA_URL out, or set GAIA_HOME to the data directory of the Gaia at that address.',
      });
}

function sameOrigin(one: string, other: string | undefined): boolean {
  return other !== undefined && new URL(one).origin === new URL(other).origin;
}

type Missing = (home: string) => { detail: string; remedy: string };

const missing: Record<Exclude<Role, 'anyone'>, Missing> = {
  asker: (home) => ({
    detail: `No key to ask with: GAIA_API_KEY is not set, and there is no agent.key to read in ${home}.`,
    remedy:
      'Set GAIA_API_KEY to a key made by `gaia key create NAME` on the machine of Gaia, or set GAIA_HOME to its data directory.',
  }),
  looker: (home) => ({
    detail: `No key to look with: GAIA_API_KEY is not set, there is no key to read in ${home}, and nobody is logged in here.`,
    remedy: 'Set GAIA_API_KEY or GAIA_HOME, or type `gaia login`.',
  }),
  operator: (home) => ({
    detail: `This needs an operator: there is no admin.key to read in ${home}, and nobody is logged in here.`,
    remedy: 'Run it as the user of Gaia (GAIA_HOME names the data directory), or type `gaia login`.',
  }),
  administrator: (home) => ({
    detail: `This needs the admin key, and there is no admin.key to read in ${home}.`,
    remedy: 'Run it as the user that Gaia runs as, with GAIA_HOME naming its data directory.',
  }),
  person: () => ({
    detail: 'Only a person decides, and nobody is logged in here.',
    remedy: 'Type `gaia login` and confirm the code in the console, or decide in the console: `gaia console`.',
  }),
};

import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { close, httpRoutes, listen } from '../../src/http/server.ts';
import { anApi } from '../support/api.ts';
import type { World } from '../support/world.ts';
import { gaia, type Seat } from './a-terminal.ts';
import { anOperatorsHome } from './an-operators-home.ts';

/** A world behind a real socket, with `gaia` called as an agent that has a key, or as the operator at its machine. */
export async function served(world: Omit<World, 'writes'>) {
  const api = anApi(world as World);
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(server, 0));
  serve(httpRoutes(api.door, port));
  const url = `http://127.0.0.1:${port}`;
  const home = anOperatorsHome(url);
  const seat = { cwd: world.cwd };
  const { secret: agentKey } = await api.agent('local-agent');
  writeFileSync(join(home.GAIA_HOME, 'agent.key'), agentKey, { mode: 0o600 });
  symlinkSync(world.checkpoints, join(home.GAIA_HOME, 'checkpoints'));
  return {
    ...api,
    url,
    operator: (...argv: string[]) => gaia(argv, { ...seat, env: { ...home, GAIA_TIME_ZONE: 'UTC' } }),
    /** an agent with a key of its own; known to the store or not */
    caller: async (name: string, more: object = {}) => {
      const { secret } = await api.agent(name, more);
      return (argv: string[], over: Seat = {}) =>
        gaia(argv, { ...seat, ...over, env: { GAIA_URL: url, GAIA_API_KEY: secret, GAIA_TIME_ZONE: 'UTC' } });
    },
  };
}

import { resolve } from 'node:path';
import { GaiaProblem } from './problem.ts';

/** How a client finds its Gaia. Loads nothing but this, so that `gaia` starts quickly. */
export interface ClientSettings {
  /** without a slash at the end */
  url: string;
  /** absent: `agent.key` or `admin.key` of the data directory, where it may be read */
  apiKey?: string;
  /** absolute path of the data directory */
  home: string;
}

/** Empty values count as unset. */
export function readClientConfig(env: Record<string, string | undefined>, cwd: string = process.cwd()): ClientSettings {
  const { GAIA_URL, GAIA_API_KEY, GAIA_HOME } = env;
  const apiKey = GAIA_API_KEY?.trim();
  return {
    url: webAddress(GAIA_URL?.trim() || 'http://127.0.0.1:8080'),
    ...(apiKey && { apiKey }),
    home: resolve(cwd, GAIA_HOME?.trim() || '.gaia'),
  };
}

function webAddress(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && !/[?#@]/.test(value)) return url.href.replace(/\/+$/, '');
  throw new GaiaProblem({
    status: 400,
    code: 'configuration_invalid',
    detail: 'GAIA_URL is not the web address of a Gaia.',
    remedy: 'Set it to an address such as http://127.0.0.1:8080, without user, query or fragment, or unset it.',
    faults: [{ field: 'GAIA_URL', message: 'is not a web address' }],
  });
}

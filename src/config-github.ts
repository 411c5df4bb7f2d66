import { z } from 'zod';
import { isLoopback, isNotTilde, parseUrl } from './config-checks.ts';
import type { Environment } from './config-file.ts';
import { Secret } from './config-secret.ts';
import { type TransportMode, transportModes } from './core/change/changeset.ts';
import { projectPattern, repoPattern } from './core/change/target.ts';
import type { Fault } from './core/errors.ts';

const list = (pattern: RegExp, what: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .refine((names) => names.every((name) => pattern.test(name)), `is no list of ${what}, separated by commas`);

const isTrue = z
  .string()
  .refine((value) => value === 'true' || value === 'false', 'is neither true nor false')
  .transform((value) => value === 'true');

/** What Gaia may do on GitHub. Without any of it nothing leaves the machine. */
export const githubVariables = {
  GITHUB_TRANSPORT: z
    .enum(transportModes, `is no transport: write one of ${transportModes.join(', ')}`)
    .default('local_fake'),
  ENABLE_REMOTE_UPDATER: isTrue.default(false),
  GITHUB_ALLOWED_REPOS: list(repoPattern, 'repositories like owner/name').default([]),
  GITHUB_ALLOWED_PROJECTS: list(projectPattern, 'projects like owner/7').default([]),
  GITHUB_TOKEN: z
    .string()
    .transform((token) => new Secret(token))
    .optional(),
  GITHUB_APP_ID: z
    .string()
    .regex(/^\d{1,12}$/, 'is no number of a GitHub App')
    .optional(),
  GITHUB_APP_PRIVATE_KEY_FILE: z
    .string()
    .refine(isNotTilde, 'starts with ~, which only a shell expands: write the path in full')
    .optional(),
  GITHUB_INSTALLATION_ID: z
    .string()
    .regex(/^\d{1,15}$/, 'is no number of an installation')
    .optional(),
  GITHUB_API_URL: z
    .string()
    .refine(
      (url) => isApiUrl(url),
      'is no address of the API: write https://api.github.com, https://api.TENANT.ghe.com, or https://HOST/api/v3 of an enterprise server (http only on loopback), without user, query or fragment',
    )
    .transform((url) => url.replace(/\/+$/, ''))
    .default('https://api.github.com'),
};

function isApiUrl(text: string): boolean {
  const url = parseUrl(text);
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return false;
  if (/^(?:www\.)?github\.com$|^[a-z0-9-]+\.ghe\.com$/.test(url.hostname)) return false; // the pages, not the API
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')));
}

export interface GitHubConfig {
  transport: TransportMode;
  updaterEnabled: boolean;
  allowedRepos: string[];
  allowedProjects: string[];
  /** where the API is, without a slash at the end */
  apiUrl: string;
  /** absent where nothing is live, or an App is used */
  token?: Secret;
  app?: { id: string; privateKeyFile: string; installationId: string };
}

const shape = z.object(githubVariables);
type Given = z.output<typeof shape>;

export function githubOf(given: Given): GitHubConfig {
  const {
    GITHUB_APP_ID: id,
    GITHUB_APP_PRIVATE_KEY_FILE: privateKeyFile,
    GITHUB_INSTALLATION_ID: installationId,
  } = given;
  return {
    transport: given.GITHUB_TRANSPORT,
    updaterEnabled: given.ENABLE_REMOTE_UPDATER,
    allowedRepos: given.GITHUB_ALLOWED_REPOS,
    allowedProjects: given.GITHUB_ALLOWED_PROJECTS,
    apiUrl: given.GITHUB_API_URL,
    // in Gaia's own world no token is in reach
    ...(given.GITHUB_TRANSPORT === 'live' && given.GITHUB_TOKEN ? { token: given.GITHUB_TOKEN } : {}),
    ...(given.GITHUB_TRANSPORT === 'live' && id && privateKeyFile && installationId
      ? { app: { id, privateKeyFile, installationId } }
      : {}),
  };
}

/** Faults of several variables together. */
export function githubFaultsTogether(values: Environment): Fault[] {
  const app = ['GITHUB_APP_ID', 'GITHUB_APP_PRIVATE_KEY_FILE', 'GITHUB_INSTALLATION_ID'] as const;
  const given = app.filter((name) => values[name] !== undefined);
  const faults: Fault[] = [];
  if (given.length > 0 && given.length < app.length)
    faults.push(
      ...app
        .filter((name) => !given.includes(name))
        .map((field) => ({
          field,
          message:
            'is missing: a GitHub App needs all three of GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY_FILE and GITHUB_INSTALLATION_ID',
        })),
    );
  if (given.length > 0 && values.GITHUB_TOKEN !== undefined)
    faults.push({
      field: 'GITHUB_TOKEN',
      message: 'is set beside a GitHub App: use one of the two, so that it is known as whom Gaia writes',
    });
  if (values.GITHUB_TRANSPORT === 'live' && given.length === 0 && values.GITHUB_TOKEN === undefined)
    faults.push({
      field: 'GITHUB_TRANSPORT',
      message: 'is live, and there is neither GITHUB_TOKEN nor a GitHub App to write as',
    });
  if (
    values.GITHUB_TRANSPORT === 'live' &&
    values.GITHUB_TOKEN !== undefined &&
    !/^[\x21-\x7e]{20,500}$/.test(values.GITHUB_TOKEN)
  )
    faults.push({ field: 'GITHUB_TOKEN', message: 'does not look like a token: copy the whole of it, without blanks' });
  return faults;
}

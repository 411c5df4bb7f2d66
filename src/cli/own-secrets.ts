import { join } from 'node:path';
import { readOrNothing } from './read-or-nothing.ts';

/** Every variable that Gaia reads as a secret, or as the way to one. */
const ownNames = [
  'TELEGRAM_BOT_TOKEN',
  'DATABASE_URL',
  'GAIA_API_KEY',
  'GITHUB_TOKEN',
  'GITHUB_APP_PRIVATE_KEY_FILE',
  'GITHUB_WEBHOOK_SECRET',
  'GITHUB_WEBHOOK_SECRET_PREVIOUS',
  'MONITOR_ADMIN_TOKEN',
  'HEARTBEAT_URL',
] as const;

/** The files of the data directory that hold nothing but a secret. */
const ownFiles = ['agent.key', 'admin.key', 'marker.key'];

/** A key of Gaia or a session, by its shape (core/access/key.ts). */
const ownKey = /gaia_(?:admin|session|[a-z0-9]{8})_[\w-]{43}/;

/** Below this a value is too common to say anything, in characters; above the other it is looked for inside others too. */
const tellingLength = 8;
const distinctLength = 16;

type Variables = Readonly<Record<string, string | undefined>>;

/** Says of a variable whether it would hand over one of Gaia's secrets, by its name or by its value. */
export function ownSecrets({ sources, home }: { sources: readonly Variables[]; home: string }) {
  const values = new Set(
    [
      ...sources.flatMap((source) => ownNames.map((name) => source[name])),
      ...ownFiles.map((name) => readOrNothing(join(home, name))),
      ...sources.map(({ GITHUB_APP_PRIVATE_KEY_FILE: file }) => (file ? readOrNothing(file) : undefined)),
    ].flatMap((value) => (value !== undefined && value.trim().length >= tellingLength ? [value.trim()] : [])),
  );
  return {
    isNamed: (name: string): boolean => (ownNames as readonly string[]).includes(name),
    isHeldBy: (value: string): boolean =>
      ownKey.test(value) ||
      [...values].some(
        (secret) => value.trim() === secret || (secret.length >= distinctLength && value.includes(secret)),
      ),
  };
}

/** An environment without the variables that Gaia reads secrets from: what is run for an agent needs none of them. */
export const withoutOwnSecrets = <Value>(env: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !(ownNames as readonly string[]).includes(name)));

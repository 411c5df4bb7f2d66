import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual, parseEnv } from 'node:util';
import { type EnvFile, readEnvFile } from '../../../config-file.ts';
import { conflict, invalid } from '../../../core/errors.ts';
import { writeFileAtomic } from '../../../home/write-file-atomic.ts';
import type { Terminal } from '../../terminal.ts';
import { readIfThere } from '../head-file.ts';

/** What `gaia init` sets. */
export interface Settings {
  TELEGRAM_BOT_TOKEN: string;
  CHAT_ID: string;
  TELEGRAM_APPROVER_IDS: string;
}

/** The env file that Gaia reads, or the one it would read if it were there. */
export function findEnvFile({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): EnvFile & { path: string } {
  const file = readEnvFile(env.GAIA_ENV_FILE?.trim() || undefined, cwd);
  if (file.faults.length > 0)
    throw invalid(file.faults.map(({ field, message }) => `${field} ${message}`).join('\n'), {
      reason: 'configuration_invalid',
      remedy: 'Correct that first, and type gaia init again.',
    });
  return { ...file, path: file.path === undefined ? resolve(cwd, '.env') : realpathSync(file.path) };
}

/** Puts settings into the env file, whole or not at all (0600); its other lines stay as they are. */
export async function writeSettings(file: EnvFile & { path: string }, settings: Settings): Promise<void> {
  await writeFileAtomic(file.path, withSettings(readIfThere(file.path) ?? '', { ...settings }));
}

/** The text with these settings in it, each once, where it stood before or at the end. */
export function withSettings(text: string, settings: Record<string, string>): string {
  const left = new Map(Object.entries(settings));
  const lines = text.split('\n').flatMap((line) => {
    const name = /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? '';
    if (settings[name] === undefined) return [line];
    const isFirst = left.delete(name);
    return isFirst ? [`${name}=${settings[name]}`] : [];
  });
  while (lines.at(-1) === '') lines.pop();
  const written = `${[...lines, ...[...left].map(([name, value]) => `${name}=${value}`)].join('\n')}\n`;
  // a line inside a quoted text of several lines can look like a setting
  if (isDeepStrictEqual(flat(parseEnv(written)), flat({ ...parseEnv(text), ...settings }))) return written;
  throw conflict('The env file is written in a way that cannot be changed here without touching other lines.', {
    reason: 'env_file_unusual',
    remedy: `Set ${Object.keys(settings).join(', ')} in it by hand.`,
  });
}

const flat = (values: object): object => ({ ...values });

/** The environment wins over the env file, so what it says otherwise would make the file idle. */
export function refuseShadowed(env: Terminal['env'], settings: Settings): void {
  const shadowed = Object.entries(settings).flatMap(([name, value]) => {
    const own = env[name]?.trim();
    return own && own !== value ? [name] : [];
  });
  if (shadowed.length === 0) return;
  throw conflict(`${shadowed.join(', ')} set in the environment, which wins over the env file.`, {
    reason: 'environment_wins',
    remedy: `Type unset ${shadowed.join(' ')}, and gaia init again.`,
  });
}

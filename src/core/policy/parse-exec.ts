import type { SandboxProfile } from '../command/sandbox.ts';
import type { SecretPattern } from '../secrets/recognise.ts';
import { unsafePattern } from '../secrets/safe-pattern.ts';
import { visible } from '../text/visible.ts';
import { globsAt, rejectHidden } from './parse-values.ts';
import type { Exec, NamedSecret } from './policy.ts';
import { type Place, quoted, type YamlReader } from './yaml-reader.ts';

const profileKeys = ['env', 'home', 'path', 'network', 'writable'] as const;
const mostProfiles = 50;

/** What commands run in: a base for all, and named profiles that differ from it. */
export function execAt(reader: YamlReader, place: Place): Exec {
  const members = reader.members(place, [...profileKeys, 'profiles'], 'exec');
  if (members === undefined) return { base: {}, profiles: {} };
  const base = profileOf(reader, (key) => members.take(key));
  const named = members.take('profiles');
  const entries = named === undefined ? [] : reader.entries(named, 'profiles');
  if (named !== undefined && entries.length > mostProfiles) reader.fault(named, `At most ${mostProfiles} profiles.`);
  const profiles = entries.map(([name, member, key]): [string, SandboxProfile] => {
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
      reader.fault(
        key,
        `The name of a profile is lower-case letters, digits and dashes, not ${quoted(visible(name))}.`,
      );
    if (name === 'default') reader.fault(key, 'The default profile is what stands in exec itself.');
    const own = reader.members(member, profileKeys, `the profile ${quoted(visible(name))}`);
    return [name, { ...base, ...(own === undefined ? {} : profileOf(reader, (what) => own.take(what))) }];
  });
  return { base, profiles: Object.fromEntries(profiles) };
}

function profileOf(reader: YamlReader, take: (key: (typeof profileKeys)[number]) => Place | undefined): SandboxProfile {
  const [env, home, path, network, writable] = profileKeys.map(take);
  const homePath = home && pathAt(reader, home, 'home');
  const reaches = network && reader.boolean(network, 'network');
  return {
    ...(env === undefined ? {} : { env: environmentAt(reader, env) }),
    ...(homePath === undefined ? {} : { home: homePath }),
    ...(path === undefined ? {} : { path: pathsAt(reader, path, 'path') }),
    ...(reaches === undefined ? {} : { network: reaches }),
    ...(writable === undefined ? {} : { writable: pathsAt(reader, writable, 'writable', ['.']) }),
  };
}

function environmentAt(reader: YamlReader, place: Place): Record<string, string> {
  return Object.fromEntries(
    reader.entries(place, 'env').flatMap(([name, member, key]): [string, string][] => {
      if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(name))
        reader.fault(key, `${quoted(visible(name))} is no name of an environment variable.`);
      const value = reader.string(member, `the value of ${quoted(visible(name))}`);
      if (value === undefined) return [];
      rejectHidden(reader, member, value, 'the value of an environment variable');
      if (value.startsWith('secret:'))
        reader.fault(member, 'A profile hands out no secrets; a command asks for one in its own environment.');
      return [[name, value]];
    }),
  );
}

function pathsAt(reader: YamlReader, place: Place, what: string, also: readonly string[] = []): string[] {
  return reader
    .items(place, what)
    .flatMap((item) =>
      also.includes(reader.scalar(item) as string)
        ? [reader.scalar(item) as string]
        : (pathAt(reader, item, what) ?? []),
    );
}

/** An absolute path as the kernel would leave it. */
function pathAt(reader: YamlReader, place: Place, what: string): string | undefined {
  const path = reader.string(place, what);
  if (path === undefined) return undefined;
  rejectHidden(reader, place, path, what);
  const isPlain =
    path.startsWith('/') &&
    (path === '/' || !path.endsWith('/')) &&
    !path
      .slice(1)
      .split('/')
      .some((part) => ['', '.', '..'].includes(part));
  if (isPlain || path === '/') return path;
  reader.fault(place, `${what} must be an absolute path without “.”, “..”, “//” or a last “/”.`);
  return undefined;
}

/** Shapes to recognise (`pattern`) and secrets that commands may name (`file`). */
export function secretsAt(reader: YamlReader, place: Place): { patterns: SecretPattern[]; named: NamedSecret[] } {
  const patterns: SecretPattern[] = [];
  const named: NamedSecret[] = [];
  for (const item of reader.items(place, 'secrets')) {
    const members = reader.members(item, ['name', 'pattern', 'file', 'agents'], 'a secret');
    if (members === undefined) continue;
    const [namePlace, patternPlace, filePlace, agentsPlace] = ['name', 'pattern', 'file', 'agents'].map((key) =>
      members.take(key),
    );
    if (namePlace === undefined) reader.fault(item, 'A secret needs a name.');
    const name = namePlace && reader.string(namePlace, 'the name of a secret');
    if (namePlace !== undefined && name !== undefined) rejectHidden(reader, namePlace, name, 'the name of a secret');
    if ((patternPlace === undefined) === (filePlace === undefined)) {
      reader.fault(item, 'A secret needs either a pattern, to be recognised, or a file, to be named by commands.');
      continue;
    }
    if (patternPlace !== undefined) {
      if (agentsPlace !== undefined) reader.fault(agentsPlace, 'A shape to recognise has no agents.');
      const pattern = reader.string(patternPlace, 'the pattern of a secret');
      const unsafe = pattern === undefined ? undefined : unsafePattern(pattern);
      if (unsafe !== undefined) reader.fault(patternPlace, `The pattern ${unsafe}.`);
      if (name !== undefined && pattern !== undefined) patterns.push({ name, pattern });
      continue;
    }
    const file = filePlace && pathAt(reader, filePlace, 'the file of a secret');
    if (namePlace !== undefined && name !== undefined && !/^[A-Z_][A-Z0-9_]{0,63}$/.test(name))
      reader.fault(
        namePlace,
        'A secret that commands name is called like an environment variable: capital letters, digits and “_”.',
      );
    if (named.some((other) => other.name === name) && namePlace !== undefined)
      reader.fault(namePlace, 'Two secrets have this name.');
    const agents = agentsPlace && globsAt(reader, agentsPlace, 'agents');
    if (name !== undefined && file !== undefined)
      named.push({ name, file, ...(agents === undefined ? {} : { agents }) });
  }
  return { patterns, named };
}

import type { Json } from '../canonical.ts';
import { passwordsAmong } from './arguments.ts';
import { isSecretName, recogniseSecrets, type SecretPattern } from './recognise.ts';
import { isPasswordName, looksLikePassword, looksLikeSecret } from './values.ts';

/** The text with every recognised secret replaced by `⟨redacted: its name⟩`. */
export function redact(text: string, extra: readonly SecretPattern[] = []): string {
  let redacted = '';
  let from = 0;
  for (const { name, start, end } of recogniseSecrets(text, extra)) {
    redacted += `${text.slice(from, start)}${redaction(name)}`;
    from = end;
  }
  return redacted + text.slice(from);
}

export const redaction = (name: string): string => `⟨redacted: ${name}⟩`;

/** The value with every secret in it redacted: in texts, in member names, and what a member's or option's name says is one. */
export function redactDeep(value: Json, extra: readonly SecretPattern[] = []): Json {
  return walk(
    value,
    '',
    undefined,
    (text, _at, called) => (called === undefined ? redact(text, extra) : redaction(called)),
    extra,
  );
}

/** The secrets in a structured value and where they stand (`argv[2]`, `env.TOKEN`), each place and name once. */
export function recogniseSecretsDeep(
  value: Json,
  extra: readonly SecretPattern[] = [],
): { name: string; at: string }[] {
  const found = new Map<string, { name: string; at: string }>();
  walk(
    value,
    '',
    undefined,
    (text, at, called) => {
      const names = called === undefined ? recogniseSecrets(text, extra).map(({ name }) => name) : [called];
      for (const name of names) found.set(`${at} ${name}`, { name, at });
      return text;
    },
    extra,
  );
  return [...found.values()];
}

/** Looks at one text; `called` is the name that makes the whole text a secret, where one does. */
type Look = (text: string, at: string, called: string | undefined) => string;

function walk(value: Json, at: string, given: string | undefined, look: Look, extra: readonly SecretPattern[]): Json {
  if (typeof value === 'string')
    return look(value, at, given !== undefined && isSecretNamed(given, value) ? given.toLowerCase() : undefined);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const passwords = passwordsAmong(items);
    return items.map((item, index) =>
      passwords.has(index)
        ? look(item as string, `${at}[${index}]`, 'password')
        : walk(item, `${at}[${index}]`, optionBefore(items, index), look, extra),
    );
  }
  const members = Object.entries(value as { readonly [name: string]: Json | undefined });
  return Object.fromEntries(
    members.flatMap(([name, member]) => {
      if (member === undefined) return [];
      const place = at === '' ? redact(name, extra) : `${at}.${redact(name, extra)}`;
      return [[look(name, place, undefined), walk(member, place, name, look, extra)]];
    }),
  );
}

const isSecretNamed = (name: string, value: string): boolean =>
  isSecretName(name) && (isPasswordName(name) ? looksLikePassword(value) : looksLikeSecret(value));

/** The name of the option an argument belongs to: `password` for what follows `--password`. */
function optionBefore(items: readonly Json[], index: number): string | undefined {
  const before = items[index - 1];
  if (typeof before !== 'string') return undefined;
  return /^--?([A-Za-z][\w-]{1,127})$/.exec(before)?.[1];
}

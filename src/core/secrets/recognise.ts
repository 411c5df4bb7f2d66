import { shapes } from './shapes.ts';
import { isPasswordName, isPlaceholder, looksLikePassword, looksLikeSecret } from './values.ts';

/** A shape to recognise in addition: `pattern` is the source of a regular expression that `unsafePattern` has no objection to. */
export interface SecretPattern {
  name: string;
  pattern: string;
}

/** Where a secret stands in a text: UTF-16 offsets, `end` exclusive. */
export interface SecretFound {
  name: string;
  start: number;
  end: number;
}

/**
 * Every secret in a text by its shape or by the name it is given to, in order, never overlapping.
 * Paths, digests, UUIDs and placeholders are none. Takes time linear in the text.
 */
export function recogniseSecrets(text: string, extra: readonly SecretPattern[] = []): SecretFound[] {
  const found = [
    ...privateKeys(text),
    ...extra.flatMap((pattern) => ofPattern(text, pattern)),
    ...ofShapes(text),
    ...ofNames(text),
  ];
  return merged(found);
}

/** Whether a name (of the environment, an option or a member) says that its value is a secret. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]/g, '_')
    .toUpperCase();
  return secretWords.test(words) && !aboutASecret.test(words);
}

const secretWords =
  /TOKEN(?!S?_?(?:IZER|IZE|COUNT))|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSCODE|API_?KEY|ACCESS_?KEY|ACCOUNT_?KEY|PRIVATE_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY|CREDENTIALS?$|^PGPASS$|(?:^|_)(?:PWD|PASS)$/;
/** Names that speak about a secret without holding one. PWD itself is the working directory. */
const aboutASecret =
  /_(?:FILE|PATH|DIR|URL|URI|NAME|ID|TYPE|LENGTH|TTL|COUNT|LIMIT|HEADER|EXPIRY|EXPIRES|ENV|VAR|REF|VERSION|POLICY|STDIN)$|^(?:OLD)?PWD$/;

function* ofShapes(text: string): Iterable<SecretFound> {
  for (const shape of shapes) {
    const { pattern } = shape; // exec, not matchAll: that would copy fifty expressions for every text
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const [start, end] = match.indices?.groups?.secret ?? match.indices![0]!;
      const value = text.slice(start, end);
      if (isPlaceholder(value) || shape.test?.(value) === false) continue;
      yield { name: shape.name, start, end };
    }
  }
}

function ofPattern(text: string, { name, pattern }: SecretPattern): SecretFound[] {
  return [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => ({
    name,
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** A private key in PEM, to its last line; one without an end reaches to the end of the text. */
function* privateKeys(text: string): Iterable<SecretFound> {
  const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const last = text.indexOf('-----END', begin.lastIndex);
    const lineEnd = last < 0 ? -1 : text.indexOf('-----', last + '-----END'.length);
    const end = lineEnd < 0 ? text.length : lineEnd + '-----'.length;
    yield { name: 'private key', start: match.index, end };
    begin.lastIndex = end;
  }
}

/** Characters of an unquoted value that are looked at to judge it; where it is a secret, all of it is found. */
const judged = 256;

/** `NAME=value`, `name: value`, `--password value`, where the name says that the value is secret. Goes on behind what it found. */
function* ofNames(text: string): Iterable<SecretFound> {
  const name = /(?<![\w-])(?<option>--?)?(?<name>[A-Za-z_][\w-]{1,127})["']?/g;
  const given =
    /(?<by>[ \t]{0,4}[=:][ \t]{0,4}|[ \t\n]{1,4})(?:"(?<double>[^"\n]{1,4096})"|'(?<single>[^'\n]{1,4096})'|(?<bare>[^\s"'`;&|,)}\]]{1,256}))/dy;
  for (let match = name.exec(text); match !== null; match = name.exec(text)) {
    const called = match.groups!.name!;
    if (!isSecretName(called)) continue;
    given.lastIndex = match.index + match[0].length;
    const value = given.exec(text);
    if (value === null) continue;
    const { by, double, single, bare } = value.groups!;
    const written = double ?? single ?? bare!;
    const isOption = match.groups!.option !== undefined;
    if (by!.trim() === '' && (!isOption || written.startsWith('-'))) continue;
    const tight = by === '=' || isOption;
    const secret = isPasswordName(called) && tight ? looksLikePassword(written) : looksLikeSecret(written);
    if (!secret) continue;
    const [start, judgedTo] =
      value.indices!.groups![double !== undefined ? 'double' : single !== undefined ? 'single' : 'bare']!;
    const end = bare !== undefined && bare.length === judged ? endOfBare(text, start) : judgedTo;
    name.lastIndex = end;
    yield {
      name: called
        .replace(/[^\w-]/g, '')
        .toLowerCase()
        .slice(0, 40),
      start,
      end,
    };
  }
}

function endOfBare(text: string, start: number): number {
  const rest = /[^\s"'`;&|,)}\]]{1,4096}/y;
  rest.lastIndex = start;
  return start + (rest.exec(text)?.[0].length ?? 0);
}

/** In order, each place once; of two that overlap the first found gives the name. */
function merged(found: SecretFound[]): SecretFound[] {
  const ordered = found
    .map((secret, rank) => ({ secret, rank }))
    .sort((a, b) => a.secret.start - b.secret.start || a.rank - b.rank);
  const apart: SecretFound[] = [];
  for (const { secret } of ordered) {
    const last = apart.at(-1);
    if (last !== undefined && secret.start < last.end) last.end = Math.max(last.end, secret.end);
    else if (secret.end > secret.start) apart.push({ ...secret });
  }
  return apart;
}

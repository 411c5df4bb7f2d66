import type { z } from 'zod';
import { type Fault, invalid } from '../errors.ts';

/** Faults named in one answer; the rest are only counted, so that no answer outgrows its question. */
const namedFaults = 20;
/** Characters of a name that an answer repeats. */
const namedLength = 200;

/** Reads outside input by a schema, or throws one `invalid` that lists its faults (20 at most) by their fields, with the remedy given. */
export function read<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
  remedy = 'Correct the named fields.',
): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true }); // tells what is missing from what is of another type
  const { faults: told, count } = firstFaults(result.error?.issues ?? []);
  const fields = new Set(told.map(({ field }) => field));
  const hidden = prototypesIn(input, namedFaults).filter(({ field }) => !fields.has(field));
  if (result.success && hidden.length === 0) return result.data;
  const faults = [...told, ...hidden].slice(0, namedFaults);
  const first = faults[0] as Fault;
  const more = count + hidden.length - 1;
  throw invalid(
    `${what} is not valid: ${first.field ? `${first.field} ` : ''}${first.message}${more > 0 ? ` (and ${more} more)` : ''}.`,
    {
      reason: 'invalid_input',
      remedy,
      faults,
    },
  );
}

/** JSON may spell a member `__proto__`, which zod drops without a word; what is dropped would not be what was asked. */
function prototypesIn(input: unknown, most: number): Fault[] {
  const found: Fault[] = [];
  const open: { value: unknown; path: readonly PropertyKey[] }[] = [{ value: input, path: [] }]; // no recursion: JSON can be deep
  for (let next = open.pop(); next !== undefined && found.length < most; next = open.pop()) {
    const { value, path } = next;
    if (value === null || typeof value !== 'object') continue;
    if (Object.hasOwn(value, '__proto__'))
      found.push({ field: fieldOf([...path, '__proto__']), message: 'is not known here' });
    for (const [name, member] of Object.entries(value))
      if (member !== null && typeof member === 'object')
        open.push({
          value: member,
          path: path.length < 20 ? [...path, Array.isArray(value) ? Number(name) : name] : path,
        });
  }
  return found;
}

type Issue = z.core.$ZodIssue;

/** The first faults that issues tell of, and how many they tell of in all. */
function firstFaults(issues: readonly Issue[]): { faults: Fault[]; count: number } {
  const faults: Fault[] = [];
  let count = 0;
  for (const issue of issues) {
    const room = namedFaults - faults.length;
    if (issue.code === 'unrecognized_keys') {
      count += issue.keys.length;
      for (const key of issue.keys.slice(0, room))
        faults.push({ field: fieldOf([...issue.path, key]), message: 'is not known here' });
    } else {
      count += 1;
      if (room > 0) faults.push({ field: fieldOf(issue.path), message: wordsOf(issue) });
    }
  }
  return { faults, count };
}

/** `command.argv[2]`, cut where a name is as long as a text */
const fieldOf = (path: readonly PropertyKey[]): string => {
  const field = path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${nameIn(part)}` : nameIn(part)),
    '',
  );
  return field.length > namedLength ? `${field.slice(0, namedLength)}…` : field;
};

const nameIn = (part: PropertyKey): string => String(part).slice(0, namedLength);

const wordsOf = (issue: Issue): string => {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  if (issue.code === 'invalid_type')
    return `must be ${kinds[issue.expected] ?? `${article(issue.expected)} ${issue.expected}`}`;
  if (issue.code === 'invalid_value') return `must be one of: ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_key') return issue.issues.map(wordsOf).join('; ');
  if (issue.code === 'too_small' && issue.origin === 'number') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin === 'number') return `must be at most ${issue.maximum}`;
  return issue.message;
};

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  record: 'an object of names and values',
  object: 'an object',
};

const article = (noun: string): string => (/^[aeio]/.test(noun) ? 'an' : 'a');

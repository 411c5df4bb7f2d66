import type { z } from 'zod';
import { type Fault, invalid } from '../errors.ts';

/** Reads outside input by a schema, or throws one `invalid` that lists every fault by its field, and the remedy given. */
export function read<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
  remedy = 'Correct the named fields.',
): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true }); // tells what is missing from what is of another type
  const told = result.error ? faultsOf(result.error.issues) : [];
  const faults = [...told, ...prototypesIn(input).filter(({ field }) => told.every((fault) => fault.field !== field))];
  if (result.success && faults.length === 0) return result.data;
  const first = faults[0] as Fault;
  throw invalid(
    `${what} is not valid: ${first.field ? `${first.field} ` : ''}${first.message}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''}.`,
    {
      reason: 'invalid_input',
      remedy,
      faults,
    },
  );
}

/** JSON may spell a member `__proto__`, which zod drops without a word; what is dropped would not be what was asked. */
function prototypesIn(input: unknown): Fault[] {
  const found: Fault[] = [];
  const open: { value: unknown; path: readonly PropertyKey[] }[] = [{ value: input, path: [] }]; // no recursion: JSON can be deep
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
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

export const faultsOf = (issues: readonly Issue[]): Fault[] =>
  issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), message: 'is not known here' }));
    }
    return [{ field: fieldOf(issue.path), message: wordsOf(issue) }];
  });

/** `command.argv[2]` */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );

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

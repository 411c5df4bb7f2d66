import type { ProblemAnswer } from '../../core/wire/answers-problem.ts';

/** What a person typed for a field of the API. */
const flags: Readonly<Record<string, string>> = {
  title: '--title',
  reason: '--reason',
  ttlSeconds: '--ttl',
  idempotencyKey: '--idempotency-key',
  isTest: '--test',
  supersedes: '--supersedes',
  'command.cwd': '--cwd',
  'command.env': '--env',
  'command.stdin': '--stdin',
  'command.timeoutSeconds': '--timeout',
  'command.mode': '--mode',
  'question.text': 'the question',
  'question.choices': '--choice',
  name: 'the name',
  owner: '--owner',
  scopes: '--scope',
  expiresInDays: '--expires-in-days',
  state: '--state',
  limit: '--limit',
  cursor: '--cursor',
  subject: '--subject',
  action: '--action',
  actor: '--actor',
  'reason.text': '--reason',
  'reason.code': '--code',
  answer: 'the answer',
};

/** `command.env.PATH` is what was given by `--env`, `command.argv[2]` an argument. */
function flagOf(field: string): string {
  const argument = /^command\.argv\[(\d+)\]$/.exec(field)?.[1];
  if (argument !== undefined) return `argument ${argument}`;
  for (let path = field; path !== ''; path = path.replace(/(^|\.|\[)[^.[]*$/, '')) {
    const flag = flags[path];
    if (flag !== undefined) return path === field ? flag : `${flag} (${field.slice(path.length).replace(/^\./, '')})`;
  }
  return field;
}

/** A refusal of input, with each field called as the command line calls it; programs get the names of the API. */
export function inFlags(problem: ProblemAnswer): ProblemAnswer {
  const { code, detail, faults = [] } = problem;
  const [first] = faults;
  if (code !== 'invalid_input' || first === undefined) return problem;
  return {
    ...problem,
    detail: detail.replace(`${first.field} ${first.message}`, `${flagOf(first.field)} ${first.message}`),
    faults: faults.map(({ field, message }) => ({ field: flagOf(field), message })),
  };
}

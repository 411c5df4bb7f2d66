import type { Effect } from '../../core/approval/request.ts';
import { denyWords, endWords, sandboxWords } from '../../core/approval/words.ts';
import { changesetWords } from '../../core/change/changeset.ts';
import { quoteArgv } from '../../core/text/quote.ts';
import { duration } from '../../core/text/times.ts';
import { visible, visibleLines } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import type { Paint } from '../terminal.ts';
import { changesetFields, resultFields } from './changeset.ts';
import { fields, shortened } from './table.ts';
import type { Times } from './times.ts';

type Field = readonly [name: string, value: string | readonly string[] | undefined];

/** All of a request, as a person needs it to decide: nothing is cut, nothing is hidden; of its output, what they have not seen. */
export function requestText(
  request: RequestAnswer,
  times: Times,
  paint: Paint,
  { withOutput = true }: { withOutput?: boolean } = {},
): string[] {
  const head = `${paint('bold', request.id)}  ${stateText(request, paint)}${badges(request)}`;
  return [
    head,
    ...fields([
      ['title', request.title === null ? undefined : visible(request.title)],
      [
        'asked by',
        `${visible(request.askedBy)}${request.owner === null ? '' : ` (owner: ${visible(request.owner)})`}, ${times.at(request.createdAt)}`,
      ],
      ...effectFields(request.effect as Effect | null),
      ['different', changes(request)],
      ['not bound', request.remarks.unbound.map(({ name, why }) => `${visible(name)}: ${visible(why)}`)],
      ['note', request.remarks.notes.map(visible)],
      ['in their words', request.reason === null ? undefined : visibleLines(request.reason).map((line) => `│ ${line}`)],
      ['needs', needs(request)],
      ['said', request.comments.map(({ author, text, at }) => `${visible(author)}, ${times.at(at)}: ${visible(text)}`)],
      ['allowed by', request.grant === null ? undefined : `the grant ${request.grant}, without asking`],
      ['votes', request.votes.map((vote) => voteText(vote, times))],
      [
        'blocked',
        request.blockers.flatMap(({ code, message, remedy }) => [
          `${code}: ${visible(message)}`,
          `→ ${visible(remedy)}`,
        ]),
      ],
      [
        'still missing',
        request.missing.flatMap(({ code, message, remedy }) => [
          `${code}: ${visible(message)}`,
          `→ ${visible(remedy)}`,
        ]),
      ],
      ...clockFields(request, times),
      ...resultFields(request),
      ...endFields(request, withOutput),
      ['supersedes', request.supersedes ?? undefined],
      ['run', request.agentRunId === null ? undefined : visible(request.agentRunId)],
      ['digest', request.digest?.slice(0, 12)],
      ['page', visible(request.url)],
    ]),
  ];
}

/** What is different from the request that this one replaces. */
function changes({ changes: found, supersedes }: RequestAnswer): string[] | undefined {
  if (found === null) return undefined;
  if (found.length === 0) return [`nothing, compared with ${supersedes}`];
  const side = (text: string | null) => (text === null ? 'nothing' : visible(text));
  return found.map(({ what, before, after }) => `${visible(what)}: ${side(before)} → ${side(after)}`);
}

/** What a request is about, on one line. */
export function headline({ title, effect, kind }: Pick<RequestAnswer, 'title' | 'effect' | 'kind'>, max = 60): string {
  if (title !== null) return shortened(visible(title), max);
  const known = effect as Effect | null;
  if (known?.kind === 'command') return shortened(quoteArgv(known.command.argv), max);
  if (known?.kind === 'changeset') return shortened(visible(changesetWords(known.changeset)), max);
  if (known?.kind === 'question') return shortened(visible(known.question.text), max);
  return kind;
}

export function stateText({ state, outcome }: Pick<RequestAnswer, 'state' | 'outcome'>, paint: Paint): string {
  const isOwnWorld = outcome?.transport === 'local_fake';
  const rehearsal = isOwnWorld ? "in Gaia's own world: nothing left this machine" : 'rehearsal: nothing was run';
  const words = state === 'executed' && outcome?.dryRun ? `executed (${rehearsal})` : state;
  if (['approved', 'answered', 'executed'].includes(state)) return paint('green', words);
  if (['denied', 'failed', 'blocked', 'stale', 'unknown'].includes(state)) return paint('red', words);
  return paint('yellow', words);
}

const modeWords = { dry_run: 'REHEARSAL', real: 'Gaia runs it', client: 'the agent runs it' } as const;

function badges({ kind, tier, mode, isTest, effect }: RequestAnswer): string {
  const words = [
    kind,
    tier,
    mode === null ? undefined : modeWords[mode],
    isUnsandboxed(effect) ? 'UNSANDBOXED' : undefined,
    isTest ? 'TEST' : undefined,
  ];
  return `  [${words.filter((word) => word).join(', ')}]`;
}

function isUnsandboxed(effect: unknown): boolean {
  const known = effect as Effect | null;
  if (known?.kind !== 'command' || known.command.sandbox === 'none') return false;
  return known.command.sandbox.isolation === 'none';
}

function effectFields(effect: Effect | null): Field[] {
  if (effect === null) return [];
  if (effect.kind === 'question') {
    return [
      ['question', visibleLines(effect.question.text)],
      ['choices', effect.question.choices?.map((choice, index) => `${index + 1}. ${visible(choice)}`)],
    ];
  }
  if (effect.kind === 'changeset') return changesetFields(effect.changeset);
  if (effect.kind === 'checkpoint')
    return [
      ['document', `${visible(effect.checkpoint.file)} (sha256 ${effect.checkpoint.sha256})`],
      ['its words', visibleLines(effect.checkpoint.text).map((line) => `│ ${line}`)],
    ];
  // A kind this version does not know is shown as it stands.
  if (effect.kind !== 'command') return [['effect', visibleLines(JSON.stringify(effect, null, 1))]];
  const { argv, executable, cwd, env, stdin, files, timeoutSeconds, sandbox, host } = effect.command;
  return [
    ['command', quoteArgv(argv)],
    ['arguments', argv.map((argument, index) => `[${index}] ${visible(argument)}`)],
    [
      'program',
      [
        executable.binding === 'stated'
          ? `${visible(executable.path)} (as stated by the agent, who runs it; Gaia has looked at nothing)`
          : `${visible(executable.path)} (${executable.binding}, ${executable.bytes} bytes, sha256 ${executable.sha256.slice(0, 12)})`,
        ...(executable.interpreter === undefined ? [] : [`run by ${visible(executable.interpreter)}`]),
      ],
    ],
    ['directory', visible(cwd.path)],
    ['environment', Object.entries(env).map(([name, value]) => `${name}=${visible(value)}`)],
    [
      'of the profile',
      sandbox === 'none' ? undefined : Object.entries(sandbox.env).map(([name, value]) => `${name}=${visible(value)}`),
    ],
    ['standard input', stdin === undefined ? undefined : visibleLines(stdin).map((line) => `│ ${line}`)],
    [
      'files',
      files.map(
        (file) => `${visible(file.path)} (${file.binding}, ${file.bytes} bytes, sha256 ${file.sha256.slice(0, 12)})`,
      ),
    ],
    [
      'limits',
      host === ''
        ? `${timeoutSeconds} s, as stated; where the agent is`
        : `${timeoutSeconds} s, sandbox ${visible(sandboxWords(sandbox))}, on ${visible(host)}`,
    ],
  ];
}

function needs({ approvals, tier, rules, ended }: RequestAnswer): string | undefined {
  if (approvals === null || ended) return undefined;
  const people = approvals.needed === 1 ? '1 approval' : `${approvals.needed} approvals`;
  const confirm = approvals.confirm ? ', confirmed by a second act' : '';
  const who = approvals.approvers === null ? '' : ` of ${approvals.approvers.map(visible).join(', ')}`;
  const missing = approvals.missing === '' ? '' : `; missing: ${visible(approvals.missing)}`;
  const because = rules.length === 0 ? '' : ` (${rules.map(visible).join('; ')})`;
  return `${people}${who}${confirm}, tier ${tier}${because}${missing}`;
}

function voteText(vote: RequestAnswer['votes'][number], times: Times): string {
  const said = vote.answer === null ? vote.verdict : `answered ${visible(vote.answer)}`;
  const why = [vote.reason?.code, vote.reason?.text].filter((part) => part).map((part) => visible(part as string));
  return `${visible(vote.person)}: ${said}${why.length > 0 ? ` (${why.join(': ')})` : ''}, ${times.at(vote.at)}, ${visible(vote.source)}`;
}

function clockFields(request: RequestAnswer, times: Times): Field[] {
  if (request.ended) return [['ended', request.endedAt === null ? undefined : times.at(request.endedAt)]];
  return [
    ['expires', request.state === 'pending' ? times.at(request.expiresAt) : undefined],
    ['must start', request.effectBy === null ? undefined : times.at(request.effectBy)],
  ];
}

function endFields({ state, end, answer, outcome }: RequestAnswer, withOutput: boolean): Field[] {
  const code = end?.code ?? '';
  const why = endWords[code] ?? `${(denyWords as Record<string, string>)[code] ?? code}${end?.text ? ':' : ''}`;
  const because = state === 'blocked' ? [] : [why, end?.text].flatMap((part) => (part ? [visible(part)] : []));
  const shown = outcome !== null && !outcome.dryRun && !outcome.operations ? outcome : undefined;
  return [
    ['because', because.length > 0 ? because.join(' ') : undefined],
    ['answer', answer === null ? undefined : visibleLines(answer)],
    ['exit', shown && exitText(shown)],
    ['changed', shown?.changedDuringRun?.map((name) => `${visible(name)} (during the run)`)],
    ...(withOutput && shown ? outputFields(shown) : []),
    ['left out', shown?.truncated ? 'it wrote more than is kept; the beginning and the end are' : undefined],
  ];
}

const outputFields = ({ stdout, stderr }: NonNullable<RequestAnswer['outcome']>): Field[] => [
  ['output', outputLines(stdout)],
  ['errors', outputLines(stderr)],
];

/** The feed that ends the last line is not shown as an empty one. */
const outputLines = (text: string): string[] | undefined =>
  text === '' ? undefined : visibleLines(text.endsWith('\n') ? text.slice(0, -1) : text);

const exitText = ({ exitCode, signal, durationMs, statedByAgent }: NonNullable<RequestAnswer['outcome']>): string => {
  const how = signal !== null ? `signal ${visible(signal)}` : exitCode === null ? 'no exit code' : `code ${exitCode}`;
  return `${how} after ${duration(durationMs)}${statedByAgent ? ', as stated by the agent' : ''}`;
};

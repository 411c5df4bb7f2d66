import { z } from 'zod';
import { openQuestion } from '../core/approval/comment.ts';
import type { Effect } from '../core/approval/request.ts';
import { requestStates } from '../core/approval/states.ts';
import { changesetWords } from '../core/change/changeset.ts';
import { resultWords } from '../core/change/shown.ts';
import { operationOutcomes } from '../core/change/states.ts';
import { quoteArgv } from '../core/text/quote.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';

/** A request as tools answer it: what an agent acts on, without what only people compare. */
export const requestShape = {
  id: z.string(),
  kind: z.string(),
  state: z.enum(requestStates),
  ended: z.boolean().describe('nothing more will happen to it'),
  summary: z.string().describe('what was asked, on one line'),
  denial: z
    .object({ code: z.string(), text: z.string().nullable() })
    .nullable()
    .describe('why a person denied it; change what they name before you ask again, with supersedes'),
  end: z.object({ code: z.string().nullable(), text: z.string().nullable() }).nullable().describe('why it ended'),
  answer: z.string().nullable().describe('what people answered to a question'),
  question: z
    .object({ id: z.int(), author: z.string(), text: z.string() })
    .nullable()
    .describe('a person asks you this and waits: answer it with answer_comment'),
  outcome: z
    .object({
      dryRun: z.boolean().describe('a rehearsal: nothing was run'),
      exitCode: z.int().nullable(),
      signal: z.string().nullable(),
      stdout: z.string(),
      stderr: z.string(),
      truncated: z.boolean(),
    })
    .nullable(),
  operations: z
    .array(
      z.object({
        index: z.int().describe('its place in the changeset, counted from 0'),
        op: z.string(),
        on: z.string(),
        outcome: z.enum(operationOutcomes),
        number: z.int().nullable().describe('of the issue or pull request'),
        id: z.int().nullable().describe('of the comment or item, for later operations'),
        url: z.string().nullable(),
        code: z.string().nullable(),
        text: z.string().nullable().describe('why it is not done'),
      }),
    )
    .nullable()
    .describe('of a changeset that was begun: how far each operation is'),
  blockers: z
    .array(
      z.object({
        code: z.string(),
        message: z.string(),
        remedy: z.string(),
        operation: z
          .object({ index: z.int(), op: z.string() })
          .optional()
          .describe('which operation of a changeset; counted from 0'),
      }),
    )
    .describe('why it may not proceed'),
  missing: z.string().describe('what it still waits for, in words'),
  expiresAt: z.string().describe('undecided at this instant, it is expired'),
  url: z.string().describe('where people see it'),
};
export const requestOutput = z.object(requestShape);
export type RequestOutput = z.output<typeof requestOutput>;

export const requestListOutput = z.object({ requests: z.array(requestOutput), more: z.boolean() });

export function requestOutputOf(request: RequestAnswer): RequestOutput {
  const { id, kind, state, ended, end, answer, outcome, operations, blockers, missing, approvals, expiresAt, url } =
    request;
  const asked = ended ? undefined : openQuestion(request.comments, request.askedBy);
  return {
    id,
    kind,
    state,
    ended,
    summary: summaryOf(request),
    denial: state === 'denied' ? { code: end?.code ?? 'other', text: end?.text ?? null } : null,
    end: end && { code: end.code, text: end.text },
    answer,
    question: asked ? { id: asked.id, author: asked.author, text: asked.text } : null,
    outcome: outcome && {
      dryRun: outcome.dryRun,
      exitCode: outcome.exitCode,
      signal: outcome.signal,
      stdout: outcome.stdout,
      stderr: outcome.stderr,
      truncated: outcome.truncated,
    },
    operations:
      operations?.map(({ op, on, outcome: came, written, code, text }, index) => ({
        index,
        op,
        on,
        outcome: came,
        number: written?.number ?? null,
        id: written?.id ?? null,
        url: written?.url ?? null,
        code,
        text,
      })) ?? null,
    blockers: blockers.map(({ code, message, remedy, operation }) => ({
      code,
      message,
      remedy,
      ...(operation && { operation }),
    })),
    missing: [approvals?.missing ?? '', ...missing.map(({ message }) => message)]
      .filter((part) => part !== '')
      .join('; '),
    expiresAt: new Date(expiresAt).toISOString(),
    url,
  };
}

function summaryOf({ effect, title, kind }: RequestAnswer): string {
  const known = effect as Effect | null;
  if (known?.kind === 'command') return quoteArgv(known.command.argv);
  if (known?.kind === 'question') return known.question.text;
  if (known?.kind === 'changeset') return changesetWords(known.changeset);
  return title ?? kind;
}

/** The same in a sentence, for agents that read no structure. */
export function sentenceOf(output: RequestOutput): string {
  const { id, state, denial, answer, question, outcome, operations, blockers, missing, end } = output;
  if (question) return `${id} waits. ${question.author} asks you: ${question.text}\nAnswer with answer_comment.`;
  if (denial) return `${id} was denied (${denial.code})${denial.text ? `: ${denial.text}` : '.'}`;
  if (answer !== null) return `${id} was answered: ${answer}`;
  if (state === 'blocked')
    return `${id} is blocked. ${blockers.map(({ message, remedy, operation }) => `${operation ? `operations[${operation.index}] (${operation.op}): ` : ''}${message} ${remedy}`).join(' ')}`;
  if (state === 'pending')
    return `${id} waits for a decision${missing ? ` (missing: ${missing})` : ''}. Use wait_for_decision.`;
  if (operations) return [`${id} is ${state}.`, ...operations.map(operationWords)].join('\n');
  if (outcome?.dryRun) return `${id} was approved and rehearsed: everything was looked up and judged, nothing was run.`;
  if (outcome)
    return `${id} is ${state}: exit code ${outcome.exitCode ?? outcome.signal}.\n${outcome.stdout}${outcome.stderr}`;
  if (state === 'approved' && missing) return `${id} is approved, and waits: ${missing}. Use wait_for_decision.`;
  return `${id} is ${state}${end?.text ? `: ${end.text}` : end?.code && end.code !== state ? ` (${end.code})` : ''}.`;
}

function operationWords({
  index,
  op,
  on,
  outcome,
  url,
  text,
}: NonNullable<RequestOutput['operations']>[number]): string {
  const where = url === null ? '' : ` ${url}`;
  return `operations[${index}] ${op}, ${on}: ${resultWords(outcome).word}${where}${text === null ? '' : `. ${text}`}`;
}

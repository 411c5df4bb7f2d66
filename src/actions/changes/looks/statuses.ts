import type { OperationOf } from '../../../core/change/operations.ts';
import { isListed } from '../../../core/change/rules.ts';
import { type LookContext, type Looked, problem, repoOf, repoRules, written } from './look.ts';

export async function lookAtStatus(input: OperationOf<'commit_status.create'>, context: LookContext): Promise<Looked> {
  const repo = repoOf(context);
  const { sha, state } = input;
  const { texts } = context.side;
  const name = await texts.title(input.context, context.where);
  const description = input.description === undefined ? undefined : await texts.title(input.description, context.where);
  const now = await context.side.transport.status(repo, sha, name.text);
  const headSha = context.run?.run.headSha;
  const isSame = now?.state === state && (now.description ?? undefined) === description?.text;
  return {
    on: `the status ${name.text} of commit ${sha.slice(0, 12)}`,
    url: now?.url ?? null,
    input: { ...input, context: name.text, ...(description && { description: description.text }) },
    seen: { state: now?.state ?? null, description: now?.description ?? null },
    changes: isSame
      ? []
      : [
          { field: 'state', kind: 'value', before: now?.state ?? null, after: state },
          ...(description
            ? [
                {
                  field: 'description',
                  kind: 'text' as const,
                  before: now?.description ?? null,
                  after: description.text,
                },
              ]
            : []),
        ],
    inverse: null,
    guarded: [...name.changed, ...(description?.changed ?? [])],
    blockers: [
      ...name.blockers,
      ...(description?.blockers ?? []),
      ...(isListed(name.text, repoRules(context).contexts)
        ? []
        : [problem(context, 'operation_denied', `The policy does not list the context ${name.text}.`)]),
      ...(headSha && headSha !== sha
        ? [
            problem(
              context,
              'head_sha_mismatch',
              `The run is about ${headSha.slice(0, 12)}, not ${sha.slice(0, 12)}.`,
              { phase: 'submit', retryable: false },
            ),
          ]
        : []),
    ],
    unchanged: isSame && now ? written({ id: now.id, url: now.url }) : undefined,
    write: () => ({
      op: 'commit_status.create',
      target: repo,
      sha,
      context: name.text,
      state,
      ...(description && { description: description.text }),
    }),
  };
}

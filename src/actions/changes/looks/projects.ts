import type { Guarded } from '../../../core/change/content/guards.ts';
import { bodyHashOf, withMarks } from '../../../core/change/marker.ts';
import type { OperationOf } from '../../../core/change/operations.ts';
import { isDone, isListed } from '../../../core/change/rules.ts';
import { sameName } from '../../../core/change/target.ts';
import type { ItemSeen } from '../port.ts';
import { patchOf } from './issues.ts';
import {
  apartFromMarks,
  baseBlockers,
  bodyOf,
  isRef,
  type LookContext,
  type Looked,
  marked,
  problem,
  projectOf,
  projectRules,
  replaced,
  resting,
  textChange,
  titleOf,
  written,
} from './look.ts';

const writtenItem = ({ id, url }: ItemSeen) => written({ id, url });
/** Every draft says where it comes from. */
const source = 'source: gaia';

const archived = (context: LookContext, item: ItemSeen) =>
  item.isArchived ? [problem(context, 'remote_changed', `Item ${item.id} is archived and cannot be changed.`)] : [];

export async function lookAtItemAdd(input: OperationOf<'project.item.add'>, context: LookContext): Promise<Looked> {
  const project = projectOf(context);
  const { transport, settings } = context.side;
  const { repo, number } = input;
  // what is not on the list is not read either
  if (transport.mode !== 'local_fake' && !settings.allowedRepos.some((one) => sameName(one, repo)))
    return {
      ...resting(input, '', '', [{ field: 'item', kind: 'value', before: null, after: `${repo}#${number}` }]),
      on: `${repo}#${number}`,
      blockers: [problem(context, 'repo_not_allowed', `${repo} is not on the list of repositories.`)],
    };
  const issue = await transport.issue(repo, number);
  const item = await transport.itemFor(project, { repo, number });
  return {
    on: `${repo}#${number}`,
    url: issue.url,
    input,
    seen: { item: item?.id ?? null, content: issue.id },
    changes: item ? [] : [{ field: 'item', kind: 'value', before: null, after: `${repo}#${number}: ${issue.title}` }],
    inverse: null,
    guarded: [],
    blockers: [],
    unchanged: item && writtenItem(item),
    write: () => ({ op: 'project.item.add', target: project, repo, number, isPull: issue.isPull, contentId: issue.id }),
    traces: async () => {
      const now = await transport.itemFor(project, { repo, number });
      return now ? [writtenItem(now)] : [];
    },
  };
}

export async function lookAtDraftCreate(
  input: OperationOf<'project.draft_item.create'>,
  context: LookContext,
): Promise<Looked> {
  const project = projectOf(context);
  const title = await titleOf(context, input.title);
  const said = input.body?.trim() ?? '';
  const body = await bodyOf(context, said === source || said.endsWith(`\n${source}`) ? said : `${said}\n\n${source}`);
  return {
    on: 'a new draft item',
    url: (await context.side.transport.project(project)).url,
    input: { ...input, title: title.text, body: body.text },
    seen: {},
    changes: [...textChange('title', null, title.text), ...textChange('body', null, body.text)],
    inverse: null,
    guarded: [...title.changed, ...body.changed],
    blockers: [...title.blockers, ...body.blockers],
    unchanged: undefined,
    write: (marker) => ({
      op: 'project.draft_item.create',
      target: project,
      title: title.text,
      body: withMarks(body.text, [marker]),
    }),
    traces: async (key, since) => marked(context, await context.side.transport.ownDrafts(project, since), key),
  };
}

export async function lookAtDraftUpdate(
  input: OperationOf<'project.draft_item.update'>,
  context: LookContext,
): Promise<Looked> {
  const project = projectOf(context);
  const title = replaced(input.patch, '/title');
  const body = replaced(input.patch, '/body');
  const newTitle = title === undefined ? undefined : await titleOf(context, title);
  const newBody = body === undefined ? undefined : await bodyOf(context, body);
  const guards = [newTitle, newBody].filter((one): one is Guarded => one !== undefined);
  const guarded = { ...input, patch: patchOf(newTitle?.text, newBody?.text) };
  const { item: id } = input;
  if (isRef(id))
    return resting(
      guarded,
      'the draft',
      id,
      [
        ...(newTitle ? textChange('title', null, newTitle.text) : []),
        ...(newBody ? textChange('body', null, newBody.text) : []),
      ],
      guards,
    );
  const item = await context.side.transport.item(project, id);
  const { plain, marks } = apartFromMarks(context, item);
  const changes = [
    ...(newTitle ? textChange('title', item.title, newTitle.text) : []),
    ...(newBody ? textChange('body', plain, newBody.text) : []),
  ];
  return {
    on: `draft item ${id}`,
    url: item.url,
    input: guarded,
    seen: { ...(newTitle ? { title: item.title } : {}), ...(newBody ? { bodyHash: bodyHashOf(plain) } : {}) },
    changes,
    inverse: {
      op: 'project.draft_item.update',
      item: id,
      patch: patchOf(newTitle && item.title, newBody && (plain === '' ? undefined : plain)),
    },
    guarded: guards.flatMap(({ changed }) => changed),
    blockers: [
      ...guards.flatMap(({ blockers }) => blockers),
      ...archived(context, item),
      ...(item.draftNodeId === null
        ? [problem(context, 'remote_mismatch', `Item ${id} is no draft.`, { phase: 'submit' })]
        : []),
      ...(changes.length === 0
        ? []
        : baseBlockers(context, input.base, { bodies: [item.body, plain], updatedAt: item.updatedAt })),
    ],
    unchanged: changes.length === 0 ? writtenItem(item) : undefined,
    write: () => ({
      op: 'project.draft_item.update',
      target: project,
      item: id,
      draftNodeId: item.draftNodeId ?? '',
      ...(newTitle && { title: newTitle.text }),
      ...(newBody && { body: withMarks(newBody.text, marks) }),
    }),
  };
}

export async function lookAtField(
  proposed: OperationOf<'project.field.update'>,
  context: LookContext,
): Promise<Looked> {
  const project = projectOf(context);
  const { transport } = context.side;
  const line =
    typeof proposed.value === 'string'
      ? await context.side.texts.line(proposed.value, context.where, 'value', 1_000)
      : undefined;
  const input = { ...proposed, value: line?.text ?? proposed.value };
  const { item: id, value } = input;
  const { fields } = await transport.project(project);
  const field = fields.find(({ name }) => sameName(name, input.field));
  const rule = projectRules(context).fields.find(({ name }) => name === '*' || sameName(name, input.field));
  const option = field?.type === 'single_select' ? field.options.find(({ name }) => name === String(value)) : undefined;
  const blockers = [
    ...(line?.blockers ?? []),
    ...(field === undefined
      ? [problem(context, 'remote_mismatch', `The project has no field “${input.field}”.`, { phase: 'submit' })]
      : []),
    ...(rule === undefined
      ? [problem(context, 'operation_denied', `The policy does not list the field “${input.field}”.`)]
      : []),
    ...(field && rule && field.type === 'single_select' && !isListed(String(value), rule.options)
      ? [problem(context, 'operation_denied', `The policy does not list the option “${value}” of ${field.name}.`)]
      : []),
    ...(field?.type === 'single_select' && option === undefined
      ? [problem(context, 'remote_mismatch', `The field ${field.name} has no option “${value}”.`, { phase: 'submit' })]
      : []),
    ...(field?.type === 'single_select' && isDone(String(value))
      ? [problem(context, 'operation_forbidden', `“${value}” is of the Done class; only people move things there.`)]
      : []),
    ...(field && !['single_select', 'text', 'number'].includes(field.type)
      ? [
          problem(
            context,
            'payload_invalid',
            `Gaia sets texts, numbers and choices, and ${field.name} is of the kind ${field.type}.`,
          ),
        ]
      : []),
    ...(field?.type === 'number' && typeof value !== 'number'
      ? [problem(context, 'payload_invalid', `${field.name} takes a number.`)]
      : []),
  ];
  const change = { field: input.field, kind: 'value' as const, before: null, after: String(value) };
  if (isRef(id)) return { ...resting(input, 'the item', id, [change]), blockers, guarded: line?.changed ?? [] };
  const item = await transport.item(project, id);
  const now = item.values[field?.name ?? ''] ?? null;
  const isSame = String(now) === String(value);
  return {
    on: `${field?.name ?? input.field} of item ${id}${item.title === '' ? '' : ` (${item.title})`}`,
    url: item.url,
    input,
    seen: { value: now, field: field?.id ?? null, option: option?.id ?? null },
    changes: isSame ? [] : [{ ...change, before: now === null ? null : String(now) }],
    inverse:
      now === null || isSame || isDone(String(now))
        ? null
        : { op: 'project.field.update', item: id, field: input.field, value: now },
    guarded: line?.changed ?? [],
    blockers: [...blockers, ...archived(context, item)],
    unchanged: isSame ? writtenItem(item) : undefined,
    write: () => ({
      op: 'project.field.update',
      target: project,
      item: id,
      fieldId: field?.id ?? 0,
      value: option?.id ?? value,
    }),
  };
}

import { demandProject } from '../access.ts';
import type { Level } from '../accounts.ts';
import { type Flaw, invalid, notFound, unprocessable } from '../github-error.ts';
import { type Issue, Pull } from '../issue.ts';
import type { Field, Item, Project } from '../project.ts';
import { apiField, apiItem, apiProject, apiSimpleItem } from '../shapes/projects.ts';
import { checkBody, checkTitle } from '../text-limits.ts';
import { type Answer, type Context, made, ok, type Routes } from './route.ts';

type Run = (context: Context, project: Project) => Answer;

const onProject = (level: Level, run: Run) => ({
  needs: [],
  run: (context: Context) => {
    const project = projectOf(context);
    demandProject(context.token, project, level);
    return run(context, project);
  },
});

const looking = {
  '': onProject('read', ({ urls }, project) => ok(apiProject(urls, project))),
  '/fields': onProject('read', ({ urls, page }, project) =>
    page(project.fields, (field) => apiField(urls, project, field)),
  ),
  '/items': onProject('read', ({ urls, query, page }, project) =>
    page(
      project.items.filter(({ isArchived }) => !isArchived),
      (item) => apiItem(urls, project, item, shownFields(query)),
    ),
  ),
  '/items/{item_id}': onProject('read', (context, project) =>
    ok(apiItem(context.urls, project, itemOf(context, project), shownFields(context.query))),
  ),
};

const owners = ['/orgs/{org}', '/users/{username}'];
const underOwners = <T>(method: string, path: string, rule: T): Record<string, T> =>
  Object.fromEntries(owners.map((owner) => [`${method} ${owner}/projectsV2/{project_number}${path}`, rule]));

/** Projects (v2) of organizations and people, over REST. */
export const projectRoutes: Routes = {
  ...Object.assign({}, ...Object.entries(looking).map(([path, rule]) => underOwners('GET', path, rule))),
  ...underOwners('POST', '/items', onProject('write', add)),
  ...underOwners('PATCH', '/items/{item_id}', onProject('write', update)),
  'POST /orgs/{org}/projectsV2/{project_number}/drafts': onProject('write', addDraft),
  'POST /user/{user_id}/projectsV2/{project_number}/drafts': onProject('write', addDraft),
};

function projectOf({ site, parameters }: Context): Project {
  const { org, username, user_id: userId, project_number: number } = parameters;
  const owner =
    userId === undefined
      ? site.findAccount(org ?? username ?? '')
      : site.accounts.find((each) => each.id === Number(userId));
  const isAsked = owner !== undefined && (owner.kind === 'Organization') === (org !== undefined);
  const found = site.projects.find((each) => each.owner === owner && each.number === Number(number));
  if (!isAsked || found === undefined) throw notFound();
  return found;
}

function itemOf({ parameters }: Context, project: Project): Item {
  const found = project.items.find(({ id }) => id === Number(parameters.item_id));
  if (found === undefined) throw notFound();
  return found;
}

function shownFields(query: URLSearchParams): ReadonlySet<number> | undefined {
  const given = [...query.getAll('fields'), ...query.getAll('fields[]')].flatMap((each) => each.split(','));
  return given.length === 0 ? undefined : new Set(given.map(Number));
}

/** What is already on the board is answered as it is there. */
function add(context: Context, project: Project): Answer {
  const { urls, actor } = context;
  const content = contentOf(context);
  const existing = project.itemOf(content);
  if (existing !== undefined) return made(apiSimpleItem(urls, project, existing));
  const item = project.add(content, actor.login);
  context.created('project_item', item.id);
  return made(apiSimpleItem(urls, project, item));
}

function contentOf({ site, body }: Context): Issue {
  const given = body as { type: 'Issue' | 'PullRequest'; id?: number; owner?: string; repo?: string; number?: number };
  const found = site.allIssues().find((each) => {
    const { id, number } = given;
    if (id !== undefined) return (each instanceof Pull ? each.pullId : each.id) === id;
    return each.number === number && each.repository.fullName === `${given.owner}/${given.repo}`;
  });
  if (found === undefined || found instanceof Pull !== (given.type === 'PullRequest')) throw notFound();
  return found;
}

function addDraft(context: Context, project: Project): Answer {
  const { urls, body, actor } = context;
  const { title, body: text } = body as { title: string; body?: string };
  checkBody('DraftIssue', text);
  const item = project.addDraft(checkTitle('DraftIssue', title), text ?? null, actor.login);
  context.created('draft_item', item.id);
  return made(apiSimpleItem(urls, project, item));
}

/** All fields or none. */
function update(context: Context, project: Project): Answer {
  const item = itemOf(context, project);
  if (item.isArchived) throw unprocessable('The item is archived and cannot be updated');
  const wanted = (context.body.fields as { id: number; value: string | number | null }[]).map(({ id, value }) => {
    const field = project.fields.find((each) => each.id === id);
    if (field === undefined) throw invalid(flaw(`field ${id} does not exist`));
    if (value !== null) checkValue(field, value);
    return { field, value };
  });
  for (const { field, value } of wanted) {
    if (value === null) item.values.delete(field);
    else item.values.set(field, value);
  }
  item.updatedAt = project.site.now();
  context.changed('project_item', item.id);
  const shown = new Set(wanted.map(({ field }) => field.id));
  return ok(apiItem(context.urls, project, item, shown));
}

const flaw = (message: string): Flaw => ({ resource: 'ProjectV2Item', code: 'custom', message });

function checkValue(field: Field, value: string | number): void {
  const fits: Record<Field['type'], boolean> = {
    title: false,
    text: typeof value === 'string',
    number: typeof value === 'number',
    date: /^\d{4}-\d\d-\d\d$/.test(String(value)),
    single_select: field.options.some(({ id }) => id === value),
    iteration: false,
  };
  if (!fits[field.type]) throw invalid(flaw(`${JSON.stringify(value)} is no value for ${field.name}`));
}

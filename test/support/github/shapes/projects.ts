import { Issue, Pull } from '../issue.ts';
import { contentType, type Draft, type Field, type Item, type Project } from '../project.ts';
import { apiAccount } from './accounts.ts';
import { apiIssue } from './issues.ts';
import { apiSimplePull } from './pulls.ts';
import { instant, nodeId, type Urls } from './urls.ts';

export const projectUrl = ({ api }: Urls, { owner, number }: Project): string =>
  `${api}/${owner.kind === 'Organization' ? 'orgs' : 'users'}/${owner.login}/projectsV2/${number}`;

export const apiProject = (urls: Urls, project: Project) => ({
  id: project.id,
  node_id: nodeId('PVT', project.id),
  owner: apiAccount(urls, project.owner),
  creator: apiAccount(urls, project.site.account('octocat')),
  title: project.title,
  description: null,
  public: false,
  closed_at: null,
  created_at: instant(project.createdAt),
  updated_at: instant(project.createdAt),
  number: project.number,
  short_description: null,
  deleted_at: null,
  deleted_by: null,
  state: project.isClosed ? 'closed' : 'open',
  is_template: false,
});

const inBothForms = (text: string) => ({ raw: text, html: text });

export const apiField = (urls: Urls, project: Project, field: Field) => ({
  id: field.id,
  node_id: nodeId('PVTF', field.id),
  project_url: projectUrl(urls, project),
  name: field.name,
  data_type: field.type,
  ...(field.type === 'single_select' ? { options: field.options.map(apiOption) } : {}),
  created_at: instant(field.createdAt),
  updated_at: instant(field.createdAt),
});

const apiOption = ({ id, name }: Field['options'][number]) => ({
  id,
  name: inBothForms(name),
  description: inBothForms(''),
  color: 'GRAY',
});

function apiContent(urls: Urls, content: Issue | Draft) {
  if (content instanceof Pull) return apiSimplePull(urls, content);
  if (content instanceof Issue) return apiIssue(urls, content);
  return {
    id: content.id,
    node_id: nodeId('DI', content.id),
    title: content.title,
    body: content.body,
    user: apiAccount(urls, content.author),
    created_at: instant(content.createdAt),
    updated_at: instant(content.updatedAt),
  };
}

/** As adding it answers. */
export const apiSimpleItem = (urls: Urls, project: Project, item: Item) => ({
  id: item.id,
  node_id: nodeId('PVTI', item.id),
  content: apiContent(urls, item.content),
  content_type: contentType(item.content),
  creator: apiAccount(urls, item.creator),
  created_at: instant(item.createdAt),
  updated_at: instant(item.updatedAt),
  archived_at: item.isArchived ? instant(item.updatedAt) : null,
  project_url: projectUrl(urls, project),
  item_url: `${projectUrl(urls, project)}/items/${item.id}`,
});

/** As looking at it answers. @param shown ids of the fields asked for; without, only the title is shown */
export function apiItem(urls: Urls, project: Project, item: Item, shown?: ReadonlySet<number>) {
  const fields = project.fields.filter((field) => (shown ? shown.has(field.id) : field.type === 'title'));
  return {
    ...apiSimpleItem(urls, project, item),
    fields: fields.map((field) => ({
      id: field.id,
      name: field.name,
      data_type: field.type,
      value: apiValue(item, field),
    })),
  };
}

function apiValue(item: Item, field: Field): unknown {
  if (field.type === 'title') return inBothForms(item.content.title);
  const value = item.values.get(field);
  const option = field.options.find(({ id }) => id === value);
  if (option !== undefined) return apiOption(option);
  return value === undefined ? null : field.type === 'text' ? inBothForms(String(value)) : value;
}

import type { ItemSeen, OwnText, ProjectSeen, Write, WriteReply } from '../../actions/changes/port.ts';
import type { Answered, Client } from './client.ts';
import { byCursor } from './pages.ts';
import { reply } from './reply.ts';
import { mutations, unmapped } from './routes.ts';
import { readable } from './seen.ts';
import * as shapes from './shapes.ts';

/** Projects of organisations and of people: what stands in them, and writes to them. */
export class Projects {
  readonly #client: Client;
  readonly #web: string;
  readonly #owners = new Map<string, { path: string; field: 'org' | 'username' }>();

  constructor(client: Client, web: string) {
    this.#client = client;
    this.#web = web;
  }

  async project(project: string): Promise<ProjectSeen> {
    const { path, place } = await this.#projectPlace(project);
    const { value } = await this.#client.look(`GET ${path}`, place, shapes.project);
    const fields = await byCursor(this.#client, `GET ${path}/fields`, place, shapes.field);
    return {
      id: value.id,
      title: value.title,
      fields: fields.map(({ id, name, data_type: type, options }) => ({
        id,
        name,
        type: type.toLowerCase(),
        options: options ?? [],
      })),
      url: this.#projectUrl(project),
    };
  }

  async item(project: string, id: number): Promise<ItemSeen> {
    const { path, place } = await this.#projectPlace(project);
    const { fields } = await this.project(project);
    const shown = fields.map((field) => field.id).join(',');
    const { value } = await this.#client.look(
      `GET ${path}/items/{item_id}`,
      { ...place, item_id: id, fields: shown },
      shapes.item,
    );
    return this.#itemSeen(project, value);
  }

  async itemFor(project: string, { repo, number }: { repo: string; number: number }): Promise<ItemSeen | undefined> {
    const found = (await this.#items(project)).find(
      ({ content }) => content?.number === number && content.repo.toLowerCase() === repo.toLowerCase(),
    );
    return found;
  }

  async draftsBy(accountId: number, project: string): Promise<OwnText[]> {
    return (await this.#items(project))
      .filter(({ content, author }) => content === null && author?.id === accountId)
      .map(({ id, url, body }) => ({ written: { id, number: null, url }, text: body }));
  }

  async write(write: Write): Promise<WriteReply> {
    const { path, place, userId } = await this.#projectPlace(write.target);
    const made = (answered: Answered<{ id: number }>): WriteReply =>
      reply(answered, { id: answered.value.id, number: null, url: this.#projectUrl(write.target) });
    switch (write.op) {
      case 'project.item.add': {
        const body = { type: write.isPull ? 'PullRequest' : 'Issue', id: write.contentId };
        return made(await this.#client.write(write.op, `POST ${path}/items`, place, body, shapes.item));
      }
      case 'project.draft_item.create': {
        const [route, at] =
          userId === undefined
            ? [`POST ${path}/drafts`, place]
            : [
                'POST /user/{user_id}/projectsV2/{project_number}/drafts',
                { user_id: userId, project_number: place.project_number },
              ];
        return made(
          await this.#client.write(write.op, route, at, { title: write.title, body: write.body }, shapes.item),
        );
      }
      case 'project.field.update': {
        const body = { fields: [{ id: write.fieldId, value: write.value }] };
        return made(
          await this.#client.write(
            write.op,
            `PATCH ${path}/items/{item_id}`,
            { ...place, item_id: write.item },
            body,
            shapes.item,
          ),
        );
      }
      case 'project.draft_item.update': {
        const variables = { id: write.draftNodeId, title: write.title ?? null, body: write.body ?? null };
        const answered = await this.#client.write(
          write.op,
          'POST /graphql',
          {},
          { query: mutations[write.op], variables },
          shapes.draftUpdated,
        );
        return reply(answered, { id: write.item, number: null, url: this.#projectUrl(write.target) });
      }
      default:
        throw unmapped(write.op);
    }
  }

  async #items(project: string): Promise<ItemSeen[]> {
    const { path, place } = await this.#projectPlace(project);
    return (await byCursor(this.#client, `GET ${path}/items`, place, shapes.item)).map((item) =>
      this.#itemSeen(project, item),
    );
  }

  /** Projects of organisations and of people stand in different places. */
  async #projectPlace(project: string): Promise<{
    path: string;
    place: Record<string, unknown> & { project_number: number };
    userId: number | undefined;
  }> {
    const [owner = '', number = ''] = project.split('/');
    const key = owner.toLowerCase();
    const projectNumber = Number(number);
    let kind = this.#owners.get(key);
    if (kind === undefined) {
      const ofOrg = await this.#client.find(
        'GET /orgs/{org}/projectsV2/{project_number}',
        { org: owner, project_number: projectNumber },
        shapes.project,
      );
      kind = ofOrg
        ? { path: '/orgs/{org}/projectsV2/{project_number}', field: 'org' }
        : { path: '/users/{username}/projectsV2/{project_number}', field: 'username' };
      this.#owners.set(key, kind);
    }
    const place = { [kind.field]: owner, project_number: projectNumber };
    const userId =
      kind.field === 'username'
        ? (await this.#client.look('GET /users/{username}', { username: owner }, shapes.user)).value.id
        : undefined;
    return { path: kind.path, place, userId };
  }

  #projectUrl(project: string): string {
    const [owner = '', number = ''] = project.split('/');
    const kind = this.#owners.get(owner.toLowerCase())?.field === 'username' ? 'users' : 'orgs';
    return `${this.#web}/${kind}/${owner}/projects/${number}`;
  }

  #itemSeen(project: string, item: shapes.ItemShape): ItemSeen {
    const { content } = item;
    const [, repo, number] = /\/repos\/([^/]+\/[^/]+)\/(?:issues|pulls)\/(\d+)$/.exec(content?.url ?? '') ?? [];
    const isDraft = item.content_type === 'DraftIssue';
    return {
      id: item.id,
      draftNodeId: isDraft ? (content?.node_id ?? null) : null,
      isArchived: item.archived_at != null,
      title: content?.title ?? '',
      body: content?.body ?? '',
      content: repo && number ? { repo, number: Number(number) } : null,
      author: item.creator ?? null,
      values: Object.fromEntries((item.fields ?? []).map(({ name, value }) => [name, readable(value)])),
      updatedAt: item.updated_at,
      url: this.#projectUrl(project),
    };
  }
}

import type {
  Account,
  CommentSeen,
  IssueSeen,
  ItemSeen,
  OwnText,
  PullSeen,
  Transport,
  Write,
  WriteReply,
} from '../../actions/changes/port.ts';
import { type Failure, RemoteFailure } from '../../core/change/failure.ts';
import type { Written } from '../../core/change/states.ts';
import {
  type Comment,
  fieldsOfProjects,
  type Issue,
  type Item,
  projectIn,
  type Repo,
  repoIn,
  type World,
} from './world.ts';

/** Where Gaia's own world is kept. */
export interface WorldFile {
  load(): Promise<World>;
  save(world: World): Promise<void>;
}

/** Characters of a text, as GitHub limits them. */
const longestBody = 65_536;
const me: Account = { id: 1, login: 'gaia' };

/**
 * Gaia's own world in place of GitHub. It holds no token, knows no address and opens no connection; everything in it has
 * addresses that lead nowhere but there. It refuses what GitHub would refuse.
 */
export class LocalFake implements Transport {
  readonly mode = 'local_fake';
  readonly host = 'local';
  readonly #file: WorldFile;
  readonly #now: () => number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(file: WorldFile, now: () => number) {
    this.#file = file;
    this.#now = now;
  }

  me = async () => me;

  repository = (repo: string) =>
    this.#in((world) => {
      const { id, fullName } = repoIn(world, repo);
      return { id, fullName, defaultBranch: 'main', isArchived: false };
    });

  issue = (repo: string, number: number) =>
    this.#in((world) => this.#issueSeen(repo, issueIn(repoIn(world, repo), number)));
  pull = (repo: string, number: number) =>
    this.#in((world) => this.#pullSeen(repo, pullIn(repoIn(world, repo), number)));
  pullsBetween = (repo: string, head: string, base: string) =>
    this.#in((world) =>
      repoIn(world, repo)
        .issues.filter(({ pull }) => pull?.head === head && pull.base === base)
        .map((issue) => this.#pullSeen(repo, issue))
        .reverse(),
    );

  comment = (repo: string, id: number) => this.#in((world) => commentSeen(repo, commentIn(repoIn(world, repo), id)));
  branch = (repo: string, name: string) =>
    this.#in((world) => {
      const sha = repoIn(world, repo).branches[name];
      return sha === undefined ? undefined : { sha, isProtected: name === 'main' };
    });

  /** There is no git behind this world: what lies between two branches is not known. */
  compare = async () => undefined;
  unknownLabels = (repo: string, labels: readonly string[]) =>
    this.#in((world) => labels.filter((label) => !has(repoIn(world, repo).labels, label)));

  status = (repo: string, sha: string, context: string) =>
    this.#in((world) => {
      const found = repoIn(world, repo).statuses.findLast(
        (one) => one.sha === sha && one.context.toLowerCase() === context.toLowerCase(),
      );
      return (
        found && { id: found.id, state: found.state, description: found.description, url: urlOf(repo, `commit/${sha}`) }
      );
    });

  parentOf = (repo: string, number: number) =>
    this.#in((world) => issueIn(repoIn(world, repo), number).parent ?? undefined);
  blockersOf = (repo: string, number: number) =>
    this.#in((world) => [...issueIn(repoIn(world, repo), number).blockedBy]);

  project = (project: string) =>
    this.#in((world) => ({
      id: projectIn(world, project).id,
      title: project,
      fields: fieldsOfProjects,
      url: urlOf(project, 'items'),
    }));

  item = (project: string, id: number) => this.#in((world) => itemSeen(project, itemIn(world, project, id)));
  itemFor = (project: string, content: { repo: string; number: number }) =>
    this.#in((world) => {
      const found = projectIn(world, project).items.find(
        (one) =>
          one.content?.repo.toLowerCase() === content.repo.toLowerCase() && one.content.number === content.number,
      );
      return found && itemSeen(project, found);
    });

  ownIssues = (repo: string) =>
    this.#in((world) =>
      repoIn(world, repo).issues.map((issue): OwnText => ({ written: writtenIssue(repo, issue), text: issue.body })),
    );

  ownComments = (repo: string, number: number) =>
    this.#in((world) =>
      repoIn(world, repo)
        .comments.filter(({ issue }) => issue === number)
        .map((comment): OwnText => ({ written: writtenComment(repo, comment), text: comment.body })),
    );

  ownDrafts = (project: string) =>
    this.#in((world) =>
      projectIn(world, project)
        .items.filter(({ content }) => content === null)
        .map((item): OwnText => ({ written: writtenItem(project, item), text: item.body })),
    );

  write = async (write: Write): Promise<WriteReply> => ({
    written: await this.#in((world) => this.#carryOut(world, write)),
    status: 200,
    requestId: null,
  });

  /** This world has no git: a branch is there once a run says which commit it verifies. */
  push = (repo: string, branch: string, sha: string) =>
    this.#in((world) => {
      const there = repoIn(world, repo);
      there.branches[branch] = sha;
      for (const { pull } of there.issues) if (pull?.head === branch) pull.headSha = sha;
    });

  /** One after the other, each on the world as the last one left it. */
  #in<Result>(work: (world: World) => Result): Promise<Result> {
    const turn = this.#turn.then(async () => {
      const world = await this.#file.load();
      const before = JSON.stringify(world);
      const result = work(world);
      if (JSON.stringify(world) !== before) await this.#file.save(world);
      return result;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #carryOut(world: World, write: Write): Written {
    const at = new Date(this.#now()).toISOString();
    if (write.op.startsWith('project.')) return this.#inProject(world, write, at);
    const repo = repoIn(world, write.target);
    const text = 'body' in write ? (write.body ?? '') : '';
    if (text.length > longestBody) throw refusal('remote_validation_failed', 422, 'The body is too long.');
    switch (write.op) {
      case 'issue.create':
        return writtenIssue(
          write.target,
          added(world, repo, { title: write.title, body: write.body, labels: [...write.labels], updatedAt: at }),
        );
      case 'pr.create': {
        if (repo.branches[write.head] === undefined)
          throw refusal('remote_validation_failed', 422, `There is no branch ${write.head}.`);
        if (
          repo.issues.some(
            ({ pull, state }) => state === 'open' && pull?.head === write.head && pull.base === write.base,
          )
        )
          throw refusal('remote_validation_failed', 422, 'A pull request for these branches is open already.');
        const pull = {
          head: write.head,
          base: write.base,
          headSha: repo.branches[write.head] as string,
          isDraft: true,
          reviewers: [],
        };
        return writtenPull(
          write.target,
          added(world, repo, { title: write.title, body: write.body, labels: [], updatedAt: at, pull }),
        );
      }
      case 'issue.update':
      case 'pr.update': {
        const issue = issueIn(repo, write.number);
        issue.title = write.title ?? issue.title;
        issue.body = write.body ?? issue.body;
        return touched(write.target, issue, at);
      }
      case 'pr.ready_for_review': {
        const issue = pullIn(repo, write.number);
        issue.pull.isDraft = false;
        return touched(write.target, issue, at);
      }
      case 'pr.request_reviewers': {
        const issue = pullIn(repo, write.number);
        issue.pull.reviewers = union(issue.pull.reviewers, write.reviewers);
        return touched(write.target, issue, at);
      }
      case 'issue.label.add':
      case 'issue.label.remove': {
        const issue = issueIn(repo, write.number);
        issue.labels =
          write.op === 'issue.label.add'
            ? union(issue.labels, write.labels)
            : issue.labels.filter((label) => !has(write.labels, label));
        return touched(write.target, issue, at);
      }
      case 'issue.assign': {
        const issue = issueIn(repo, write.number);
        issue.assignees = union(issue.assignees, write.assignees);
        return touched(write.target, issue, at);
      }
      case 'issue.comment.create':
      case 'review_comment.create': {
        issueIn(repo, write.number);
        const comment = { id: world.nextId++, issue: write.number, body: write.body, updatedAt: at };
        repo.comments.push(comment);
        return writtenComment(write.target, comment);
      }
      case 'issue.comment.update':
      case 'review_comment.update': {
        const comment = commentIn(repo, write.comment);
        comment.body = write.body;
        comment.updatedAt = at;
        return writtenComment(write.target, comment);
      }
      case 'issue.link': {
        const child = issueIn(repo, write.child);
        issueIn(repo, write.parent);
        if (write.relation === 'blocked_by') child.blockedBy = [...new Set([...child.blockedBy, write.parent])];
        else if (child.parent !== null && child.parent !== write.parent && !write.replaceParent)
          throw refusal('remote_validation_failed', 422, 'It has a parent already.');
        else child.parent = write.parent;
        return touched(write.target, child, at);
      }
      case 'commit_status.create': {
        const status = {
          id: world.nextId++,
          sha: write.sha,
          context: write.context,
          state: write.state,
          description: write.description ?? null,
        };
        repo.statuses.push(status);
        return { id: status.id, number: null, url: urlOf(write.target, `commit/${write.sha}`) };
      }
      default:
        throw refusal('route_unmapped', null, `${write.op} is not mapped.`);
    }
  }

  #inProject(world: World, write: Write, at: string): Written {
    const project = projectIn(world, write.target);
    const values = Object.fromEntries(fieldsOfProjects.map(({ name }) => [name, null]));
    switch (write.op) {
      case 'project.item.add':
      case 'project.draft_item.create': {
        const isDraft = write.op === 'project.draft_item.create';
        const content = isDraft ? null : { repo: write.repo, number: write.number };
        const item: Item = {
          id: world.nextId++,
          title: isDraft ? write.title : issueIn(repoIn(world, write.repo), write.number).title,
          body: isDraft ? write.body : '',
          content,
          values,
          updatedAt: at,
        };
        project.items.push(item);
        return writtenItem(write.target, item);
      }
      case 'project.draft_item.update': {
        const item = itemIn(world, write.target, write.item);
        item.title = write.title ?? item.title;
        item.body = write.body ?? item.body;
        item.updatedAt = at;
        return writtenItem(write.target, item);
      }
      case 'project.field.update': {
        const item = itemIn(world, write.target, write.item);
        const field = fieldsOfProjects.find(({ id }) => id === write.fieldId);
        if (field === undefined) throw refusal('remote_validation_failed', 422, 'There is no such field.');
        item.values[field.name] = field.options.find(({ id }) => id === write.value)?.name ?? write.value;
        item.updatedAt = at;
        return writtenItem(write.target, item);
      }
      default:
        throw refusal('route_unmapped', null, `${write.op} is not mapped.`);
    }
  }

  #issueSeen = (repo: string, issue: Issue): IssueSeen => ({
    id: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    isLocked: issue.isLocked,
    isPull: issue.pull !== null,
    labels: [...issue.labels],
    assignees: [...issue.assignees],
    author: me,
    updatedAt: issue.updatedAt,
    url: issueUrl(repo, issue),
  });

  #pullSeen = (repo: string, issue: Issue): PullSeen => {
    const { head = '', base = '', headSha = '', isDraft = false, reviewers = [] } = issue.pull ?? {};
    return {
      id: issue.id,
      nodeId: `local-${issue.id}`,
      number: issue.number,
      title: issue.title,
      body: issue.body,
      state: issue.state,
      isDraft,
      head: { ref: head, sha: headSha, repo },
      base: { ref: base },
      reviewers: [...reviewers],
      author: me,
      updatedAt: issue.updatedAt,
      url: issueUrl(repo, issue),
    };
  };
}

const refusal = (code: Failure['code'], status: number | null, message: string) =>
  new RemoteFailure({ code, status, message, requestId: null });

const nothing = (what: string) => refusal('not_found', 404, `There is no ${what}.`);

function issueIn(repo: Repo, number: number): Issue {
  const found = repo.issues.find((one) => one.number === number);
  if (!found) throw nothing(`issue #${number} in ${repo.fullName}`);
  return found;
}

function pullIn(repo: Repo, number: number): Issue & { pull: NonNullable<Issue['pull']> } {
  const found = issueIn(repo, number);
  if (found.pull === null) throw nothing(`pull request #${number} in ${repo.fullName}`);
  return found as Issue & { pull: NonNullable<Issue['pull']> };
}

function commentIn(repo: Repo, id: number): Comment {
  const found = repo.comments.find((one) => one.id === id);
  if (!found) throw nothing(`comment ${id} in ${repo.fullName}`);
  return found;
}

function itemIn(world: World, project: string, id: number): Item {
  const found = projectIn(world, project).items.find((one) => one.id === id);
  if (!found) throw nothing(`item ${id} in project ${project}`);
  return found;
}

function added(
  world: World,
  repo: Repo,
  of: Pick<Issue, 'title' | 'body' | 'labels' | 'updatedAt'> & Partial<Issue>,
): Issue {
  const issue: Issue = {
    id: world.nextId++,
    number: repo.nextNumber++,
    state: 'open',
    isLocked: false,
    assignees: [],
    parent: null,
    blockedBy: [],
    pull: null,
    ...of,
  };
  repo.issues.push(issue);
  return issue;
}

function touched(repo: string, issue: Issue, at: string): Written {
  issue.updatedAt = at;
  return writtenIssue(repo, issue);
}

const urlOf = (place: string, path: string): string => `local://github/${place}/${path}`;
const issueUrl = (repo: string, { number, pull }: Issue): string =>
  urlOf(repo, `${pull ? 'pull' : 'issues'}/${number}`);
const writtenIssue = (repo: string, issue: Issue): Written => ({
  id: issue.id,
  number: issue.number,
  url: issueUrl(repo, issue),
});
const writtenPull = writtenIssue;
const writtenComment = (repo: string, { id, issue }: Comment): Written => ({
  id,
  number: null,
  url: urlOf(repo, `issues/${issue}#comment-${id}`),
});
const writtenItem = (project: string, { id }: Item): Written => ({
  id,
  number: null,
  url: urlOf(project, `items/${id}`),
});

const commentSeen = (repo: string, comment: Comment): CommentSeen => ({
  ...comment,
  author: me,
  url: urlOf(repo, `issues/${comment.issue}#comment-${comment.id}`),
});

const itemSeen = (project: string, item: Item): ItemSeen => ({
  ...item,
  values: { ...item.values },
  draftNodeId: item.content === null ? `local-${item.id}` : null,
  isArchived: false,
  author: me,
  url: urlOf(project, `items/${item.id}`),
});

const has = (names: readonly string[], name: string): boolean =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());
const union = (one: readonly string[], other: readonly string[]): string[] => [
  ...one,
  ...other.filter((name) => !has(one, name)),
];

import type { OwnText, Transport, Write, WriteReply } from '../../actions/changes/port.ts';
import {
  commentSeen,
  issueSeen,
  itemSeen,
  me,
  pullSeen,
  urlOf,
  writtenComment,
  writtenIssue,
  writtenItem,
} from './answers.ts';
import { commentIn, fieldsOfProjects, has, issueIn, itemIn, projectIn, pullIn, repoIn, type World } from './world.ts';
import { carryOut } from './writes.ts';

/** Where Gaia's own world is kept. */
export interface WorldFile {
  load(): Promise<World>;
  save(world: World): Promise<void>;
}

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

  issue = (repo: string, number: number) => this.#in((world) => issueSeen(repo, issueIn(repoIn(world, repo), number)));
  pull = (repo: string, number: number) => this.#in((world) => pullSeen(repo, pullIn(repoIn(world, repo), number)));
  pullsBetween = (repo: string, head: string, base: string) =>
    this.#in((world) =>
      repoIn(world, repo)
        .issues.filter(({ pull }) => pull?.head === head && pull.base === base)
        .map((issue) => pullSeen(repo, issue))
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
    written: await this.#in((world) => carryOut(world, write, new Date(this.#now()).toISOString())),
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
}

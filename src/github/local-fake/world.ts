import { sha256 } from '../../core/canonical.ts';
import { type Failure, RemoteFailure } from '../../core/change/failure.ts';

/** Gaia's own world in place of GitHub: what was written to it, kept in one file of the data directory. */
export interface World {
  nextId: number;
  repos: Record<string, Repo>;
  projects: Record<string, Project>;
}

export interface Repo {
  id: number;
  fullName: string;
  labels: string[];
  branches: Record<string, string>;
  /** issues and pull requests share their numbers */
  nextNumber: number;
  issues: Issue[];
  comments: Comment[];
  statuses: Status[];
}

export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  isLocked: boolean;
  labels: string[];
  assignees: string[];
  parent: number | null;
  blockedBy: number[];
  updatedAt: string;
  pull: { head: string; base: string; headSha: string; isDraft: boolean; reviewers: string[] } | null;
}

export interface Comment {
  id: number;
  issue: number;
  body: string;
  updatedAt: string;
}

export interface Status {
  id: number;
  sha: string;
  context: string;
  state: string;
  description: string | null;
}

export interface Project {
  id: number;
  items: Item[];
}

export interface Item {
  id: number;
  title: string;
  body: string;
  content: { repo: string; number: number } | null;
  values: Record<string, string | number | null>;
  updatedAt: string;
}

export const emptyWorld = (): World => ({ nextId: 1_000, repos: {}, projects: {} });

/** What every new project of this world has. */
export const fieldsOfProjects = [
  {
    id: 1,
    name: 'Status',
    type: 'single_select',
    options: ['Todo', 'In progress', 'In review', 'Done'].map((name) => ({ id: sha256(name).slice(0, 8), name })),
  },
  {
    id: 2,
    name: 'Priority',
    type: 'single_select',
    options: ['Low', 'Medium', 'High'].map((name) => ({ id: sha256(name).slice(0, 8), name })),
  },
  { id: 3, name: 'Estimate', type: 'number', options: [] },
  { id: 4, name: 'Source', type: 'text', options: [] },
];

const usualLabels = ['bug', 'documentation', 'duplicate', 'enhancement', 'good first issue', 'help wanted', 'question'];

/** A repository of this world, made on first use. */
export function repoIn(world: World, repo: string): Repo {
  const key = repo.toLowerCase();
  world.repos[key] ??= {
    id: world.nextId++,
    fullName: repo,
    labels: [...usualLabels],
    branches: { main: sha256(`main of ${key}`).slice(0, 40) },
    nextNumber: 1,
    issues: [],
    comments: [],
    statuses: [],
  };
  return world.repos[key];
}

export function projectIn(world: World, project: string): Project {
  const key = project.toLowerCase();
  world.projects[key] ??= { id: world.nextId++, items: [] };
  return world.projects[key];
}

export function issueIn(repo: Repo, number: number): Issue {
  const found = repo.issues.find((one) => one.number === number);
  if (!found) throw nothing(`issue #${number} in ${repo.fullName}`);
  return found;
}

export function pullIn(repo: Repo, number: number): Issue & { pull: NonNullable<Issue['pull']> } {
  const found = issueIn(repo, number);
  if (found.pull === null) throw nothing(`pull request #${number} in ${repo.fullName}`);
  return found as Issue & { pull: NonNullable<Issue['pull']> };
}

export function commentIn(repo: Repo, id: number): Comment {
  const found = repo.comments.find((one) => one.id === id);
  if (!found) throw nothing(`comment ${id} in ${repo.fullName}`);
  return found;
}

export function itemIn(world: World, project: string, id: number): Item {
  const found = projectIn(world, project).items.find((one) => one.id === id);
  if (!found) throw nothing(`item ${id} in project ${project}`);
  return found;
}

/** What stands for a refusal of GitHub. */
export const refusal = (code: Failure['code'], status: number | null, message: string) =>
  new RemoteFailure({ code, status, message, requestId: null });

const nothing = (what: string) => refusal('not_found', 404, `There is no ${what}.`);

/** Whether a name is among these; GitHub compares names of labels and people without their case. */
export const has = (names: readonly string[], name: string): boolean =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());

import { matchesGlob } from '../policy/glob.ts';
import type { TransportMode } from './changeset.ts';
import { gatedOperations, type OperationName, operationNames } from './operations.ts';
import { isLocal, sameName, type Target } from './target.ts';

/** What the policy file allows on one repository. What is not listed is denied. */
export interface RepoRules {
  repo: string;
  operations: OperationName[];
  /** operations that need passed gates although they could do without */
  gated: OperationName[];
  /** patterns of branches that may be the base */
  bases: string[];
  /** patterns of branches that may be the head */
  heads: string[];
  /** patterns of branches that are never the head */
  protectedHeads: string[];
  titlePrefix: string;
  labels: string[];
  reviewers: string[];
  assignees: string[];
  contexts: string[];
  mentions: string[];
  /** globs of files that a pull request of Gaia never touches */
  protectedPaths: string[];
}

export interface ProjectRules {
  project: string;
  operations: OperationName[];
  gated: OperationName[];
  /** fields that may be set, and for a choice which options */
  fields: { name: string; options: string[] }[];
}

export interface GitHubRules {
  repos: RepoRules[];
  projects: ProjectRules[];
  budgets: { perChangeset: number; perRun: number; perHour: number };
}

/** Never the head of a pull request, whatever the policy lists. */
export const alwaysProtectedHeads = [
  'main',
  'master',
  'trunk',
  'develop',
  'release',
  'release/*',
  'releases/*',
  'gh-pages',
];
/** Never touched by a pull request of Gaia: they decide what runs and who reviews. */
export const alwaysProtectedPaths = [
  '.github/**',
  '**/CODEOWNERS',
  '.gitmodules',
  '**/.gitattributes',
  '.git/**',
  '.husky/**',
];
/** Options of this class are a person's to choose. */
const doneWords =
  /^(?:✅|☑|\s)*(?:done|closed?|complete[d]?|finished|resolved|shipped|merged|released|deployed|accepted)\b/iu;
export const isDone = (option: string): boolean => doneWords.test(option.replace(/^[^\p{L}]+/u, ''));

/** The span over which writes of all changesets are counted, in milliseconds. */
export const budgetMs = 3_600_000;
export const defaultBudgets = { perChangeset: 10, perRun: 20, perHour: 60 } as const;
export const noGitHubRules: GitHubRules = { repos: [], projects: [], budgets: { ...defaultBudgets } };

export const defaultRepoRules = (repo: string): RepoRules => ({
  repo,
  operations: [],
  gated: [],
  bases: [],
  heads: ['gaia/*'],
  protectedHeads: [],
  titlePrefix: '',
  labels: [],
  reviewers: [],
  assignees: [],
  contexts: ['gaia/*'],
  mentions: [],
  protectedPaths: [],
});

/** Gaia's own world is a sandbox: everything that can be mapped is allowed there. */
const playground = (repo: string): RepoRules => ({
  ...defaultRepoRules(repo),
  operations: [...operationNames],
  bases: ['*'],
  heads: ['*'],
  labels: ['*'],
  reviewers: ['*'],
  assignees: ['*'],
  contexts: ['*'],
});

export type RulesFor = { repo: RepoRules } | { project: ProjectRules } | undefined;

/** The rules of one target; undefined where the policy says nothing of it. */
export function rulesFor({ repos, projects }: GitHubRules, target: Target, mode: TransportMode): RulesFor {
  if (target.kind === 'repo') {
    const own = repos.find(({ repo }) => sameName(repo, target.repo));
    if (own) return { repo: own };
    return mode === 'local_fake' && isLocal(target) ? { repo: playground(target.repo) } : undefined;
  }
  const own = projects.find(({ project }) => sameName(project, target.project));
  if (own) return { project: own };
  return mode === 'local_fake' && isLocal(target)
    ? {
        project: {
          project: target.project,
          operations: [...operationNames],
          gated: [],
          fields: [{ name: '*', options: ['*'] }],
        },
      }
    : undefined;
}

export const operationsIn = (rules: RulesFor): readonly OperationName[] =>
  rules === undefined ? [] : 'repo' in rules ? rules.repo.operations : rules.project.operations;

/** Whether an operation needs both gates passed for the very commit. */
export function needsGates(op: OperationName, rules: RulesFor): boolean {
  if (gatedOperations.includes(op)) return true;
  return rules !== undefined && ('repo' in rules ? rules.repo.gated : rules.project.gated).includes(op);
}

export const isListed = (name: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => matchesGlob(pattern.toLowerCase(), name.toLowerCase()));

import { type OperationName, operationNames, whyForbidden } from '../change/operations.ts';
import {
  defaultBudgets,
  defaultRepoRules,
  type GitHubRules,
  isDone,
  type ProjectRules,
  type RepoRules,
} from '../change/rules.ts';
import { projectPattern, repoPattern, sameName } from '../change/target.ts';
import { globsAt, lineAt } from './parse-values.ts';
import { type Place, quoted, type YamlReader } from './yaml-reader.ts';

const repoKeys = [
  'repo',
  'operations',
  'gated',
  'bases',
  'heads',
  'protectedHeads',
  'titlePrefix',
  'labels',
  'reviewers',
  'assignees',
  'contexts',
  'mentions',
  'protectedPaths',
] as const;

/** What may be written to GitHub: `github:` of the policy file. */
export function githubAt(reader: YamlReader, place: Place): GitHubRules {
  const members = reader.members(place, ['repos', 'projects', 'budgets'], 'github');
  const repos = members?.take('repos');
  const projects = members?.take('projects');
  const budgets = members?.take('budgets');
  const rules = {
    repos: repos === undefined ? [] : reader.items(repos, 'repos').flatMap((one) => repoAt(reader, one) ?? []),
    projects:
      projects === undefined ? [] : reader.items(projects, 'projects').flatMap((one) => projectAt(reader, one) ?? []),
    budgets: budgets === undefined ? { ...defaultBudgets } : budgetsAt(reader, budgets),
  };
  const names = [...rules.repos.map(({ repo }) => repo), ...rules.projects.map(({ project }) => project)];
  names.forEach((name, index) => {
    if (names.findIndex((other) => sameName(other, name)) !== index)
      reader.fault(place, `${quoted(name)} is listed twice.`);
  });
  return rules;
}

function repoAt(reader: YamlReader, place: Place): RepoRules | undefined {
  const members = reader.members(place, repoKeys, 'a repository');
  if (members === undefined) return undefined;
  const namePlace = members.take('repo');
  if (namePlace === undefined) reader.fault(place, 'A repository needs a name: “repo: owner/name”.');
  const repo = namePlace && reader.string(namePlace, 'a repository');
  if (namePlace && repo !== undefined && !repoPattern.test(repo))
    reader.fault(namePlace, 'A repository is named owner/name.');
  const rules = defaultRepoRules(repo ?? '');
  rules.operations = operationsAt(reader, members.take('operations'), 'operations');
  rules.gated = operationsAt(reader, members.take('gated'), 'gated');
  for (const key of [
    'bases',
    'heads',
    'protectedHeads',
    'labels',
    'reviewers',
    'assignees',
    'contexts',
    'mentions',
    'protectedPaths',
  ] as const) {
    const own = members.take(key);
    if (own !== undefined) rules[key] = globsAt(reader, own, key);
  }
  const prefix = members.take('titlePrefix');
  if (prefix !== undefined) rules.titlePrefix = lineAt(reader, prefix, 'titlePrefix', 40) ?? '';
  if (rules.operations.includes('pr.create') && rules.bases.length === 0)
    reader.fault(place, 'pr.create is allowed, and no bases are listed, so it could never proceed: “bases: [main]”.');
  return repo === undefined ? undefined : rules;
}

function operationsAt(reader: YamlReader, place: Place | undefined, what: string): OperationName[] {
  if (place === undefined) return [];
  return reader.oneOrMore(place, what).flatMap((one) => {
    const name = reader.scalar(one);
    const never = typeof name === 'string' ? whyForbidden(name) : undefined;
    if (never !== undefined) {
      reader.fault(one, `${quoted(String(name))} is never possible: ${never}`);
      return [];
    }
    return reader.word(one, 'an operation', operationNames) ?? [];
  });
}

function projectAt(reader: YamlReader, place: Place): ProjectRules | undefined {
  const members = reader.members(place, ['project', 'operations', 'gated', 'fields'], 'a project');
  if (members === undefined) return undefined;
  const namePlace = members.take('project');
  if (namePlace === undefined) reader.fault(place, 'A project needs a name: “project: owner/7”.');
  const project = namePlace && reader.string(namePlace, 'a project');
  if (namePlace && project !== undefined && !projectPattern.test(project))
    reader.fault(namePlace, 'A project is named owner/number.');
  const fieldsPlace = members.take('fields');
  const fields = fieldsPlace === undefined ? [] : reader.entries(fieldsPlace, 'fields');
  return project === undefined
    ? undefined
    : {
        project,
        operations: operationsAt(reader, members.take('operations'), 'operations'),
        gated: operationsAt(reader, members.take('gated'), 'gated'),
        fields: fields.map(([name, member]) => {
          const options = isEmpty(member) ? [] : globsAt(reader, member, `the options of ${name}`);
          for (const option of options)
            if (isDone(option))
              reader.fault(member, `${quoted(option)} is of the Done class; only people move things there.`);
          return { name, options };
        }),
      };
}

function budgetsAt(reader: YamlReader, place: Place): GitHubRules['budgets'] {
  const members = reader.members(place, ['perChangeset', 'perRun', 'perHour'], 'budgets');
  const budget = (key: keyof GitHubRules['budgets'], max: number): number => {
    const own = members?.take(key);
    return (own && reader.wholeNumber(own, key, { min: 0, max })) ?? defaultBudgets[key];
  };
  return {
    perChangeset: budget('perChangeset', defaultBudgets.perChangeset),
    perRun: budget('perRun', 200),
    perHour: budget('perHour', 500),
  };
}

/** “Notes:” with nothing behind it. */
const isEmpty = ({ node }: Place): boolean => node === undefined || ('value' in node && node.value === null);

import type { Json } from '../canonical.ts';
import type { Operation } from './operations.ts';
import { alwaysProtectedHeads, isListed, type ProjectRules, type RepoRules, type RulesFor } from './rules.ts';
import { sameName } from './target.ts';

/**
 * What of an operation the lists of a policy leave out, in words that follow “without”, such as `the label bug`; as far as
 * the operation itself says it, and what was seen when it was looked up. What is only known at GitHub (the files of a
 * pull request, its default branch) is not looked at here.
 */
export function unlistedIn(rules: RulesFor, operation: Operation, seen: { [name: string]: Json } = {}): string[] {
  if (rules === undefined) return [];
  return 'repo' in rules ? inRepo(rules.repo, operation) : inProject(rules.project, operation, seen);
}

function inRepo(rules: RepoRules, operation: Operation): string[] {
  const among = (what: string, names: readonly string[], listed: readonly string[]) =>
    names.filter((name) => !isListed(name, listed)).map((name) => `the ${what} ${name}`);
  const titled = (title: string | undefined) =>
    title === undefined || title.startsWith(rules.titlePrefix)
      ? []
      : [`a title that begins with “${rules.titlePrefix}”`];
  switch (operation.op) {
    case 'pr.create': {
      const { head, base, title } = operation;
      return [
        ...among('base', [base], rules.bases),
        ...among('head', [head], rules.heads),
        ...(isListed(head, [...alwaysProtectedHeads, ...rules.protectedHeads]) ? [`leave to write from ${head}`] : []),
        ...titled(title),
      ];
    }
    case 'issue.create':
      return [...among('label', operation.labels ?? [], rules.labels), ...titled(operation.title)];
    case 'pr.update':
    case 'issue.update':
      return titled(operation.patch.find(({ path }) => path === '/title')?.value);
    case 'issue.label.add':
    case 'issue.label.remove':
      return among('label', operation.labels, rules.labels);
    case 'issue.assign':
      return among('assignee', operation.assignees, rules.assignees);
    case 'pr.request_reviewers':
      return among('reviewer', operation.reviewers, rules.reviewers);
    case 'commit_status.create':
      return among('context', [operation.context], rules.contexts);
    default:
      return [];
  }
}

function inProject({ fields }: ProjectRules, operation: Operation, seen: { [name: string]: Json }): string[] {
  if (operation.op !== 'project.field.update') return [];
  const { field, value } = operation;
  const rule = fields.find(({ name }) => name === '*' || sameName(name, field));
  if (rule === undefined) return [`the field ${field}`];
  const isChoice = typeof seen.option === 'string' || typeof seen.option === 'number';
  return (isChoice || rule.options.length > 0) && !isListed(String(value), rule.options)
    ? [`the option ${value} of ${field}`]
    : [];
}

import { type Level, type RightName, type Rights, reaches, type Token } from './accounts.ts';
import { forbidden, type GitHubError, notFound, requiresAuthentication } from './github-error.ts';
import type { Project } from './project.ts';
import type { Repository } from './repository.ts';

/** What an operation asks for: any one of these. */
export type Needs = readonly (readonly [RightName, Level])[];

/** What a token holds in a repository; undefined where it may not even know that there is one. */
function rightsIn(token: Token | undefined, repository: Repository): Rights | undefined {
  const asAnyone = repository.isPrivate
    ? undefined
    : ({ metadata: 'read', contents: 'read', issues: 'read', pull_requests: 'read', statuses: 'read' } as const);
  if (token === undefined || token.repositories?.has(repository.id) === false) return asAnyone;
  const belongs =
    token.installation === undefined
      ? repository.roleOf(token.account) !== undefined
      : token.installation.account === repository.owner;
  if (!belongs) return asAnyone;
  return { ...asAnyone, ...token.rights };
}

/** Refuses with 404 what the token may not see, with 403 what it may see but not do. */
export function demand(token: Token | undefined, repository: Repository, needs: Needs): void {
  const rights = rightsIn(token, repository);
  if (rights === undefined) throw notFound();
  if (needs.every(([name, level]) => !reaches(rights[name], level))) {
    throw token === undefined ? requiresAuthentication() : notAccessible(token, needs);
  }
  const writes = needs.some(([, level]) => level !== 'read');
  if (writes && repository.isArchived) throw forbidden('Repository was archived so is read-only.');
}

/** Whether the token may label, assign and set statuses here, which takes push access. */
export const mayPush = (token: Token, repository: Repository): boolean =>
  token.installation !== undefined || repository.mayPush(token.account);

/** Projects of people open to classic tokens only. */
export function demandProject(token: Token | undefined, project: Project, level: Level): void {
  if (token === undefined) throw requiresAuthentication();
  const isReachable =
    token.kind === 'installation'
      ? token.installation?.account === project.owner
      : project.owner.kind === 'Organization' || token.account === project.owner;
  if (!isReachable) throw notFound();
  const ofPerson = project.owner.kind !== 'Organization' && token.kind !== 'classic';
  if (ofPerson || !reaches(token.rights.organization_projects, level)) {
    throw notAccessible(token, [['organization_projects', level]]);
  }
}

function notAccessible(token: Token, needs: Needs): GitHubError {
  const by = token.kind === 'installation' ? 'integration' : 'personal access token';
  const accepted = needs.map(([name, level]) => `${name}=${level}`).join('; ');
  return forbidden(`Resource not accessible by ${by}`, { 'x-accepted-github-permissions': accepted });
}

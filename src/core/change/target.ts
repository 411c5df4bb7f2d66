import { z } from 'zod';

/** `owner/name` as GitHub spells it: an owner of 39 characters at most, a name of 100. */
export const repoPattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
/** `owner/7`: the number of a Project of an organisation or a person. */
export const projectPattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[1-9]\d{0,8}$/;

export const repoName = z.string().regex(repoPattern, 'must be a repository, like owner/name');
export const projectName = z.string().regex(projectPattern, 'must be a project, like owner/7');

/** What a changeset writes to. */
export type Target = { kind: 'repo'; repo: string } | { kind: 'project'; project: string };

export const nameOf = (target: Target): string => (target.kind === 'repo' ? target.repo : `project ${target.project}`);

/** Repositories live below this owner in Gaia's own world alone; GitHub is never asked about them. */
export const isLocal = (target: Target): boolean =>
  (target.kind === 'repo' ? target.repo : target.project).toLowerCase().startsWith('local/');

export const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

import type { Unbound } from './command.ts';

/** What no approval of a command covers, whatever the command is. */
export const neverBound: readonly Unbound[] = [
  { name: 'network', why: 'what it sends and receives is not bound' },
  { name: 'files it opens by itself', why: 'only files that its arguments or the policy name are bound' },
  { name: 'programs it starts', why: 'only the program named first is bound' },
];

/** What in particular an approval of this command does not cover: a directory, a file that is too large. */
export const unboundHere = (unbound: readonly Unbound[]): Unbound[] =>
  unbound.filter(({ name }) => !neverBound.some((never) => never.name === name));

import { visible } from './visible.ts';

/**
 * A command on one line, for lists and notices: visible arguments, quoted as a shell would where needed.
 * Different argument lists never read the same. Never for execution.
 */
export const quoteArgv = (argv: readonly string[]): string => argv.map(quoted).join(' ');

/** Characters that need no quotes: letters, digits, and what is plain in every shell. */
const plain = /^[\p{L}\p{M}\p{N}_@%+=:,./⟨⟩×-]+$/u;

function quoted(argument: string): string {
  const shown = visible(argument);
  // A shell does not take a word that starts with ~ or # as it stands; neither is in `plain`.
  return plain.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}

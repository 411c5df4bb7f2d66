/** The errno name of a failed system call (`ENOENT`), or nothing where the error is something else. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const words: Record<string, string> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  ELOOP: 'its links lead in a circle',
  EACCES: 'Gaia is not permitted to look at it',
  EPERM: 'Gaia is not permitted to look at it',
  ENAMETOOLONG: 'its path is too long',
};

/** Says in words why a path could not be looked at; an error that is no system call's travels on. */
export function whyNot(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return words[errno] ?? `the system answered ${errno}`;
}

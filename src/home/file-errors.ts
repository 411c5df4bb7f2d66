import { forbidden, type GaiaError, unavailable } from '../core/errors.ts';

/** The errno name of a failed system call (`ENOENT`), or nothing where the error is something else. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * A refusal in words for what a file system may answer on a good day's bad moment: no space, no permission, read-only.
 * `doing` completes "Gaia could not …". Anything else is a bug and is given back as it is.
 */
export function fileError(error: unknown, doing: string): GaiaError | unknown {
  const errno = errnoOf(error);
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return unavailable(`Gaia could not ${doing}: the disk is full.`, {
        reason: 'disk_full',
        remedy: 'Free some space (or raise the quota) and start again; nothing was half written.',
      });
    case 'EROFS':
      return unavailable(`Gaia could not ${doing}: the file system is read-only.`, {
        reason: 'disk_read_only',
        remedy: 'Mount it writable, or point GAIA_HOME at a directory that is.',
      });
    case 'EIO':
      return unavailable(`Gaia could not ${doing}: the disk answered with an I/O error.`, {
        reason: 'disk_failed',
        remedy: 'Look at the disk (dmesg) before starting again.',
      });
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
    case 'EACCES':
    case 'EPERM':
      return forbidden(`Gaia could not ${doing}: permission denied.`, {
        reason: 'file_not_permitted',
        remedy: 'Give it to the user that Gaia runs as, or run Gaia as the user it belongs to.',
      });
    default:
      return error;
  }
}

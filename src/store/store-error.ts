import { GaiaError } from '../core/errors.ts';

/** A statement the database refused. Neither its message nor its fields carry a parameter value. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly statement: string;
  /** `SQLITE_CONSTRAINT_UNIQUE`, `23505`, … */
  readonly engineCode: string;
  /** the violated index or key by its PostgreSQL name (`requests_once`, `requests_pkey`), on both engines */
  readonly constraint: string | undefined;

  constructor(statement: string, engineCode: string, message: string, constraint?: string) {
    super(`${statement}: ${message} (${engineCode})`);
    this.statement = statement;
    this.engineCode = engineCode;
    this.constraint = constraint;
  }
}

/**
 * A commit whose outcome nobody knows: it may have happened. The store refuses all further writes; the process stops
 * and looks again at its next start.
 */
export class CommitUnknown extends GaiaError {
  constructor(reason: string) {
    super('unavailable', `Whether the last change was stored is unknown: ${reason}`, {
      reason: 'commit_unknown',
      remedy: 'Gaia stops now. Start it again, and look whether the change happened before repeating it.',
    });
  }
}

/** The database file is damaged. */
export class StoreDamaged extends GaiaError {
  constructor(path: string, engineCode: string) {
    super('unavailable', `The database ${path} is damaged or is not a database (${engineCode}).`, {
      reason: 'store_damaged',
      remedy:
        'Stop Gaia, keep a copy of the file, and put back the newest good one as runbooks/incident.md says (“The database is damaged”).',
    });
  }
}

/** Whether a statement failed because a row with this key is there already; `constraint` narrows it (`requests_once`). */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  error instanceof StoreError &&
  uniqueCodes.has(error.engineCode) &&
  (constraint === undefined || error.constraint === constraint);

const uniqueCodes = new Set([
  '23505',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_ROWID',
]);

/** Whether a statement failed because its table does not exist: the store is not migrated. */
export const isMissingTable = (error: unknown): boolean =>
  error instanceof StoreError && (error.engineCode === '42P01' || /no such table/.test(error.message));

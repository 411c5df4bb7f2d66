import { readFileSync } from 'node:fs';
import { sha256 } from '../core/canonical.ts';
import { GaiaError } from '../core/errors.ts';

export type Engine = 'sqlite' | 'postgres';

/** One migration of this Gaia, as drizzle-kit wrote it. */
export interface Migration {
  idx: number;
  tag: string;
  /** SHA-256 of its file */
  hash: string;
  statements: string[];
}

/** A row of `gaia_migrations`. */
export interface AppliedMigration {
  idx: number;
  tag: string;
  hash: string;
}

/** What a store holds, seen from this Gaia. */
export interface MigrationState {
  applied: string[];
  pending: string[];
}

export const createMigrationTable = `create table if not exists gaia_migrations (
  idx integer primary key not null, tag text not null, hash text not null, applied_at bigint not null)`;

/** The migrations of this Gaia, in order. They lie beside `src` and `dist` alike. */
export function migrationsOf(
  engine: Engine,
  folder = new URL(`../../drizzle/${engine}/`, import.meta.url),
): Migration[] {
  const journal = JSON.parse(readFileSync(new URL('meta/_journal.json', folder), 'utf8')) as Journal;
  return journal.entries.map(({ idx, tag }) => {
    const text = readFileSync(new URL(`${tag}.sql`, folder), 'utf8');
    return {
      idx,
      tag,
      hash: sha256(text),
      statements: text.split('--> statement-breakpoint').map((part) => part.trim()),
    };
  });
}

/** The part of drizzle-kit's journal that is read here. */
interface Journal {
  entries: { idx: number; tag: string }[];
}

/**
 * What is still to be done.
 * @throws GaiaError `conflict` where the store was migrated by a newer Gaia, or by other migrations of the same names
 */
export function pendingOf(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.idx, migration]));
  for (const { idx, tag, hash } of applied) {
    const own = known.get(idx);
    if (!own) {
      throw refused(
        'store_is_newer',
        `The store was migrated by a newer Gaia (${tag}).`,
        'Start the newer Gaia, or restore a backup made before its update.',
      );
    }
    if (own.tag !== tag || own.hash !== hash) {
      throw refused(
        'migration_changed',
        `The migration ${own.tag} is not the one that the store was made with (${tag}).`,
        'Install the release of Gaia that made this store, unchanged, and update from there.',
      );
    }
  }
  const done = new Set(applied.map(({ idx }) => idx));
  return migrations.filter(({ idx }) => !done.has(idx));
}

/** What is there but is not Gaia's is left alone. */
export const belongsToAnother = (where: string) =>
  refused(
    'store_of_another_program',
    `${where} holds tables of another program, not Gaia's.`,
    'Name a database of its own for Gaia (GAIA_HOME or DATABASE_URL); this one was left as it was.',
  );

export const stateOf = (migrations: readonly Migration[], applied: readonly AppliedMigration[]): MigrationState => ({
  applied: applied.map(({ tag }) => tag),
  pending: pendingOf(migrations, applied).map(({ tag }) => tag),
});

const refused = (reason: string, message: string, remedy: string) =>
  new GaiaError('conflict', message, { reason, remedy });

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/store/migrator.ts';
import { createDatabase, dropDatabase } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** a migrated SQLite file, to be copied */
    sqliteTemplate: string;
    /** a migrated PostgreSQL database, to be copied; empty where no server was named */
    postgresTemplate: string;
  }
}

/** Once per run: migrates one template per engine, and names at the end what could not be tested here. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const skipped: string[] = [];
  const now = Date.now;
  const directory = mkdtempSync(join(tmpdir(), 'gaia-test-'));
  const sqliteTemplate = join(directory, 'template.db');
  await migrate({ engine: 'sqlite', path: sqliteTemplate, backups: directory, now });
  project.provide('sqliteTemplate', sqliteTemplate);

  const server = process.env.TEST_DATABASE_URL;
  const postgresTemplate = server ? `gaia_template_${process.pid}` : '';
  if (server) {
    const url = await createDatabase(server, postgresTemplate);
    await migrate({ engine: 'postgres', url, now });
  } else {
    skipped.push('PostgreSQL contract tests (TEST_DATABASE_URL is not set)');
  }
  project.provide('postgresTemplate', postgresTemplate);

  if (skipped.length > 0 && process.env.REQUIRE_ALL === '1') {
    throw new Error(`REQUIRE_ALL=1, but these would be skipped: ${skipped.join('; ')}`);
  }
  return async () => {
    rmSync(directory, { recursive: true });
    if (server) await dropDatabase(server, postgresTemplate);
    for (const what of skipped) process.stdout.write(`Skipped: ${what}\n`);
  };
}

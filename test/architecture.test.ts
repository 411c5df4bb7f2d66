import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { brokenArrows, importCycles, misplacedPackages } from './support/architecture/arrows.ts';
import { badHabits, badNames, foreignWords, impurities, strayTests } from './support/architecture/habits.ts';
import { type Module, readModule, type SourceFile } from './support/architecture/module.ts';

describe('the house', () => {
  const files = filesOfTheProject();
  const modules = files.filter(({ path }) => /^(?:src|test)\/.*\.tsx?$/.test(path)).map(readModule);
  const sources = modules.filter(({ path }) => path.startsWith('src/'));
  const paths = modules.map(({ path }) => path);

  test('is here to be looked at', () => {
    expect(paths).toContain('src/core/errors.ts');
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(10);
  });
  test('keeps its arrows', () => expect(brokenArrows(sources)).toEqual([]));
  test('knows each package in one place', () => expect(misplacedPackages(sources)).toEqual([]));
  test('has no ring of imports', () => expect(importCycles(sources)).toEqual([]));
  test('has a pure core', () => expect(impurities(sources)).toEqual([]));
  test('keeps its habits', () => expect(badHabits(modules)).toEqual([]));
  test('names its files for what they are about', () => expect(badNames(paths)).toEqual([]));
  test('has tests that mirror its sources', () => expect(strayTests(paths)).toEqual([]));
  test('names no package registry and no path of a workplace', () => expect(foreignWords(files)).toEqual([]));
});

describe('an arrow', () => {
  test.each([
    ['src/core/clock.ts', `import { get } from '../store/requests.ts';`, 'core imports only core; move'],
    ['src/core/clock.ts', `import type { Tx } from '../store/database.ts';`, 'core imports only core; move'],
    ['src/store/requests.ts', `import { decide } from '../actions/decide.ts';`, 'store imports only store, core;'],
    ['src/actions/decide.ts', `import { list } from '../views/requests.ts';`, 'actions imports only'],
    ['src/views/requests.ts', `export { decide } from '../actions/decide.ts';`, 'views imports only'],
    ['src/http/routes.ts', `import { send } from '../telegram/send.ts';`, 'http imports only'],
    ['src/http/routes.ts', `import { get } from '../store/requests.ts';`, 'only the types of store; use import type'],
    ['src/loops/tick.ts', `import { run } from '../executor/run.ts';`, 'loops imports only'],
    ['src/executor/run.ts', `import { begin } from '../actions/begin.ts';`, 'only the types of actions'],
    ['src/github/write.ts', `import type { Tx } from '../store/database.ts';`, 'github imports only'],
    ['src/threads/threads.ts', `import { run } from '../executor/run.ts';`, 'threads imports only threads, core;'],
    ['src/terminal/notice.ts', `import { list } from '../views/requests.ts';`, 'terminal imports only'],
    ['src/client/client.ts', `import { requestStates } from '../core/approval/states.ts';`, 'only the types of core'],
    ['src/home/lock.ts', `import { open } from '../store/open.ts';`, 'home imports only home, core;'],
    ['src/config-file.ts', `import { findHome } from './home/home.ts';`, 'config imports only config, core;'],
    ['src/config.ts', `import { findHome } from './home/home.ts';`, 'config imports only config, core;'],
    ['src/cli/main.ts', `const { get } = await import('../store/requests.ts');`, 'cli imports only cli, core, client;'],
    ['src/cli/main.ts', `import { start } from './local/start.ts';`, 'load it by import()'],
    ['src/main.ts', `export * from './cli/local/start.ts';`, 'load it by import()'],
    ['src/http/routes.ts', `await import('../cli/local/start.ts');`, 'http imports only'],
    ['src/mcp/tools.ts', `import { main } from '../main.ts';`, 'mcp imports only'],
    ['src/main.ts', `import { world } from '../test/support/world.ts';`, 'which is not in src'],
    ['src/core/version.ts', `import about from '../../package.json' with { type: 'json' };`, 'which is not in src'],
    ['src/main.ts', 'await import(`./loops/$' + '{name}.ts`);', 'write the path out'],
    ['src/main.ts', 'await import(path);', 'write the path out'],
    ['src/plugins/load.ts', '', 'is in no room of the house'],
  ])('from %s by %s is refused', (path, text, reason) => {
    expect(brokenArrows([aModule(path, `\n${text}`)])).toEqual([expect.stringContaining(reason)]);
    expect(brokenArrows([aModule(path, `\n${text}`)])[0]).toMatch(new RegExp(`^${path}:[12] `));
  });

  test.each([
    ['src/http/routes.ts', `import type { Database } from '../store/database.ts';`],
    ['src/http/routes.ts', `import { decide } from '../actions/decide.ts';`],
    ['src/executor/run.ts', `import type { Runner } from '../actions/ports.ts';`],
    ['src/client/client.ts', `import type { RequestState } from '../core/approval/states.ts';`],
    ['src/mcp/tools.ts', `import { Client } from '../client/client.ts';`],
    ['src/cli/main.ts', `const { start } = await import('./local/start.ts');`],
    ['src/cli/local/start.ts', `import { main } from '../../main.ts';`],
    ['src/config.ts', `import { readEnvFile } from './config-file.ts';`],
    ['src/main/log.ts', `import { routes } from '../http/routes.ts';`],
    ['src/main.ts', `import about from '../package.json' with { type: 'json' };`],
    ['src/core/words.ts', `// import { get } from '../store/requests.ts';`],
    ['src/core/words.ts', 'const text = "import { get } from \'../store/requests.ts\'";'],
  ])('from %s by %s is fine', (path, text) => {
    expect(brokenArrows([aModule(path, text)])).toEqual([]);
  });
});

describe('a package', () => {
  test.each([
    ['src/actions/decide.ts', `import { eq } from 'drizzle-orm';`, 'only src/store/ may know'],
    ['src/views/requests.ts', `import type { PgSelect } from 'drizzle-orm/pg-core';`, 'only src/store/ may know'],
    ['src/loops/tick.ts', `import { Pool } from 'pg';`, 'only src/store/ may know'],
    ['src/cli/local/doctor.ts', `await import('better-sqlite3');`, 'only src/store/ and src/home/ may know'],
    ['src/mcp/tools.ts', `import { z } from '@hono/zod-openapi';`, 'only src/http/ may know'],
    ['src/terminal/card.tsx', '', 'hono/jsx, which only src/http/ may know'],
    ['src/http/routes.ts', `import cron from 'node-cron';`, 'only src/loops/ may know'],
    ['src/main.ts', `import { Command } from 'commander';`, 'only src/cli/ may know'],
    ['src/main.ts', `import pino from 'pino';`, 'only src/log.ts may know'],
    ['src/config.ts', `import { parse } from 'yaml';`, 'only src/core/policy/ may know'],
    ['src/core/command/command.ts', `import { parse } from 'yaml';`, 'only src/core/policy/ may know'],
    ['src/actions/submit.ts', `import { glob } from 'tinyglobby';`, 'only src/executor/ may know'],
    ['src/http/webhook.ts', `import type { Update } from 'grammy/types';`, 'only src/telegram/ may know'],
    ['src/http/webhook.ts', `import { verify } from '@octokit/webhooks-methods';`, 'only src/github/ may know'],
    ['src/core/clock.ts', `import { readFileSync } from 'node:fs';`, 'core is pure'],
    ['src/core/clock.ts', `import { readFileSync } from 'fs';`, 'core is pure'],
    ['src/core/clock.ts', `import 'picocolors';`, 'core is pure'],
    ['src/core/clock.ts', `const fs = require('node:fs');`, 'core is pure'],
  ])('imported in %s by %s is refused', (path, text, reason) => {
    expect(misplacedPackages([aModule(path, text)])).toEqual([expect.stringContaining(reason)]);
    expect(misplacedPackages([aModule(path, text)])[0]).toContain(`${path}:1 `);
  });

  test('is fine at home', () => {
    const atHome = [
      aModule('src/store/tables.ts', `import * as pg from 'drizzle-orm/pg-core'; import Sqlite from 'better-sqlite3';`),
      aModule('src/home/lock.ts', `import Sqlite from 'better-sqlite3';`),
      aModule('src/core/policy/file.ts', `import { createHash } from 'node:crypto';\nimport { parse } from 'yaml';`),
      aModule('src/http/console/page.tsx', `import { readFileSync } from 'node:fs';`),
    ];
    expect(misplacedPackages(atHome)).toEqual([]);
  });
});

describe('a ring of imports', () => {
  const a = `import { b } from './b.ts';`;
  const ring = (back: string) => [
    aModule('src/core/a.ts', a),
    aModule('src/core/b.ts', `export * from './c.ts';`),
    aModule('src/core/c.ts', `\n${back}`),
  ];
  test('is found once, and shown whole', () => {
    expect(importCycles(ring(`import { a } from './a.ts';`))).toEqual([
      'src/core/c.ts:2 closes a ring of imports: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts; ' +
        'move what both sides need into a file of its own',
    ]);
  });
  test('of one file is a ring', () => {
    expect(importCycles([aModule('src/core/a.ts', `import { a } from './a.ts';`)])).toHaveLength(1);
  });
  test('is none where types close it', () => {
    expect(importCycles(ring(`import type { A } from './a.ts';`))).toEqual([]);
    expect(importCycles(ring(`export type { A } from './a.ts';`))).toEqual([]);
  });
  test('is one where only some names of the import are types', () => {
    expect(importCycles(ring(`import { type A, a } from './a.ts';`))).toHaveLength(1);
  });
});

describe('core', () => {
  test.each([
    'const at = Date.now();',
    'const at = new Date();',
    'const at = new Date( /* now */ );',
    'const at = Date();',
    'const n = Math.random();',
    'const home = process.env.HOME;',
    'const host = globalThis.location;',
    'setTimeout(later, 5);',
    "await fetch('/x');",
    'console.log(1);',
    'const text = `$' + '{Date.now()}`;',
  ])('may not say %s', (text) => {
    expect(impurities([aModule('src/core/clock.ts', `\n\n${text}`)])).toEqual([
      expect.stringMatching(/^src\/core\/clock\.ts:3 .+: core .+/),
    ]);
  });
  test('may turn a given instant into a date, and may write about clocks', () => {
    const text = `const at = new Date(instant); // not Date.now()\nconst words = 'Date.now()';\nconst of = ledger.process.name;`;
    expect(impurities([aModule('src/core/clock.ts', text)])).toEqual([]);
  });
  test('alone is held to that', () => {
    expect(impurities([aModule('src/main.ts', 'const now = () => Date.now();')])).toEqual([]);
  });
});

describe('a habit', () => {
  test.each([
    ['src/core/a.ts', 'export default 1;', 'no default exports'],
    ['src/core/a.ts', 'export { a as default };', 'no default exports'],
    ['src/core/a.ts', 'try { a(); } catch {}', 'no empty catch'],
    ['src/core/a.ts', 'try { a(); } catch (error) { /* fine */ }', 'no empty catch'],
    ['src/core/a.ts', 'a().catch(() => {});', 'no empty catch'],
    ['src/core/a.ts', 'export class DeliveryManager {}', 'no managers'],
    ['src/core/a.ts', 'export const textUtils = {};', 'no managers'],
    ['test/core/a.test.ts', "test.only('a', run);", 'no test is singled out'],
    ['test/core/a.test.ts', "describe.skip('a', run);", 'no test is singled out'],
  ])('in %s of writing %s is refused', (path, text, reason) => {
    expect(badHabits([aModule(path, text)])).toEqual([expect.stringContaining(reason)]);
    expect(badHabits([aModule(path, text)])[0]).toContain(`${path}:1 `);
  });
  test('is told from its name in a text', () => {
    const text = `const help = "test.only( catch {} export default";\n/* catch {} */ const re = /catch {}/;\ntest.skipIf(missing)('a', run);`;
    expect(badHabits([aModule('test/core/a.test.ts', text)])).toEqual([]);
  });
});

describe('a file name', () => {
  test.each([
    ['src/core/shortId.ts', 'not kebab-case at "shortId"'],
    ['src/Core/id.ts', 'not kebab-case at "Core"'],
    ['src/core/index.ts', 'is a barrel'],
    ['src/http/helpers/path.ts', 'says "helpers"'],
    ['src/store/request-data.ts', 'says "data"'],
    ['src/actions/decide-v2.ts', 'says "v2"'],
    ['test/support/test-utils.ts', 'says "utils"'],
  ])('%s is refused', (path, reason) => {
    expect(badNames([path])).toEqual([expect.stringMatching(new RegExp(`^${path}:1 .*${reason}`))]);
  });
  test('of whole words is fine', () => {
    expect(
      badNames(['src/store/database.ts', 'src/store/schema.sqlite.ts', 'src/core/audit/verify.worker.ts']),
    ).toEqual([]);
  });
});

describe('a test file', () => {
  const sources = ['src/main.ts', 'src/core/short-id.ts', 'src/core/approval/request.ts', 'src/http/page.tsx'];
  test.each([
    'test/core/request.test.ts',
    'test/core/approval/decision.test.ts',
    'test/nowhere/short-id.test.ts',
    'test/nowhere/contract.test.ts',
    'test/other.test.ts',
  ])('%s without a source is refused', (path) =>
    expect(strayTests([...sources, path])).toEqual([expect.stringContaining(`${path}:1 tests nothing`)]),
  );
  test.each([
    'test/main.test.ts',
    'test/core/short-id.test.ts',
    'test/core/short-id-collisions.test.ts',
    'test/core/approval.test.ts',
    'test/core/contract.test.ts',
    'test/http/page.test.ts',
    'test/stories/a-day.test.ts',
    'test/support/clock.test.ts',
    'test/architecture.test.ts',
  ])('%s is fine', (path) => expect(strayTests([...sources, path])).toEqual([]));
});

describe('a foreign word', () => {
  const registry = ['registry', 'npmjs', 'org'].join('.');
  const mirror = ['deb', 'debian', 'org'].join('.');
  const workplace = ['', 'work', 'main'].join('/');
  const neighbour = ['..', 'shared', 'design.md'].join('/');
  test.each([
    `"resolved": "https://${registry}/zod"`,
    `deb http://${mirror}/debian`,
    `cd ${workplace}`,
    `see \`${neighbour}\``,
  ])('like %s is refused in any file', (text) => {
    expect(foreignWords([{ path: 'README.md', text: `\n${text}\n` }])).toEqual([
      expect.stringContaining('README.md:2 '),
    ]);
  });
  test('is not seen in our own', () => {
    const text = 'src/core/work/claim.ts, core/*/work/, GET /work-items/{id}, https://api.telegram.org, shared by both';
    expect(foreignWords([{ path: 'README.md', text }])).toEqual([]);
  });
});

function aModule(path: string, text: string): Module {
  return readModule({ path, text });
}

/** What git tracks or would track: everything in the tree but what .gitignore names. */
function filesOfTheProject(): SourceFile[] {
  const list = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', list, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\0');
  return paths
    .filter((path) => path !== '' && lstatSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

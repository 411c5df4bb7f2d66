import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { builtInAlerts } from '../../src/core/alerts/rule.ts';
import { runbookOf } from '../../src/views/alerts.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(new URL('runbooks/', root), { recursive: true }).map((name) => `runbooks/${name}`),
]
  .map(String)
  .filter((path) => path.endsWith('.md'));

/** What stands after `gaia` in the code of a page, as a shell would split it, without where its output goes. */
const commandsOf = (text: string): string[][] => {
  const code = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split(/\n|&&|\|\|/));
  const inline = [...text.matchAll(/`((?:npx )?gaia [a-z][^`]*)`/g)].map(([, found = '']) => found);
  return [...code, ...inline]
    .map((line) => /^\s*(?:\$ )?(?:npx )?gaia (.+?)\s*(?:\s#.*|…)?$/.exec(line)?.[1])
    .filter((found) => found !== undefined)
    .map((found) =>
      [...found.replace(/\s>\s*\S+$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? '',
      ),
    );
};

describe('a runbook', () => {
  test.each(builtInAlerts.map(({ name }) => name))(
    'says what the alert %s means, where to look, what to do, and how it ends',
    (name) => {
      const page = read(runbookOf(name) ?? '');
      for (const part of [`# Alert: ${name}`, '**It means:**', '**Look:**', '**Do:**', '**It ends**'])
        expect(page).toContain(part);
    },
  );

  test('stands for no alert that is not there', () => {
    const named = readdirSync(new URL('runbooks/alerts/', root)).map((name) => name.replace(/\.md$/, ''));
    expect(named.sort()).toEqual(builtInAlerts.map(({ name }) => name).sort());
  });

  test.each(['requeue', 'restore', 'rollback', 'cleanup', 'metrics'])('for %s is there', (name) => {
    expect(commandsOf(read(`runbooks/${name}.md`)).length).toBeGreaterThan(0);
  });

  test('leads only to pages that are there', () => {
    const broken = pages.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => {
          try {
            read(decodeURIComponent(new URL(link, new URL(path, root)).href.replace(root.href, '')));
            return false;
          } catch (error) {
            return (error as NodeJS.ErrnoException).code !== 'EISDIR';
          }
        })
        .map((link) => `${path} → ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

const takesSomething = ({ registeredArguments, commands }: Command): boolean =>
  commands.length > 0 || registeredArguments.some(({ required }) => required);

describe('every documented command', () => {
  const documented = pages.flatMap((path) => commandsOf(read(path)).map((argv) => ({ path, argv })));
  const unique = [...new Map(documented.map((each) => [each.argv.join(' '), each])).values()].filter(
    ({ argv }) => !/\||…/.test(argv.join(' ')),
  );

  test.each(unique.map(({ path, argv }) => [argv.join(' '), path, argv] as const))(
    'gaia %s (%s) is one',
    async (_, __, argv) => {
      let performed = 0;
      const program = buildProgram(async () => {
        performed += 1;
      });
      const silent = (command: typeof program) => {
        command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
        for (const child of command.commands) silent(child);
      };
      silent(program);
      const [name = '', ...rest] = argv;
      if (rest.length === 0 && program.commands.some((each) => each.name() === name && takesSomething(each))) return; // its name alone
      await program.parseAsync([...argv], { from: 'user' });
      expect(performed).toBe(1);
    },
  );

  test('are found at all', () => {
    expect(unique.length).toBeGreaterThan(80);
  });
});

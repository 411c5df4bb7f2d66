import { roomOf } from './arrows.ts';
import { lineAt, type Module, type SourceFile } from './module.ts';

interface Habit {
  pattern: RegExp;
  advice: string;
}

const impure: Habit[] = [
  {
    pattern: /(?<![\w$.])Date\s*\.\s*now\b|(?<![\w$.])new\s+Date\b(?!\s*\(\s*[^\s)])|(?<![\w$.]|new\s)Date\s*\(/g,
    advice: 'core has no clock: take the instant as an argument',
  },
  {
    pattern: /(?<![\w$.])performance\s*\.|(?<![\w$.])set(?:Timeout|Interval|Immediate)\s*\(/g,
    advice: 'core has no clock: let a loop or an action do the waiting',
  },
  {
    pattern: /(?<![\w$.])Math\s*\.\s*random\b/g,
    advice: 'core leaves nothing to chance: take the number as an argument',
  },
  {
    pattern: /(?<![\w$.])process\s*(?:\.|\?\.|\[)|(?<![\w$.])globalThis\b/g,
    advice: 'core does not know its process: config reads it and main hands it in',
  },
  {
    pattern: /(?<![\w$.])(?:fetch\s*\(|console\s*\.)/g,
    advice: 'core does no input or output: an edge does, through a port',
  },
];

const everywhere: Habit[] = [
  {
    pattern: /(?<![\w$.])export\s+default\b|(?<![\w$.])export\s*\{[^}]*\bas\s+default\b/g,
    advice: 'no default exports: export it by its name',
  },
  {
    pattern: /(?<![\w$.])catch\s*(?:\([^)]*\)\s*)?\{\s*\}/g,
    advice: 'no empty catch: answer the error, or let it travel up to its edge',
  },
  {
    pattern: /\.catch\s*\(\s*(?:async\s*)?(?:\([^)]*\)|[\w$]+)\s*=>\s*\{\s*\}\s*\)/g,
    advice: 'no empty catch: answer the error, or let it travel up to its edge',
  },
  {
    pattern:
      /(?<![\w$.])(?:class|interface|type|function|const|let)\s+[\w$]*(?:[Mm]anager|[Ss]ervice|[Hh]elpers?|[Uu]til(?:s|ity)?|Impl)\b(?!\s*\.)/g,
    advice: 'no managers, services, helpers, utils, impls: name it for what it is about',
  },
];

const inTests: Habit[] = [
  {
    pattern: /\b(?:test|it|describe|bench)(?:\.\w+)*\.(?:only|skip)\s*[.(]|\bctx\.skip\(/g,
    advice: 'no test is singled out or left out: remove it (skipIf names what is missing)',
  },
];

const breaches = ({ path, code }: { path: string; code: string }, habits: readonly Habit[]): string[] =>
  habits.flatMap(({ pattern, advice }) =>
    [...code.matchAll(pattern)].map(
      (match) => `${path}:${lineAt(code, match.index)} ${match[0].trim().replace(/\s+/g, ' ')}: ${advice}`,
    ),
  );

/** Clocks, chance and the process in core. */
export const impurities = (modules: readonly Module[]): string[] =>
  modules.filter(({ path }) => roomOf(path) === 'core').flatMap((module) => breaches(module, impure));

/** What no code of ours does: default exports, empty catches, empty names, tests singled out. */
export const badHabits = (modules: readonly Module[]): string[] =>
  modules.flatMap((module) => [
    ...breaches(module, everywhere),
    ...(module.path.startsWith('test/') ? breaches(module, inTests) : []),
  ]);

const emptyWord = /^(?:managers?|services?|helpers?|utils?|utility|utilities|common|base|impl|data|info|v[2-9])$/;

/** Files and folders of src and test whose names say nothing, or are spelled another way than the rest. */
export const badNames = (paths: readonly string[]): string[] =>
  paths
    .filter((path) => /^(?:src|test)\/.*\.tsx?$/.test(path))
    .flatMap((path) => {
      const segments = path.replace(/\.tsx?$/, '').split('/');
      const odd = segments.find((segment) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(segment));
      const empty = segments.flatMap((segment) => segment.split(/[-.]/)).find((word) => emptyWord.test(word));
      return [
        ...(odd === undefined ? [] : [`${path}:1 is not kebab-case at "${odd}": rename it`]),
        ...(empty === undefined
          ? []
          : [`${path}:1 says "${empty}", which says nothing: name it for the one family it exports`]),
        ...(segments.at(-1) === 'index'
          ? [`${path}:1 is a barrel: name the file for what it exports, and import that`]
          : []),
      ];
    });

const ownRooms = ['test/stories/', 'test/support/', 'test/proof/', 'test/bench/'];

/**
 * Tests that stand for nothing in src. `test/store/log-order.test.ts` may test `src/store/log.ts`, `log-order.ts` or
 * `log/`; `test/store/contract.test.ts` is what the whole of `src/store` promises.
 */
export function strayTests(paths: readonly string[]): string[] {
  const sources = new Set<string>();
  for (const path of paths.filter((each) => /^src\/.*\.tsx?$/.test(each))) {
    const parts = path.replace(/\.tsx?$/, '').split('/');
    for (let length = 2; length <= parts.length; length++) sources.add(parts.slice(0, length).join('/'));
  }
  const hasSource = (test: string): boolean => {
    const folder = test.slice(0, test.lastIndexOf('/') + 1);
    const words = test.slice(folder.length).split(/(?=[-.])/);
    return words.some((_, index) => sources.has(`src/${folder}${words.slice(0, index + 1).join('')}`));
  };
  return paths
    .filter((path) => /^test\/.*\.test\.tsx?$/.test(path) && path !== 'test/architecture.test.ts')
    .filter((path) => !ownRooms.some((room) => path.startsWith(room)))
    .filter((path) => !hasSource(path.replace(/^test\//, '').replace(/(?:\/contract)?\.test\.tsx?$/, '')))
    .map(
      (path) =>
        `${path}:1 tests nothing that stands at the same place in src: move or rename it, or tell it as a story in test/stories`,
    );
}

// Put together from parts, so that this file may itself be read by the rule.
const packageHosts = ['npmjs', 'yarnpkg', 'pypi', 'pythonhosted', 'debian', 'ubuntu', 'golang', 'crates', 'pkg.github'];
const hostEnds = ['org', 'com', 'org', 'org', 'org', 'com', 'org', 'io', 'com'];
const hosts = packageHosts.map(
  (host, index) =>
    String.raw`\b(?:registry|npm|www|deb|security|archive|proxy|files|static|pkg|index)\.${host}\.${hostEnds[index]}\b`,
);
const namedHosts = new RegExp([...hosts, String.raw`\b(?:npmjs|pypi|crates)\.(?:com|org|io)\b`].join('|'), 'gi');
const workplace = new RegExp(String.raw`(?<![\w.@~})*\]-])/${'work'}/|\.\./${'shared'}\b`, 'g');

/** Words that no file of the repository may hold, whatever its kind. */
export const foreignWords = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, text }) => [
    ...breaches({ path, code: text }, [
      {
        pattern: namedHosts,
        advice: 'no package registry is named here: let the package clients use the one they are set to',
      },
      { pattern: workplace, advice: 'this path exists only where it was written: say it without' },
    ]),
  ]);

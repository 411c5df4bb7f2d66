import type { Import, Module } from './module.ts';

type How = 'any' | 'type';

const askForTypes = { core: 'any', store: 'type', actions: 'any', views: 'any' } as const;
const portsOnly = { core: 'any', actions: 'type' } as const;

/** What each room may import beside itself; `type`: only by `import type`. A room missing here may not exist. */
const arrows: Record<string, Readonly<Record<string, How>> | 'everything'> = {
  core: {},
  config: { core: 'any' },
  store: { core: 'any' },
  actions: { core: 'any', store: 'any' },
  views: { core: 'any', store: 'any' },
  client: { core: 'type' },
  threads: { core: 'any' },
  home: { core: 'any' },
  log: { core: 'any' },
  version: {},
  telegram: askForTypes,
  http: askForTypes,
  loops: askForTypes,
  executor: { ...portsOnly, threads: 'any' },
  github: { ...portsOnly, threads: 'any' },
  terminal: portsOnly,
  cli: { core: 'any', client: 'any' },
  mcp: { core: 'any', client: 'any' },
  'cli/local': 'everything',
  main: 'everything',
};

/** The paths under which alone a package may be imported. A name that ends in `/` stands for its whole scope. */
const packageHomes: Record<string, readonly string[]> = {
  'drizzle-orm': ['src/store/'],
  pg: ['src/store/'],
  'better-sqlite3': ['src/store/', 'src/home/'],
  hono: ['src/http/'],
  '@hono/': ['src/http/'],
  'node-cron': ['src/loops/'],
  '@modelcontextprotocol/': ['src/mcp/', 'src/cli/local/'],
  'prom-client': ['src/http/'],
  commander: ['src/cli/'],
  pino: ['src/log.ts'],
  yaml: ['src/core/policy/'],
  tinyglobby: ['src/executor/'],
  'mdast-util-from-markdown': ['src/core/change/content/'],
  'mdast-util-gfm': ['src/core/change/content/'],
  'micromark-extension-gfm': ['src/core/change/content/'],
  '@secretlint/': ['src/github/'],
  grammy: ['src/telegram/'],
  '@grammyjs/': ['src/telegram/'],
  '@octokit/': ['src/github/'],
};

/** A worker thread is told which module to load; nothing else is. */
const mayComputeImports = new Set(['src/store/worker-entry.ts']);

const coreMayUse = new Set([
  'node:crypto',
  'zod',
  'yaml',
  'mdast-util-from-markdown',
  'mdast-util-gfm',
  'micromark-extension-gfm',
]);

/** The part of the house a file belongs to: `core`, `store`, `cli/local`, `main`, … */
export function roomOf(path: string): string | undefined {
  if (path.startsWith('src/cli/local/')) return 'cli/local';
  if (/^src\/config(?:-[^/]*)?\.ts$/.test(path)) return 'config';
  return /^src\/([^/]+?)(?:\.tsx?|\/.*)$/.exec(path)?.[1];
}

/** Every import that goes against the arrows between rooms. */
export const brokenArrows = (modules: readonly Module[]): string[] =>
  modules.flatMap((module) => {
    const room = roomOf(module.path) ?? '';
    if (arrows[room] === undefined) {
      return [
        `${module.path}:1 is in no room of the house: move it to one, or give "${room}" its arrows in test/support/architecture/arrows.ts`,
      ];
    }
    return module.imports.flatMap((found) => fault(module.path, room, found) ?? []);
  });

function fault(path: string, room: string, { line, specifier, how, target }: Import): string | undefined {
  const at = `${path}:${line}`;
  if (specifier === undefined && mayComputeImports.has(path)) return undefined;
  if (specifier === undefined)
    return `${at} imports a computed path: write the path out, so that the arrows can be checked`;
  if (target === undefined) return undefined;
  const other = roomOf(target);
  if (other === undefined) {
    if (room !== 'core' && target.endsWith('.json')) return undefined;
    return `${at} imports ${target}, which is not in src: move what it needs into the house`;
  }
  if (other === room) return undefined;
  if (other === 'cli/local' && how !== 'dynamic') {
    return `${at} imports ${target} at once: load it by import() where it is needed, it brings the whole of Gaia with it`;
  }
  if (other === 'cli/local' && room === 'cli') return undefined;
  const allowed = arrows[room]!;
  if (allowed === 'everything') return undefined;
  if (allowed[other] === 'any' || (allowed[other] === 'type' && how === 'type')) return undefined;
  if (allowed[other] === 'type') {
    return `${at} imports ${target}: ${room} may know only the types of ${other}; use import type, or have main hand the thing in`;
  }
  const rooms = Object.entries(allowed).map(([name, way]) => (way === 'any' ? name : `types of ${name}`));
  return `${at} imports ${target}: ${room} imports only ${[room, ...rooms].join(', ')}; move the code, or have main hand it in`;
}

/** Every package imported outside its home, and everything core imports that is not pure. */
export const misplacedPackages = (modules: readonly Module[]): string[] =>
  modules.flatMap(({ path, imports }) => {
    const uses = path.endsWith('.tsx') ? [{ line: 1, specifier: 'hono/jsx', target: undefined }, ...imports] : imports;
    return uses.flatMap(({ line, specifier, target }) => {
      if (specifier === undefined || target !== undefined) return [];
      const name = packageOf(specifier);
      const homes = packageHomes[name] ?? packageHomes[name.replace(/\/.*/, '/')];
      if (homes !== undefined && !homes.some((home) => path.startsWith(home))) {
        return [
          `${path}:${line} imports ${specifier}, which only ${homes.join(' and ')} may know: call what is there instead`,
        ];
      }
      if (roomOf(path) === 'core' && !coreMayUse.has(name)) {
        return [
          `${path}:${line} imports ${specifier}: core is pure and uses only ${[...coreMayUse].join(', ')}; take what it gives as an argument`,
        ];
      }
      return [];
    });
  });

const packageOf = (specifier: string): string =>
  specifier.startsWith('node:') ? specifier : specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** Every ring of files that import each other, each once, by the import that closes it. Types do not count. */
export function importCycles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (finished.has(path)) return;
    for (const { line, how, target } of byPath.get(path)?.imports ?? []) {
      if (how === 'type' || target === undefined) continue;
      const start = [...trail, path].indexOf(target);
      if (start === -1) visit(target, [...trail, path]);
      else {
        const ring = [...[...trail, path].slice(start), target].join(' → ');
        cycles.push(
          `${path}:${line} closes a ring of imports: ${ring}; move what both sides need into a file of its own`,
        );
      }
    }
    finished.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return cycles;
}

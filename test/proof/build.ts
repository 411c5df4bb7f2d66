import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Compiled Gaia in a directory of its own, as the sources are now; nobody else's build changes under a proof. */
export interface Build {
  /** the directory that holds `dist`, `drizzle` and `package.json` */
  root: string;
  remove(): void;
}

/** Compiles `src` into a throw-away directory. Throws where the compiler makes nothing of it. */
export function makeBuild(): Build {
  const build = emptyBuild();
  const tsc = spawnSync(
    process.execPath,
    [
      join(repository, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      join(build.root, 'dist'),
    ],
    { cwd: repository, encoding: 'utf8' },
  );
  if (!existsSync(join(build.root, 'dist/main.js'))) {
    build.remove();
    throw new Error(`the sources cannot be built:\n${tsc.stdout}${tsc.stderr}`);
  }
  if (tsc.status !== 0) process.stderr.write(`The sources have type errors:\n${tsc.stdout}\n`);
  cpSync(join(repository, 'src/http/console/assets'), join(build.root, 'dist/http/console/assets'), {
    recursive: true,
  });
  const localAssets = join(repository, 'src/cli/local/assets');
  if (existsSync(localAssets)) cpSync(localAssets, join(build.root, 'dist/cli/local/assets'), { recursive: true });
  return build;
}

/** One guard taken out of a build: exact text of a compiled file, and what stands there instead. */
export interface Patch {
  /** below `dist` */
  file: string;
  find: string;
  replace: string;
}

/** A copy of a build with patches applied. Throws where a text is not there exactly once: a control that changes nothing proves nothing. */
export function patchedBuild(from: string, patches: readonly Patch[]): Build {
  const build = emptyBuild();
  cpSync(join(from, 'dist'), join(build.root, 'dist'), { recursive: true });
  try {
    for (const { file, find, replace } of patches) {
      const path = join(build.root, 'dist', file);
      const text = readFileSync(path, 'utf8');
      const found = text.split(find).length - 1;
      if (found !== 1) throw new Error(`${file} holds this text ${found} times, not once: ${find}`);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    }
  } catch (error) {
    build.remove();
    throw error;
  }
  return build;
}

function emptyBuild(): Build {
  const root = mkdtempSync(join(tmpdir(), 'gaia-build-'));
  cpSync(join(repository, 'package.json'), join(root, 'package.json'));
  cpSync(join(repository, 'drizzle'), join(root, 'drizzle'), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

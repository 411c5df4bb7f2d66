/**
 * Where a worker's program stands: beside the module that starts it, and in `dist/` when that module runs from `src/`
 * (under vitest or tsx), because Node 20 cannot run TypeScript. `name` is without an extension, `from` is `import.meta.url`.
 */
export function workerUrl(name: string, from: string): URL {
  if (!from.endsWith('.ts')) return new URL(`${name}.js`, from);
  const source = from.lastIndexOf('/src/');
  return new URL(`${name}.js`, `${from.slice(0, source)}/dist/${from.slice(source + '/src/'.length)}`);
}

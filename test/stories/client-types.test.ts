import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const require = createRequire(import.meta.url);
const packageOf = (name: string): string => dirname(require.resolve(`${name}/package.json`));

/** A project with nothing in it but what npm installs with the package that its types name. */
function aProject(program: string): string {
  const project = mkdtempSync(join(tmpdir(), 'gaia-types-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const own = join(project, 'node_modules', 'gaia-approvals');
  mkdirSync(own, { recursive: true });
  cpSync('package.json', join(own, 'package.json'));
  cpSync('dist', join(own, 'dist'), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(Object.keys(dependencies)).toContain('zod');
  symlinkSync(packageOf('zod'), join(project, 'node_modules', 'zod'));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  writeFileSync(join(project, 'program.ts'), program);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, module: 'nodenext', target: 'es2022', lib: ['es2023', 'dom'], types: [] },
    skipLibCheck: false,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  return project;
}

test('the published types of the client hold in a project without types of Node, and are no `any`', () => {
  const project = aProject(`
    import { GaiaClient, type RequestAnswer, type Submission } from 'gaia-approvals/client';
    const gaia = new GaiaClient({ url: 'http://127.0.0.1:8080' });
    const submission: Submission = { kind: 'command', command: { argv: ['ls'], cwd: '/' } };
    const request: RequestAnswer = await gaia.run(submission);
    if (request.state === 'denied') console.log(request.end?.code);
    // @ts-expect-error there is no such state
    if (request.state === 'nonsense') console.log();
    // @ts-expect-error a command is a list of words
    const other: Submission = { kind: 'command', command: { argv: 'ls', cwd: '/' } };
    console.log(other);
  `);
  const compiler = join(packageOf('typescript'), 'bin', 'tsc');
  expect(execFileSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' })).toBe('');
});

import { describe, expect, test } from 'vitest';
import { readModule } from './module.ts';

describe('the reader of modules', () => {
  test('finds every kind of import, with its line', () => {
    const text = [
      `import type { A } from './a.ts';`,
      `import {\n  b,\n  type C,\n} from './b.ts';`,
      `import d, * as e from 'd';`,
      `import './f.ts';`,
      `export * as g from './g.ts';`,
      `export type { H } from './h.ts';`,
      `const i = await import('./i.ts');`,
      `import type from './j.ts';`,
      `import k from './k.json' with { type: 'json' };`,
    ].join('\n');
    expect(
      readModuleAt('src/core/x.ts', text).imports.map(({ line, specifier, how }) => `${line} ${specifier} ${how}`),
    ).toEqual([
      '1 ./a.ts type',
      '2 ./b.ts static',
      '6 d static',
      '7 ./f.ts static',
      '8 ./g.ts static',
      '9 ./h.ts type',
      '10 ./i.ts dynamic',
      '11 ./j.ts static',
      '12 ./k.json static',
    ]);
  });
  test('is not led astray by texts, templates, regular expressions and JSX', () => {
    const text = [
      "const a = `it's $" + '{b(`$' + "{c['}']}`)} //`;",
      `const quote = /['"\`/*]/.test(a) ? 4 / 2 : 'it\\'s';`,
      `const page = <p title="a">Don't <br /> stop</p>;`,
      `import { d } from './d.ts';`,
    ].join('\n');
    expect(readModuleAt('src/http/x.tsx', text).imports).toEqual([
      { line: 4, specifier: './d.ts', how: 'static', target: 'src/http/d.ts' },
    ]);
  });
  test('says when it has lost its way', () => {
    expect(() => readModuleAt('src/http/x.tsx', 'const a = <p>`</p>;')).toThrow('src/http/x.tsx: a template literal');
  });
});

const readModuleAt = (path: string, text: string) => readModule({ path, text });

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { failPoints } from '../../src/home/fail-points.ts';

const nobody = () => undefined;

describe('a fail point', () => {
  test('throws at its place only, and only once, and says so', () => {
    const said: string[] = [];
    const reach = failPoints('store.commit.before:throw', (what) => said.push(what));
    reach('store.commit.after');
    expect(said).toEqual([]);
    expect(() => reach('store.commit.before')).toThrow('store.commit.before');
    reach('store.commit.before');
    expect(said).toEqual(['fail point store.commit.before, arrival 1']);
  });

  test('waits for the arrival it was told', () => {
    const reach = failPoints('a:throw:3, b:throw', nobody);
    reach('a');
    reach('a');
    expect(() => reach('b')).toThrow();
    expect(() => reach('a')).toThrow('arrival 3');
    reach('a');
  });

  test('kills the process as kill -9 does', async () => {
    const built = new URL('../../dist/home/fail-points.js', import.meta.url).href;
    const program = `const { failPoints } = await import('${built}'); failPoints('x:kill')('x'); console.log('survived');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    expect(out).toBe('');
  });

  test.each(['a', 'a:stop', 'a:kill:0', 'a:kill:x', ':kill', 'a:kill,', ''])('is refused as %j', (spec) => {
    expect(() => failPoints(spec, nobody)).toThrow('is no list of fail points');
  });
});

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Build, patchedBuild } from '../build.ts';
import { chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { type Sabotage, sabotages } from '../sabotage.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const atOnce = 2;

export const controls: Proof = {
  name: 'controls',
  shows: 'with a guard taken out of a copy of the build, the proof that stands for it goes red',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const violations: Violation[] = [];
    // The short form makes every patch, so that none grows old unseen, and runs a sixth of the proofs, by chance.
    for (const { name, patches } of sabotages) {
      try {
        patchedBuild(gaia.root, patches).remove();
      } catch (error) {
        violations.push({ invariant: 'controls', message: `“${name}” cannot be taken out: ${errorText(error)}` });
      }
    }
    const some = trialsOf(context, { short: Math.ceil(sabotages.length / 6), full: sabotages.length });
    const waiting = chance(seed).shuffled(sabotages).slice(0, some);
    const all = waiting.length;
    const red: string[] = [];
    let done = 0;
    const work = async (): Promise<void> => {
      for (let sabotage = waiting.shift(); sabotage && !signal.aborted; sabotage = waiting.shift()) {
        const fault = await control(gaia.root, sabotage, seed, signal);
        if (fault) violations.push({ invariant: 'controls', message: `without “${sabotage.name}”: ${fault}` });
        else red.push(sabotage.proof);
        progress(++done, all);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { trials: done, violations, figures: { 'gone red, as they must': red.length } };
  },
};

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Why a control does not show what it should; undefined where its proof went red. */
async function control(
  root: string,
  { patches, proof, trials, names }: Sabotage,
  seed: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let build: Build;
  try {
    build = patchedBuild(root, patches);
  } catch (error) {
    return errorText(error);
  }
  try {
    const args = [
      '--import',
      'tsx',
      main,
      '--build',
      build.root,
      '--only',
      proof,
      '--trials',
      String(trials),
      '--seed',
      String(seed),
    ];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGTERM',
      env: { ...process.env, TEST_DATABASE_URL: '' },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (said += text.toString('utf8')));
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('close', resolve);
    });
    const violated = said
      .split('\n')
      .filter((line) => line.includes('VIOLATION'))
      .join('\n');
    if (code !== 1 || violated === '') return `${proof} did not go red (it ended with ${code}): ${said.slice(-600)}`;
    return names.test(violated) ? undefined : `${proof} went red for another reason: ${violated.slice(0, 600)}`;
  } finally {
    build.remove();
  }
}

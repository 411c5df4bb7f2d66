import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBuild } from './build.ts';
import { loadGaia } from './gaia.ts';
import type { Proof, ProofResult } from './proof.ts';
import { baitAndSwitch } from './proofs/bait-and-switch.ts';
import { controls } from './proofs/controls.ts';
import { display } from './proofs/display.ts';
import { echo } from './proofs/echo.ts';
import { everyStep } from './proofs/every-step.ts';
import { faults } from './proofs/faults.ts';
import { kill } from './proofs/kill.ts';
import { lostReplies } from './proofs/lost-replies.ts';
import { lostRepliesGitHub } from './proofs/lost-replies-github.ts';
import { plantedSecrets } from './proofs/planted-secrets.ts';
import { processTree } from './proofs/process-tree.ts';
import { publishSteps } from './proofs/publish-steps.ts';
import { races } from './proofs/races.ts';
import { racesTelegram } from './proofs/races-telegram.ts';
import { sandboxEscapes } from './proofs/sandbox-escapes.ts';
import { starts } from './proofs/starts.ts';
import { stories } from './proofs/stories.ts';
import { tampering } from './proofs/tampering.ts';
import { wrongPeople } from './proofs/wrong-people.ts';
import { wrongPeopleTelegram } from './proofs/wrong-people-telegram.ts';

const proofs: readonly Proof[] = [
  kill,
  everyStep,
  races,
  racesTelegram,
  wrongPeople,
  wrongPeopleTelegram,
  lostReplies,
  lostRepliesGitHub,
  publishSteps,
  faults,
  starts,
  baitAndSwitch,
  processTree,
  sandboxEscapes,
  plantedSecrets,
  display,
  echo,
  tampering,
  stories,
  controls,
];
const results = new URL('../../proof-results/', import.meta.url).pathname;

const usage = `npm run proof -- [--full] [--only NAME]… [--resume] [--trials N] [--seed N]
  --full      the figures of the whole proof; without it a short form of some minutes
  --only      one proof: ${proofs.map(({ name }) => name).join(', ')}
  --resume    passes over proofs whose last result, in proof-results/, is of this form and passed
  --trials    how many trials, instead of the proof's own figure
  --build     a build to prove, instead of one of the sources as they are
Ends with 1 where an invariant was violated. Times are printed, never judged.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      trials: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      build: { type: 'string' },
    },
  });
  if (positionals.length > 0) {
    process.stderr.write(`One proof is run by --only ${positionals[0]}.\n${usage}`);
    return 2;
  }
  const unknown = (values.only ?? []).filter((name) => !proofs.some((proof) => proof.name === name));
  if (values.help || unknown.length > 0) {
    process.stdout.write(unknown.length > 0 ? `There is no proof named ${unknown.join(', ')}.\n${usage}` : usage);
    return unknown.length > 0 ? 2 : 0;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const own = values.build === undefined ? makeBuild() : undefined;
  process.once('exit', () => own?.remove());
  const gaia = await loadGaia(own?.root ?? (values.build as string));
  const form = values.full ? 'full' : 'short';
  // A build that was handed in is a control's: its results are the control's to keep.
  const keep = values.build === undefined;
  if (keep) mkdirSync(results, { recursive: true });
  const rows: Report[] = [];
  for (const proof of proofs) {
    if (values.only ? !values.only.includes(proof.name) : stop.signal.aborted) continue;
    const path = join(results, `${proof.name}.json`);
    const before = values.resume && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined;
    if (before?.form === form && before.violations.length === 0) {
      process.stdout.write(`${proof.name}: passed before (${before.trials} trials)\n`);
      rows.push(before);
      continue;
    }
    const trials = values.trials === undefined ? undefined : Number(values.trials);
    const report = await runProof(proof, {
      full: values.full,
      trials,
      seed: Number(values.seed),
      gaia,
      signal: stop.signal,
    });
    rows.push({ ...report, form });
    if (keep && !stop.signal.aborted) writeFileSync(path, `${JSON.stringify({ ...report, form }, null, 2)}\n`);
    else if (keep) rmSync(path, { force: true });
  }
  return conclude(rows, stop.signal.aborted);
}

interface Report extends ProofResult {
  name: string;
  shows: string;
  form: string;
  seed: number;
  seconds: number;
}

async function runProof(
  proof: Proof,
  context: Omit<Parameters<Proof['run']>[0], 'progress'>,
): Promise<Omit<Report, 'form'>> {
  const { name, shows } = proof;
  process.stdout.write(`${name}: ${shows}\n`);
  const since = performance.now();
  let said = since;
  const progress = (done: number, of: number): void => {
    if (process.stdout.isTTY) process.stdout.write(`\r  ${done} of ${of}`);
    else if (performance.now() - said > 10_000) {
      said = performance.now();
      process.stdout.write(`  ${done} of ${of}\n`);
    }
  };
  let result: ProofResult;
  try {
    result = await proof.run({ ...context, progress });
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result = { trials: 0, violations: [{ invariant: 'proof', message }], figures: {} };
  }
  const seconds = Math.round((performance.now() - since) / 100) / 10;
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  const figures = Object.entries(result.figures).map(([what, figure]) => `${what}: ${figure}`);
  process.stdout.write(
    `  ${result.trials} trials, ${result.violations.length} violations, ${seconds} s${figures.map((line) => `\n  ${line}`).join('')}\n`,
  );
  const printed = new Map<string, number>();
  for (const { invariant, message } of result.violations) {
    const before = printed.get(invariant) ?? 0;
    printed.set(invariant, before + 1);
    if (before < 6) process.stdout.write(`  VIOLATION ${invariant}: ${message}\n`);
  }
  return { name, shows, seed: context.seed, seconds, ...result };
}

function conclude(rows: readonly Report[], stopped: boolean): number {
  const width = Math.max(...rows.map(({ name }) => name.length), 5);
  const line = (name: string, trials: unknown, violations: unknown, seconds: unknown) =>
    `${name.padEnd(width)}  ${String(trials).padStart(8)}  ${String(violations).padStart(10)}  ${String(seconds).padStart(8)}`;
  const table = rows.map(({ name, trials, violations, seconds }) => line(name, trials, violations.length, seconds));
  const failed = rows.filter(({ violations, trials }) => violations.length > 0 || trials === 0).length;
  const seed = rows[0] ? ` (seed ${rows[0].seed})` : '';
  process.stdout.write(
    `\n${[line('proof', 'trials', 'violations', 'seconds'), ...table].join('\n')}\n${stopped ? 'Stopped early.\n' : ''}`,
  );
  process.stdout.write(`${rows.length - failed} passed, ${failed} failed${seed}\n`);
  return failed > 0 || stopped || rows.length === 0 ? 1 : 0;
}

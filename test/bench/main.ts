import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBuild } from '../proof/build.ts';
import { loadGaia } from '../proof/gaia.ts';
import { auditBench } from './audit.ts';
import { type Bench, type Figure, isMet, type Measure } from './bench.ts';
import { decideBench, historyBench } from './decide.ts';
import { coldStartBench, submitBench } from './doors.ts';
import { executionBench } from './execution.ts';
import { memoryBench } from './memory.ts';
import { noticesBench } from './notices.ts';
import { tapBench } from './tap.ts';

const benches: readonly Bench[] = [
  decideBench,
  tapBench,
  submitBench,
  historyBench,
  coldStartBench,
  executionBench,
  memoryBench,
  auditBench,
  noticesBench,
];
const results = new URL('../../bench-results/', import.meta.url).pathname;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      build: { type: 'string' },
    },
  });
  const names = benches.map(({ name }) => name);
  const unknown = (values.only ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stdout.write(`There is no bench named ${unknown.join(', ')}; there are: ${names.join(', ')}\n`);
    return 2;
  }
  const own = values.build === undefined ? makeBuild() : undefined;
  process.once('exit', () => own?.remove());
  const gaia = await loadGaia(own?.root ?? (values.build as string));
  mkdirSync(results, { recursive: true });
  const machine = { node: process.version, arch: arch(), cpu: cpus()[0]?.model ?? '', cores: cpus().length };
  const lines: (Measure | Figure)[] = [];
  for (const bench of benches) {
    if (values.only && !values.only.includes(bench.name)) continue;
    process.stdout.write(`${bench.name}\n`);
    const measured = await bench.run({ gaia, quick: values.quick, say: (line) => process.stdout.write(`  ${line}\n`) });
    for (const line of measured) process.stdout.write(`  ${wordsOf(line)}\n`);
    lines.push(...measured);
    writeFileSync(
      join(results, `${bench.name}.json`),
      `${JSON.stringify({ bench: bench.name, quick: values.quick, machine, measured }, null, 2)}\n`,
    );
  }
  process.stdout.write(`\n${table(lines)}\n`);
  return 0;
}

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(3);

function verdictOf(line: Measure | Figure): string {
  const value = 'ratio' in line ? line.ratio : line.value;
  const met = isMet(line, value);
  if (met === undefined || line.aim === undefined) return '';
  const aim = 'atLeast' in line.aim ? `≥ ${line.aim.atLeast}` : `≤ ${line.aim.atMost}`;
  return `aim ${aim}${'ratio' in line ? ' ×' : ''}: ${met ? 'met' : 'MISSED'}`;
}

function wordsOf(line: Measure | Figure): string {
  if (!('ratio' in line)) return `${line.what}: ${shown(line.value)} ${line.unit} ${verdictOf(line)}`.trim();
  return `${line.what}: ${shown(line.ours)} against ${shown(line.theirs)} ${line.unit} (${line.baseline}): ${line.ratio.toFixed(2)} × ${verdictOf(line)}`.trim();
}

/** Everything once more, in columns. */
function table(lines: readonly (Measure | Figure)[]): string {
  const rows = lines.map((line) => ({
    what: line.what,
    figure: 'ratio' in line ? `${line.ratio.toFixed(2)} ×` : `${shown(line.value)} ${line.unit}`,
    of: 'ratio' in line ? `${shown(line.ours)} : ${shown(line.theirs)} ${line.unit}` : '',
    verdict: verdictOf(line),
  }));
  const width = (of: 'what' | 'figure' | 'of'): number => Math.max(...rows.map((row) => row[of].length));
  return rows
    .map(
      (row) =>
        `${row.what.padEnd(width('what'))}  ${row.figure.padStart(width('figure'))}  ${row.of.padStart(width('of'))}  ${row.verdict}`,
    )
    .join('\n');
}

process.exitCode = await main();

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import type { Submission } from '../../core/approval/submission.ts';
import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { CommandOptions } from '../program.ts';
import { blockerLines } from '../text/changeset.ts';
import { documentIn } from './changeset-file.ts';
import { commandSubmission } from './submission.ts';

/** Reads a policy file as Gaia would; every fault is named with its line. Needs no running Gaia. */
export async function check(cli: Cli, file: string | undefined): Promise<Exit> {
  const { parsePolicy } = await import('../../core/policy/parse.ts');
  const { terminal, settings } = cli;
  const named = file ?? (terminal.env.POLICY_FILE?.trim() || undefined);
  const path = named === undefined ? join(settings.home, 'policy.yaml') : resolve(terminal.cwd, named);
  const text = readPolicy(path, { mayBeMissing: named === undefined });
  if (text === undefined) {
    cli.answer({ file: path, exists: false, faults: [] }, [`There is no ${path}: the built-in rules hold.`]);
    return exits.done;
  }
  const read = parsePolicy(text);
  if ('policy' in read) {
    const rules = read.policy.rules.length;
    cli.answer({ file: path, exists: true, rules, faults: [] }, [
      `${path} is a policy with ${rules} ${rules === 1 ? 'rule' : 'rules'} of its own.`,
    ]);
    return exits.done;
  }
  const lines = read.faults.map(
    ({ line, column, field, message }) =>
      `${path}:${line}:${column} ${field ? `${visible(field)}: ` : ''}${visible(message)}`,
  );
  cli.answer({ file: path, exists: true, faults: read.faults }, lines);
  if (!cli.json) cli.note('→ Correct the named lines; until then Gaia keeps the policy it has.');
  return exits.failed;
}

/** What the policy in force would ask for a command, or for the changeset in a file, and why. Nothing is stored. */
export async function explain(cli: Cli, argv: readonly string[], options: CommandOptions): Promise<Exit> {
  const [file = ''] = argv;
  const isChangeset = argv.length === 1 && (file === '-' || file.endsWith('.json'));
  const submission = isChangeset
    ? ({ kind: 'changeset', changeset: await documentIn(cli, file) } as Submission)
    : await commandSubmission(cli.terminal, argv, options);
  const explanation = await cli.client('asker').explain(submission);
  const { operations = [], missing = [] } = explanation;
  cli.answer(explanation, [
    visible(explanation.sentence),
    ...operations.map(
      ({ op, allowed, because, needsGates }, index) =>
        `${allowed ? '✓' : '✕'} operation ${index + 1}, ${op}: ${allowed ? 'allowed' : 'denied'}, ${visible(because)}${needsGates ? '; both gates must have passed' : ''}`,
    ),
    ...blockerLines(explanation.blockers),
    ...(missing.length === 0 ? [] : ['Approved, it would wait for:', ...blockerLines(missing)]),
    ...explanation.rules.flatMap(({ rule, matched, because }) => [
      matched ? `✓ ${visible(rule)}` : `· does not apply: ${visible(rule)}`,
      ...because.map((line) => `    ${visible(line)}`),
    ]),
  ]);
  return explanation.verdict === 'ask' ? exits.done : exits.blocked;
}

export async function reload(cli: Cli): Promise<Exit> {
  const answer = await cli.client('administrator').reloadPolicy();
  cli.answer(answer, [
    `Policy ${answer.digest.slice(0, 12)} is in force.`,
    ...(answer.changes.length === 0 ? ['Nothing changed.'] : answer.changes.map((change) => `- ${visible(change)}`)),
  ]);
  return exits.done;
}

export function readPolicy(path: string, { mayBeMissing }: { mayBeMissing: boolean }): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    if (code === 'ENOENT' && mayBeMissing) return undefined;
    throw new GaiaProblem({
      status: 400,
      code: 'policy_unreadable',
      detail: `${path} cannot be read (${code}).`,
      remedy: 'Name a policy file that you may read.',
    });
  }
}

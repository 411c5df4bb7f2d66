import type { GateFacts } from './run.ts';

/** What the comment of a run and epoch begins with, and no other. */
export const reviewHead = ({ id, epoch }: Pick<GateFacts['run'], 'id' | 'epoch'>): string =>
  `**Run ${id}**, epoch ${epoch}, commit `;

/** Whether a text says how a run stands, as only the comment of an epoch does. */
export const saysHowRunStands = (text: string): boolean => /^\*\*Run g-[0-9A-Z]{6}\*\*, epoch \d+, commit /.test(text);

/** The one comment of a run and epoch: how it stands, what shows it, and what a person must do. No logs. */
export function reviewComment(
  { run, gates }: Pick<GateFacts, 'run' | 'gates'>,
  { summary, actionRequired }: { summary: string; actionRequired: string },
): string {
  const line = (name: 'verification' | 'internal_review', words: string): string => {
    const gate = gates.filter((one) => one.gate === name && one.epoch === run.epoch).at(-1);
    const evidence = (gate?.artifacts ?? []).map(
      ({ path, sha256 }) =>
        `\`${path.slice(path.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '_')}\` (${sha256.slice(0, 12)})`,
    );
    return `| ${words} | ${gate?.verdict ?? 'PENDING'} | ${evidence.join(', ') || '—'} |`;
  };
  return [
    `${reviewHead(run)}\`${(run.headSha ?? '').slice(0, 12)}\` of \`${run.head}\``,
    '',
    '| Gate | Verdict | Evidence |',
    '|---|---|---|',
    line('verification', 'Verification'),
    line('internal_review', 'Internal review'),
    '',
    summary,
    '',
    '**What a person must do:**',
    '',
    actionRequired,
  ].join('\n');
}

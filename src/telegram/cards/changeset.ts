import type { ResolvedChangeset, ResolvedCheckpoint } from '../../core/change/changeset.ts';
import { resultWords, shownOperation } from '../../core/change/shown.ts';
import { nameOf } from '../../core/change/target.ts';
import { visible, visibleLines } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { bold, brief, code, framed, type Line, line, plain, words } from '../texts/text.ts';
import { labelled } from './labelled.ts';

/** All that a changeset would write, operation by operation: every field, every line of every text. */
export const changesetSections = ({ target, transport, host, run, operations }: ResolvedChangeset): Line[][] => [
  [
    labelled('to', visible(nameOf(target)), 'to…'),
    transport === 'live'
      ? line(bold('FOR REAL'), ': written to ', words(host), ', once.')
      : line(bold("Gaia's own world"), ': nothing leaves this machine.'),
    ...(run === null
      ? []
      : [line('run ', plain(run.id), `, epoch ${run.epoch}, commit `, code((run.headSha ?? 'none').slice(0, 12)))]),
  ],
  ...operations.map((operation, index) => {
    const { name, on, url, lines } = shownOperation(operation, index);
    return [
      line(bold(name), ' · ', words(on)),
      ...(url === null ? [] : [labelled('at', visible(url), 'at…')]),
      ...lines.map(({ kind, text }) => {
        if (kind === 'field') return line(words(text), ':');
        if (kind === 'note') return { ...line('→ ', words(text)), continued: '→ ' };
        const sign = kind === ' ' ? '·' : kind;
        return labelled(sign, text === '' ? '' : visible(text), `${sign}…`);
      }),
    ];
  }),
];

export const checkpointSections = ({ file, sha256, text }: ResolvedCheckpoint): Line[][] => [
  [labelled('document', visible(file), 'document…'), line('sha256 ', code(sha256))],
  [line(bold('Its words')), ...framed(visibleLines(text))],
];

/** How each operation came out, with where to find it. */
export function resultLines({ operations, outcome }: Pick<RequestAnswer, 'operations' | 'outcome'>): Line[] {
  return (operations ?? outcome?.operations ?? []).flatMap(({ op, on, outcome: how, written, text }) => {
    const { sign, word } = resultWords(how);
    return [
      line(`${sign} `, plain(op), ' · ', brief(on, 80), `: ${word}`),
      ...(written?.url ? [line(brief(written.url, 200))] : []),
      ...(text === null ? [] : [line(brief(text, 300))]),
    ];
  });
}

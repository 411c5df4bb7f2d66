import type { ResolvedChangeset } from '../../core/change/changeset.ts';
import { resultWords, shownOperation } from '../../core/change/shown.ts';
import { nameOf } from '../../core/change/target.ts';
import { visible } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';

type Field = readonly [name: string, value: string | readonly string[] | undefined];

/** All that a changeset would write, as fields of a listing. */
export const changesetFields = ({ target, transport, host, run, operations }: ResolvedChangeset): Field[] => [
  [
    'writes to',
    `${visible(nameOf(target))}, ${transport === 'live' ? `FOR REAL at ${visible(host)}` : "in Gaia's own world: nothing leaves this machine"}`,
  ],
  [
    'rests on',
    run === null ? undefined : `run ${run.id}, epoch ${run.epoch}, commit ${(run.headSha ?? 'none').slice(0, 12)}`,
  ],
  ...operations.map((operation, index): Field => {
    const { name, on, url, lines } = shownOperation(operation, index);
    return [
      `operation ${index + 1}`,
      [
        `${name.replace(/^\d+\. /, '')} · ${visible(on)}`,
        ...(url === null ? [] : [visible(url)]),
        ...lines.map(({ kind, text }) => {
          if (kind === 'field') return `${visible(text)}:`;
          if (kind === 'note') return `→ ${visible(text)}`;
          return `${kind === '@' ? '' : `${kind} `}${text === '' ? '' : visible(text)}`;
        }),
      ],
    ];
  }),
];

export const resultFields = ({ operations }: Pick<RequestAnswer, 'operations'>): Field[] => [
  [
    'written',
    (operations ?? []).flatMap(({ op, on, outcome, written, text }) => {
      const { sign, word } = resultWords(outcome);
      return [
        `${sign} ${op}, ${visible(on)}: ${word}${written?.url ? ` ${visible(written.url)}` : ''}`,
        ...(text === null ? [] : [`  ${visible(text)}`]),
      ];
    }),
  ],
];

/** What is in the way, each with what to do about it. */
export const blockerLines = (blockers: RequestAnswer['blockers']): string[] =>
  blockers.flatMap(({ code, message, remedy, operation }) => [
    `${code}${operation ? ` (operation ${operation.index + 1}, ${operation.op})` : ''}: ${visible(message)}`,
    `  → ${visible(remedy)}`,
  ]);

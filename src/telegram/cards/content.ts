import type { Effect } from '../../core/approval/request.ts';
import { bindingWords, sandboxWords } from '../../core/approval/words.ts';
import type { BoundFile, ResolvedCommand } from '../../core/command/command.ts';
import { counted } from '../../core/text/count.ts';
import { duration } from '../../core/text/times.ts';
import { visible, visibleLines } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { asker, type Names } from '../texts/names.ts';
import { bold, brief, clipped, code, framed, gap, type Line, line, plain, words } from '../texts/text.ts';
import { changesetSections, checkpointSections } from './changeset.ts';
import { labelled } from './labelled.ts';

const shownKinds: readonly Effect['kind'][] = ['command', 'question', 'changeset', 'checkpoint'];

/** The kinds of requests whose whole content these cards can show. Absent: the request has none, or of another kind. */
export function effectOf({ effect }: Pick<RequestAnswer, 'effect'>): Effect | undefined {
  const kind = (effect as { kind?: unknown } | null)?.kind;
  return shownKinds.includes(kind as Effect['kind']) ? (effect as Effect) : undefined;
}

/**
 * All that is decided on, and what else Gaia knows about it, the weightiest first. It depends on nothing that changes while
 * the request waits: no votes, no clock. Every argument, value and line of input stands after its own label and can be read back.
 */
export function contentLines(request: RequestAnswer, names: Names): Line[] {
  const effect = effectOf(request);
  const sections = [
    effect?.kind === 'command' ? commandSections(effect.command) : [],
    effect?.kind === 'question' ? questionSections(effect.question) : [],
    effect?.kind === 'changeset' ? changesetSections(effect.changeset) : [],
    effect?.kind === 'checkpoint' ? checkpointSections(effect.checkpoint) : [],
    [changed(request), remarks(request), prose(request, names)],
    effect?.kind === 'command' ? fileSections(effect.command) : [],
  ].flat();
  return apart(sections);
}

/** Blocks of lines with an empty line between them. */
export const apart = (sections: readonly (readonly Line[])[]): Line[] =>
  sections.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : [gap, ...lines]));

const commandSections = (command: ResolvedCommand): Line[][] => [
  command.argv.map((argument, index) => labelled(`[${index}]`, visible(argument), `[${index}…]`)),
  where(command),
  environment(command),
  profileEnvironment(command),
  standardInput(command),
];

const where = ({ cwd, host, mode, timeoutSeconds, sandbox }: ResolvedCommand): Line[] => [
  labelled('in', visible(cwd.path), 'in…'),
  ...(host === '' ? [] : [labelled('on', visible(host), 'on…')]),
  ...modeLines(mode),
  line(`stopped after ${duration(timeoutSeconds * 1000)} · sandbox: `, words(sandboxWords(sandbox))),
];

const modeLines = (mode: ResolvedCommand['mode']): Line[] => {
  if (mode === 'dry_run') return [line(bold('REHEARSAL'), ': looked up and reported; nothing is started.')];
  if (mode === 'client')
    return [
      line('The agent runs this itself; Gaia cannot hold it to it.'),
      line('What comes of it is as stated by the agent.'),
    ];
  return [line(bold('FOR REAL'), ': Gaia starts this once, on its own host.')];
};

function environment({ env }: ResolvedCommand): Line[] {
  const names = Object.keys(env).sort();
  if (names.length === 0) return [];
  return [
    line(bold('Environment'), `, ${counted(names.length, 'variable')} on top of a clean one`),
    ...names.map((name) => labelled(`${name} =`, visible(env[name] ?? ''), `${name}… =`)),
  ];
}

/** What the sandbox's profile adds: the administrator's words, approved like the rest. */
function profileEnvironment({ sandbox }: ResolvedCommand): Line[] {
  if (sandbox === 'none' || Object.keys(sandbox.env).length === 0) return [];
  const names = Object.keys(sandbox.env).sort();
  return [
    line(bold('Environment of the profile'), ' ', words(sandbox.profile), `, ${counted(names.length, 'variable')}`),
    ...names.map((name) => labelled(`${name} =`, visible(sandbox.env[name] ?? ''), `${name}… =`)),
  ];
}

function standardInput({ stdin }: ResolvedCommand): Line[] {
  if (stdin === undefined) return [];
  const lines = visibleLines(stdin);
  return [
    line(bold('Standard input'), `, ${counted(lines.length, 'line')}`),
    ...lines.map((shown, index) => labelled(`${index + 1}:`, shown, `${index + 1}…:`)),
  ];
}

const fileSections = ({ executable, files, cwd }: ResolvedCommand): Line[][] =>
  executable.binding === 'stated' ? [] : boundSections({ executable, files, cwd });

const boundSections = ({ executable, files, cwd }: Pick<ResolvedCommand, 'executable' | 'files' | 'cwd'>): Line[][] => [
  [
    line(bold('Program'), `: ${bindingWords[executable.binding].word}, ${counted(executable.bytes, 'byte')}`),
    labelled('at', visible(executable.path), 'at…'),
    ...(executable.interpreter === undefined ? [] : [labelled('script read by', visible(executable.interpreter), '…')]),
    line('sha256 ', code(executable.sha256)),
  ],
  ...files.map(boundFile),
  [line(`directory: device `, words(cwd.device), ', inode ', words(cwd.inode)), ...meanings([executable, ...files])],
];

const becauseWords: Record<BoundFile['because'], string> = {
  argument: 'an argument names it',
  script: 'the script that is run',
  policy: 'the policy binds it',
};

const boundFile = (file: BoundFile): Line[] => [
  line(
    bold('File'),
    `: ${bindingWords[file.binding].word}, ${counted(file.bytes, 'byte')}, ${becauseWords[file.because]}`,
  ),
  labelled('named', visible(file.name), 'named…'),
  ...(file.path === file.name ? [] : [labelled('at', visible(file.path), 'at…')]),
  line('sha256 ', code(file.sha256)),
];

/** What the words of the bindings above mean, each once. */
function meanings(bound: readonly Pick<BoundFile, 'binding'>[]): Line[] {
  const used = [...new Set(bound.map(({ binding }) => binding))];
  return used.map((binding) => line(`${bindingWords[binding].word}: ${bindingWords[binding].meaning}`));
}

const questionSections = ({ text, choices }: { text: string; choices?: string[] | undefined }): Line[][] => [
  [line(bold('The question')), ...framed(visibleLines(text))],
  choices === undefined
    ? []
    : [
        line(bold('The choices')),
        ...choices.map((choice, index) => labelled(`${index + 1}.`, visible(choice), `${index + 1}….`)),
      ],
];

/** What is different from the request it replaces: the asker was denied that, or changed their mind. */
function changed({ supersedes, changes }: RequestAnswer): Line[] {
  if (supersedes === null || changes === null) return [];
  if (changes.length === 0) return [line('Nothing is different from ', plain(supersedes), '.')];
  const shown = changes.slice(0, changesShown);
  return [
    line(bold('Different from '), plain(supersedes)),
    ...shown.map(({ what, before, after }) =>
      line(
        '· ',
        brief(what, 80),
        ': ',
        before === null ? 'nothing' : code(clipped(visible(before), 120) || visible('')),
        ' → ',
        after === null ? 'nothing' : code(clipped(visible(after), 120) || visible('')),
      ),
    ),
    ...(changes.length > shown.length
      ? [line(`and ${counted(changes.length - shown.length, 'more difference')}`)]
      : []),
  ];
}

/** Differences a card lists; all of what is asked stands above them. */
const changesShown = 8;

function remarks({ remarks: { unbound, notes } }: RequestAnswer): Line[] {
  if (unbound.length + notes.length === 0) return [];
  return [
    line(bold(unbound.length > 0 ? 'Not covered by the approval' : 'Good to know')),
    ...unbound.map(({ name, why }) => line('· ', words(name), ': ', words(why))),
    ...notes.map((note) => line('· ', words(note))),
  ].map((each) => ({ ...each, continued: '… ' }));
}

/** The asker's own words, in a frame of their own: Gaia does not vouch for them. */
function prose({ title, reason, askedBy, agentRunId }: RequestAnswer, names: Names): Line[] {
  if (title === null && reason === null && agentRunId === null) return [];
  return [
    line(bold('In the words of'), ' ', asker(askedBy, names), ', not checked by Gaia:'),
    ...framed([...(title === null ? [] : visibleLines(title)), ...(reason === null ? [] : visibleLines(reason))]),
    ...(agentRunId === null ? [] : [labelled('its run:', visible(agentRunId), '…')]),
  ];
}

import { shortDigest } from '../../core/approval/request.ts';
import { denyWords } from '../../core/approval/words.ts';
import { counted } from '../../core/text/count.ts';
import { visible } from '../../core/text/visible.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { actorName, type Names, peopleNames, personName } from '../texts/names.ts';
import { bold, brief, clipped, code, type Line, line, type Piece, plain, wordsShown } from '../texts/text.ts';
import { atAndFromHere, type Clock, clockTime } from '../texts/times.ts';
import { effectOf } from './content.ts';
import type { CardFace } from './keyboard.ts';

type Vote = RequestAnswer['votes'][number];

/** The latest votes that a card lists; older ones are counted. */
const votesShown = 3;

/** How it stands: who has said what, what is missing, until when. All of it may change while the request waits. */
export function standingLines(request: RequestAnswer, names: Names, clock: Clock): Line[] {
  const { approvals, kind, state, joins } = request;
  const isWaiting = state === 'pending' && approvals !== null && kind !== 'question';
  return [
    ...voteLines(request, names, clock),
    ...(isWaiting
      ? [
          line(
            `Approvals: ${approvals.given} of ${approvals.needed}. Missing: `,
            brief(approvals.missing || 'nothing', 80),
          ),
        ]
      : []),
    ...(approvals?.approvers && state === 'pending'
      ? [line('Only ', peopleNames(approvals.approvers.slice(0, votesShown), names), ' may decide.')]
      : []),
    ...commentLines(request, names, clock),
    ...missingLines(request),
    ...(joins > 0 ? [line(`Asked for ${counted(joins, 'more time')} meanwhile.`)] : []),
    ...(state === 'pending' ? [line('Expires ', atAndFromHere(request.expiresAt, clock))] : []),
    ...(state === 'approved' && request.effectBy !== null
      ? [line('Must start by ', atAndFromHere(request.effectBy, clock))]
      : []),
  ];
}

/** Blockers that a card names; the console and `gaia show` name all. */
const missingShown = 3;

/** What the world must still cure, each with what to do about it. */
function missingLines({ state, missing }: RequestAnswer): Line[] {
  if (state === 'unknown' || missing.length === 0) return []; // what an unknown write needs stands below it
  return [
    line(bold(state === 'pending' ? 'Approved, it would still wait for:' : 'Still missing:')),
    ...missing
      .slice(0, missingShown)
      .flatMap(({ message, remedy }) => [line('· ', brief(message, 120)), line('→ ', brief(remedy, 120))]),
    ...(missing.length > missingShown ? [line(`and ${counted(missing.length - missingShown, 'more thing')}.`)] : []),
  ];
}

function voteLines({ votes }: RequestAnswer, names: Names, clock: Clock): Line[] {
  const older = votes.length - votesShown;
  return [
    ...(older > 0 ? [line(`${counted(older, 'earlier vote')}, and:`)] : []),
    ...votes.slice(-votesShown).map((vote) => voteLine(vote, names, clock)),
  ];
}

/** The latest comments that a card shows. */
const commentsShown = 3;

/** What people asked and the agent answered: each begins with who says it, so that no words pass for Gaia's. */
function commentLines({ comments, state }: RequestAnswer, names: Names, clock: Clock): Line[] {
  if (state !== 'pending') return [];
  const older = comments.length - commentsShown;
  return [
    ...(older > 0 ? [line(`${counted(older, 'earlier comment')}, and:`)] : []),
    ...comments
      .slice(-commentsShown)
      .map(({ author, text, at }) =>
        line(`${clockTime(at, clock)} `, actorName(author, names), ' says: ', code(clipped(visible(text), 160))),
      ),
  ];
}

const verdictWords = { approve: '✓ approved', deny: '✕ denied', answer: '✓ answered' } as const;

const voteLine = (vote: Vote, names: Names, clock: Clock): Line =>
  line(
    `${verdictWords[vote.verdict]} by `,
    personName(vote.person, names),
    ` at ${clockTime(vote.at, clock)}`,
    vote.answer === null ? [] : [{ text: ': ' }, ...brief(vote.answer, 60)],
    reasonPieces(vote.reason, 60),
  );

/** `: Too risky, not on a Friday`; nothing where no reason was given. */
export function reasonPieces(reason: Vote['reason'], max: number): Piece[] {
  const chip =
    reason?.code && reason.code !== 'other' ? (denyWords[reason.code as keyof typeof denyWords] ?? reason.code) : '';
  const text = reason?.text ?? '';
  if (chip === '' && text === '') return [];
  return [
    { text: ': ' },
    ...wordsShown(chip),
    ...(chip && text ? [{ text: ', ' }] : []),
    ...(text === '' ? [] : brief(text, max)),
  ];
}

/** What identifies it: 12 hexadecimal digits to compare with, and the id to ask about it by. */
export const identityLine = ({ digest, id }: RequestAnswer): Line =>
  line(id, ...(digest === null ? [] : [' · digest ', code(shortDigest(digest))]));

/** What the buttons below ask for. */
export function faceLines(request: RequestAnswer, face: CardFace, names: Names, messages: number): Line[] {
  switch (face.kind) {
    case 'waiting':
      return [
        line(
          messages > 1
            ? `Not all of it has arrived. The buttons appear when all ${messages} messages are here.`
            : 'The buttons appear when this has arrived whole.',
        ),
      ];
    case 'reasons':
      return [
        line(bold('Why not?')),
        line('Or reply to this message: ', code('deny your reason')),
        line('To ask first, reply: ', code('? your question')),
      ];
    case 'confirm_resend':
      return [];
    case 'confirm': {
      const chosen = face.choice === undefined ? undefined : choicesOf(request)?.[face.choice];
      return [
        line(
          bold('Once more?'),
          ' ',
          personName(face.personId, names),
          ' pressed ',
          chosen === undefined ? 'Approve' : [plain('“'), ...brief(chosen, 80), plain('”')],
          '. Only the same person can confirm, within 60 s.',
        ),
      ];
    }
    case 'open':
      return effectOf(request)?.kind === 'question' && choicesOf(request) === undefined
        ? [line('To answer, reply to this message.')]
        : [];
  }
}

export function choicesOf(request: RequestAnswer): string[] | undefined {
  const effect = effectOf(request);
  return effect?.kind === 'question' ? effect.question.choices : undefined;
}

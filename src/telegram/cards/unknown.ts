import { namedBy } from '../../core/change/results.ts';
import { nameOf } from '../../core/change/target.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { type Names, personName } from '../texts/names.ts';
import { bold, brief, code, type Line, line } from '../texts/text.ts';
import { effectOf } from './content.ts';
import type { CardFace } from './keyboard.ts';

/** What operators must know of a write whose answer was lost, and what the buttons below do. */
export function unknownLines(request: RequestAnswer, face: CardFace, names: Names): Line[] {
  const effect = effectOf(request);
  const where = effect?.kind === 'changeset' ? nameOf(effect.changeset.target) : 'GitHub';
  if (face.kind === 'confirm_resend')
    return [
      line(
        bold('Send it once more?'),
        ' ',
        personName(face.personId, names),
        ' says that it is not there. If it is after all, it will stand there twice. Only the same person can confirm, within 60 s.',
      ),
    ];
  const unknown = request.operations?.find(({ outcome }) => outcome === 'unknown');
  const name = unknown && namedBy(unknown.op);
  return [
    line(
      bold('For an operator:'),
      ' nothing is sent again by itself. Look at ',
      ...brief(where, 120),
      '. ',
      bold('Look again'),
      ' has Gaia search once more; ',
      bold('Send again'),
      ' is for what is not there, and is confirmed. Or say what you saw:',
    ),
    line(code(`/resolve ${request.id} executed ${name === undefined ? '' : `#${name.toUpperCase()} `}it is there`)),
    line(code(`/resolve ${request.id} failed it is not there`)),
  ];
}

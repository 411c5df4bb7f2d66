import { denyReasons } from '../../core/approval/decision.ts';
import { denyWords } from '../../core/approval/words.ts';
import type { ButtonAction, Face } from '../../core/delivery/card.ts';
import { visible } from '../../core/text/visible.ts';
import { clipped } from '../texts/text.ts';

/** A button as the Bot API takes it. `style` is decoration: the words say it all. */
export interface Button {
  text: string;
  callback_data: string;
  style?: 'success' | 'danger' | 'primary';
}
export type Keyboard = Button[][];

/** Gives the opaque reference that stands for an action: 1 to 64 bytes of UTF-8. */
export type Reference = (action: ButtonAction) => string;

/** A face, and the one before: what is to be decided has not been delivered whole, and nothing can be pressed yet. */
export type CardFace = Face | { kind: 'waiting' };

/** Bot API: callback_data is 1 to 64 bytes. */
const maxReferenceBytes = 64;
const maxLabel = 64;

/** The buttons of a request that waits for a decision. */
export function keyboardFor(
  face: CardFace,
  choices: readonly string[] | 'approval' | 'free',
  refer: Reference,
  { mayAllow = false }: { mayAllow?: boolean } = {},
): Keyboard {
  const button = (text: string, action: ButtonAction, style?: Button['style']) => buttonFor(text, refer(action), style);
  const deny = () => button('✕ Deny', { kind: 'deny' }, 'danger');
  const back = () => button('← Back', { kind: 'back' });
  switch (face.kind) {
    case 'waiting':
      return [];
    case 'reasons':
      return [
        ...denyReasons.map((reason) => [button(`✕ ${denyWords[reason]}`, { kind: 'reason', code: reason }, 'danger')]),
        [back()],
      ];
    case 'confirm_resend': // of a write that is unknown: `keyboardForUnknown`
      return [];
    case 'confirm':
      return [[button('✓ Confirm', { kind: 'confirm' }, 'success')], [back()]];
    case 'open':
      if (choices === 'approval') {
        return [
          [button('✓ Approve', { kind: 'approve' }, 'success'), deny()],
          ...(mayAllow ? [[button('✓ Approve, and allow for 1 h / 10 times', { kind: 'allow' })]] : []),
        ];
      }
      if (choices === 'free') return [[deny()]];
      return [
        ...choices.map((choice, index) => [
          button(`${index + 1}. ${visible(choice)}`, { kind: 'choice', index }, 'primary'),
        ]),
        [deny()],
      ];
  }
}

/** The buttons of a write to GitHub whose outcome is unknown. */
export const keyboardForUnknown = (face: CardFace, refer: Reference): Keyboard =>
  face.kind === 'confirm_resend'
    ? [
        [buttonFor('✓ Confirm: send it again', refer({ kind: 'confirm' }), 'danger')],
        [buttonFor('← Back', refer({ kind: 'back' }))],
      ]
    : [
        [buttonFor('↻ Look again', refer({ kind: 'look' }), 'primary')],
        [buttonFor('→ Send again', refer({ kind: 'resend' }), 'danger')],
      ];

/** Throws a RangeError for a reference that Telegram would refuse. */
export function buttonFor(text: string, reference: string, style?: Button['style']): Button {
  const bytes = Buffer.byteLength(reference);
  if (bytes === 0 || bytes > maxReferenceBytes)
    throw new RangeError(`a button's reference has ${bytes} bytes, not 1 to 64`);
  return { text: clipped(text, maxLabel), callback_data: reference, ...(style ? { style } : {}) };
}

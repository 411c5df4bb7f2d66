import type { Blocker } from '../../approval/blocker.ts';
import { blocker, type Where } from '../blockers.ts';
import { changeLimits } from '../operations.ts';
import { withoutHidden } from './hidden.ts';
import { type Allowed, tame } from './markdown.ts';
import { closingKeywordIn } from './words.ts';

/** Text as it goes out, what was changed on the way, and why it may not go out at all. */
export interface Guarded {
  text: string;
  changed: string[];
  blockers: Blocker[];
}

/** People one text may call; more is a shout. */
const mostMentions = 10;

/** A title: one visible line. */
export function guardTitle(title: string, where: Where): Guarded {
  const { text, removed } = withoutHidden(title);
  const line = text.replace(/[\n\t]+/g, ' ').trim();
  const blockers: Blocker[] = [];
  if (line === '') blockers.push(blocker('payload_invalid', 'The title has nothing that can be seen.', where));
  if (line.length > changeLimits.titleLength)
    blockers.push(
      blocker(
        'payload_too_large',
        `The title has ${line.length} characters, and at most ${changeLimits.titleLength}.`,
        where,
      ),
    );
  blockers.push(...closings(line, 'The title', where));
  return { text: line, changed: removedWords(removed), blockers };
}

/** A body or comment: tamed Markdown. */
export function guardBody(body: string, allowed: Allowed, where: Where): Guarded {
  const { text, removed } = withoutHidden(body);
  const blockers = closings(text, 'The text', where);
  const tamed = tame(text, allowed);
  if (tamed === undefined) {
    blockers.push(
      blocker('payload_invalid', 'The text is made so that it cannot be made safe.', where, {
        remedy: 'Write it plainly, without nested markup.',
      }),
    );
    return { text, changed: [], blockers };
  }
  if (tamed.mentioned.length > mostMentions)
    blockers.push(
      blocker(
        'mention_denied',
        `The text mentions ${tamed.mentioned.length} people or teams; at most ${mostMentions}.`,
        where,
      ),
    );
  const result = tamed.text.replace(/[ \t]+$/gm, '').trim();
  if (result === '') blockers.push(blocker('payload_invalid', 'The text has nothing that can be seen.', where));
  if (result.length > changeLimits.bodyLength)
    blockers.push(
      blocker(
        'payload_too_large',
        `The text has ${result.length} characters, and at most ${changeLimits.bodyLength}.`,
        where,
      ),
    );
  if (!blockers.some(({ code }) => code === 'closing_keyword')) blockers.push(...closings(result, 'The text', where));
  return { text: result, changed: [...removedWords(removed), ...tamed.changed], blockers };
}

/** Everyone at once is never called. */
const everyone = /(?<![\w/`.@])@(?:all|everyone|here|channel)\b/i;

function closings(text: string, what: string, where: Where): Blocker[] {
  const found = closingKeywordIn(text);
  return [
    ...(found === undefined
      ? []
      : [blocker('closing_keyword', `${what} holds “${found}”, which closes an issue.`, where)]),
    ...(everyone.test(text) ? [blocker('mention_denied', `${what} calls everyone at once.`, where)] : []),
  ];
}

const removedWords = (removed: readonly string[]): string[] =>
  removed.length === 0
    ? []
    : [
        `characters that cannot be seen were taken out: ${removed.slice(0, 8).join(', ')}${removed.length > 8 ? ', …' : ''}`,
      ];

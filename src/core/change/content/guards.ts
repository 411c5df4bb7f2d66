import type { Blocker } from '../../approval/blocker.ts';
import { blocker, type Where } from '../blockers.ts';
import { changeLimits } from '../operations.ts';
import { isExhausting } from './exhausting.ts';
import { type Allowed, plainly, tame } from './markdown.ts';
import { readingsOf } from './readings.ts';
import { closingKeywordIn, isEveryone, mentionPattern } from './words.ts';

/** Text as it goes out, what was changed on the way, and why it may not go out at all. */
export interface Guarded {
  text: string;
  changed: string[];
  blockers: Blocker[];
}

/** People one text may call; more is a shout. */
const mostMentions = 10;

/** A title: one visible line. */
export const guardTitle = (title: string, where: Where): Guarded =>
  guardLine(title, where, 'title', changeLimits.titleLength);

/** One visible line that is no Markdown. */
export function guardLine(text: string, where: Where, what: string, most: number): Guarded {
  const changed = new Set<string>();
  let line = text;
  for (let before: string | undefined; before !== line; ) {
    before = line;
    line = plainly(line, changed).replace(/[\n\t]+/g, ' ');
  }
  const blockers = [
    ...lengthBlockers(line, where, what, most),
    ...closings([line], where, what),
    ...([...line.matchAll(mentionPattern)].some(([, name = '']) => isEveryone(name)) ? [shout(where, what)] : []),
  ];
  return { text: line, changed: [...changed], blockers };
}

/** A body or comment: tamed Markdown, as it goes out to the byte. */
export function guardBody(body: string, allowed: Allowed, where: Where): Guarded {
  const seen = new Set<string>();
  const text = plainly(body, seen);
  const long = lengthBlockers(text, where, 'text', changeLimits.bodyLength);
  if (long.length > 0) return { text, changed: [...seen], blockers: long };
  const tamed = tame(text, allowed);
  if (tamed === undefined) {
    const remedy = 'Write it plainly, without nested markup.';
    const wild = blocker('payload_invalid', 'The text is made so that it cannot be made safe.', where, { remedy });
    return { text, changed: [...seen], blockers: [wild] };
  }
  const blockers = [
    ...lengthBlockers(tamed.text, where, 'text', changeLimits.bodyLength),
    ...closings([...readingsOf(text), ...readingsOf(tamed.text)], where, 'text'),
    ...(tamed.callsEveryone ? [shout(where, 'text')] : []),
  ];
  if (tamed.mentioned.length > mostMentions)
    blockers.push(
      blocker(
        'mention_denied',
        `The text mentions ${tamed.mentioned.length} people or teams; at most ${mostMentions}.`,
        where,
      ),
    );
  return { text: tamed.text, changed: [...new Set([...seen, ...tamed.changed])], blockers };
}

/** What commits say, where it would close an issue once they are merged; undefined where they are too much to look through. */
export function closingIn(messages: readonly string[]): { found: string | undefined } | undefined {
  const length = messages.reduce((sum, message) => sum + message.length, 0);
  if (length > changeLimits.textLength || messages.some(isExhausting)) return undefined;
  return { found: messages.map((one) => closingKeywordIn(readingsOf(one))).find((found) => found !== undefined) };
}

const shout = (where: Where, what: string): Blocker =>
  blocker('mention_denied', `The ${what} calls everyone at once.`, where);

function closings(readings: readonly string[], where: Where, what: string): Blocker[] {
  const found = closingKeywordIn(readings);
  return found === undefined
    ? []
    : [blocker('closing_keyword', `The ${what} holds “${found}”, which closes an issue.`, where)];
}

function lengthBlockers(text: string, where: Where, what: string, most: number): Blocker[] {
  if (text === '') return [blocker('payload_invalid', `The ${what} has nothing that can be seen.`, where)];
  if (text.length <= most) return [];
  return [blocker('payload_too_large', `The ${what} has ${text.length} characters, and at most ${most}.`, where)];
}

import type { By } from '../core/access/actor.ts';
import { readShortId } from '../core/approval/short-id.ts';
import type { Message } from '../core/delivery/delivery.ts';
import { invalid } from '../core/errors.ts';
import { presentChat } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import type { App } from './app.ts';
import { placeOf } from './deliveries.ts';
import { discardIn, requeueIn, type Which } from './requeues.ts';
import { silenceIn } from './silences.ts';

/** A command about failed messages and alerts, as somebody wrote it. */
export interface OperatorCommand {
  name: 'failed' | 'requeue' | 'discard' | 'alerts' | 'silence';
  words: string;
  chat: string;
}

/** Carries it out. The notice that everyone gets is the answer where it goes to the chat of the question. */
export async function operateByWords(
  app: App,
  tx: Tx,
  { name, words, chat }: OperatorCommand,
  by: By,
  answer: (body: Message) => Promise<void>,
): Promise<void> {
  const elsewhere = async (body: Message) => {
    if (!(await isNoticeChat(app, tx, chat))) await answer(body);
  };
  switch (name) {
    case 'failed':
      return answer({ about: 'failed' });
    case 'alerts':
      return answer({ about: 'alerts' });
    case 'requeue': {
      if (words === '') return answer({ about: 'failed' });
      const done = await requeueIn(app, tx, readWhich(words), by);
      if (done.requeued.length + done.left.length === 0) return answer({ about: 'failed' });
      return elsewhere({ about: 'requeued', by: by.actor, ...done });
    }
    case 'discard': {
      const [, id = '', reason = ''] = /^(\S+)\s*([\s\S]*)$/.exec(words) ?? [];
      const delivery = await discardIn(app, tx, readDeliveryId(id), reason.slice(0, 500), by);
      return elsewhere({ about: 'discarded', by: by.actor, delivery, reason });
    }
    case 'silence': {
      const [, alert = '', length = '', reason = ''] = /^(\S*)\s*(\S*)\s*([\s\S]*)$/.exec(words) ?? [];
      const silencing = {
        alert,
        length: length === 'off' ? null : length,
        reason: reason === '' ? null : reason.slice(0, 300),
      };
      const done = await silenceIn(app, tx, silencing, by);
      return elsewhere({ about: 'silenced', by: by.actor, ...done, reason: silencing.reason });
    }
  }
}

/** `d-7F3K2Q`, `all`, or a place in the list: 0 is the oldest. */
export function readWhich(words: string): Which {
  const typed = words.trim();
  if (typed.toLowerCase() === 'all') return { all: true };
  if (/^\d{1,6}$/.test(typed)) return { index: Number(typed) };
  return { id: readDeliveryId(typed) };
}

export function readDeliveryId(typed: string): string {
  const id = readShortId('d', typed);
  if (id) return id;
  throw invalid('Name a message by its id.', {
    reason: 'no_id',
    remedy: 'Ids look like d-7F3K2Q; /failed (or gaia failed) lists them.',
  });
}

async function isNoticeChat({ audience }: App, tx: Tx, chat: string): Promise<boolean> {
  return audience.kind === 'telegram' && (await presentChat(tx, placeOf(audience.noticeChat).chat)) === chat;
}

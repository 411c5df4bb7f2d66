import { type By, mayLook, personOf } from '../core/access/actor.ts';
import { armedForMs, type Control, needsOperator } from '../core/delivery/control.ts';
import { forbidden } from '../core/errors.ts';
import { sayDuration } from '../core/policy/duration.ts';
import { presentChat } from '../store/channels.ts';
import { armControl, dropControls, keepControl, type StoredControl } from '../store/controls.ts';
import type { Tx } from '../store/database.ts';
import { type App, newRef } from './app.ts';
import { answerIn, placeOf } from './deliveries.ts';
import { mustOperate } from './operators.ts';
import { pauseIn, resumeIn } from './pauses.ts';
import { discardIn, requeueIn } from './requeues.ts';
import { silenceIn } from './silences.ts';

/** Gives the references of what buttons in a place shall stand for. */
export async function offerControls(
  app: App,
  place: { chat: string; topic: number | null },
  controls: readonly Control[],
): Promise<(control: Control) => string> {
  const where = `${place.chat}${place.topic === null ? '' : `:${place.topic}`}`;
  const refs = new Map<string, string>();
  await app.db.write(async (tx) => {
    for (const control of controls)
      refs.set(JSON.stringify(control), await keepControl(tx, where, control, newRef(app)));
  });
  return (control) => {
    const ref = refs.get(JSON.stringify(control));
    if (ref === undefined) throw new Error(`no button was offered for ${control.kind}`);
    return ref;
  };
}

const keptForMs = 30 * 86_400_000;

/** Forgets buttons that nobody will press any more. */
export const forgetOldControls = (app: App): Promise<void> =>
  app.db.write((tx) => dropControls(tx, tx.now - keptForMs));

/** What a press came to, for the one who pressed. */
export interface Operated {
  control: Control;
  /** ids of what was given another life */
  requeued: string[];
  left: number;
  /** how many more could be requeued */
  remaining: number;
  /** press once more, until then */
  armedUntil?: number;
}

/** Carries out what a button on an answer to an operator stands for, judged as it is now. Throws what bars it. */
export async function operate(app: App, tx: Tx, stored: StoredControl, pressedIn: string, by: By): Promise<Operated> {
  const { action, chat: where } = stored;
  const { chat, topic } = placeOf(where);
  if ((await presentChat(tx, chat)) !== (await presentChat(tx, pressedIn))) throw elsewhere();
  if (needsOperator(action)) mustOperate(app, by);
  else if (!mayLook(app.people, personOf(by.actor) ?? '')) throw stranger();
  const operated: Operated = { control: action, requeued: [], left: 0, remaining: 0 };
  switch (action.kind) {
    case 'requeue':
    case 'requeue_all': {
      const done = await requeueIn(app, tx, action.kind === 'requeue' ? { id: action.id } : { all: true }, by);
      const { requeued, left, remaining, unnamed } = done;
      return { ...operated, requeued: requeued.map(({ id }) => id), left: left.length + unnamed, remaining };
    }
    case 'discard':
      if (stored.armedBy !== by.actor || (stored.armedUntil ?? 0) <= tx.now) {
        await armControl(tx, stored.ref, by.actor, tx.now + armedForMs);
        return { ...operated, armedUntil: tx.now + armedForMs };
      }
      await armControl(tx, stored.ref, null, null);
      await discardIn(app, tx, action.id, 'by the button, without a reason', by);
      return operated;
    case 'silence':
      await silenceIn(app, tx, { alert: action.alert, length: sayDuration(action.seconds), reason: null }, by);
      return operated;
    case 'pause':
      await pauseIn(app, tx, { reason: null }, by);
      return operated;
    case 'resume':
      await resumeIn(app, tx, {}, by);
      return operated;
    case 'show':
      await answerIn(
        app,
        tx,
        { chat: await presentChat(tx, chat), topic },
        action.what === 'pending' ? { about: 'pending', offset: 0 } : { about: action.what },
      );
      return operated;
  }
}

const elsewhere = () =>
  forbidden('This button belongs to another chat.', { reason: 'foreign_chat', remedy: 'Write the command here.' });

const stranger = () =>
  forbidden('You are not one of the people of this Gaia.', {
    reason: 'not_a_person_here',
    remedy: '/start tells your id; whoever runs Gaia can add it.',
  });

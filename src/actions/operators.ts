import { type By, personOf } from '../core/access/actor.ts';
import { forbidden } from '../core/errors.ts';
import type { App } from './app.ts';

/** Throws unless whoever acts is an operator or holds the admin key. */
export function mustOperate(app: App, by: By): void {
  const personId = personOf(by.actor);
  if (
    by.actor === 'admin' ||
    by.actor === 'gaia' ||
    (personId !== undefined && app.people.operators.includes(personId))
  )
    return;
  throw forbidden('Only an operator may do this.', {
    reason: 'not_an_operator',
    remedy: 'Ask an operator, or use the admin key.',
  });
}

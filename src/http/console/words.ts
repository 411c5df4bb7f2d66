import { nameOfPerson } from '../../actions/sessions.ts';
import { agentOf, personOf } from '../../core/access/actor.ts';

/** Who acted, as a person reads it. `viewer` is the id of the reader. */
export function actorWords(actor: string, viewer: string): string {
  const agent = agentOf(actor);
  if (agent !== undefined) return `agent ${agent}`;
  const id = personOf(actor);
  if (id !== undefined) return personWords(id, viewer);
  return actor === 'gaia' ? 'Gaia' : actor === 'admin' ? 'the administrator' : actor;
}

export const personWords = (id: string, viewer: string): string => (id === viewer ? 'you' : nameOfPerson(id));

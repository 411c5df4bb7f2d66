import { nameOfPerson } from '../../actions/sessions.ts';
import { agentOf, localPerson, personOf } from '../../core/access/actor.ts';

/** Who reads, by their id, and what people are called. */
export interface Reader {
  personId: string;
  names: ReadonlyMap<string, string>;
}

/** Who acted, as a person reads it. */
export function actorWords(actor: string, reader: Reader): string {
  const agent = agentOf(actor);
  if (agent !== undefined) return `agent ${agent}`;
  const id = personOf(actor);
  if (id !== undefined) return personWords(id, reader);
  return actor === 'gaia' ? 'Gaia' : actor === 'admin' ? 'the administrator' : actor;
}

export const personWords = (id: string, reader: Reader): string =>
  id === reader.personId ? 'you' : fullName(id, reader.names);

/** People choose their names in Telegram, so the id stands beside: two of one name are told apart. */
export function fullName(id: string, names: ReadonlyMap<string, string>): string {
  const name = id === localPerson ? undefined : names.get(id);
  return name === undefined ? nameOfPerson(id) : `${name} (${id})`;
}

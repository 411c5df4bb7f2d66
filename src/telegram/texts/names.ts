import { agentOf, localPerson, personOf } from '../../core/access/actor.ts';
import { visible } from '../../core/text/visible.ts';
import { clipped, type Piece, words, wordsShown } from './text.ts';

/** The name of a person by their id, as they are known in Telegram; their id where no name is known. */
export type Names = (personId: string) => string;

/** People choose their names; long ones are cut, and nothing in them becomes a link. */
const nameLength = 40;

/** The name of a person as plain visible text, for answers that have no formatting. */
export const nameOf = (personId: string, names: Names): string =>
  personId === localPerson ? 'the local console person' : clipped(visible(names(personId)), nameLength);

export const personName = (personId: string, names: Names): Piece[] => wordsShown(nameOf(personId, names), 2);

/** The names of some people: `Grace and Alan`. */
export function peopleNames(personIds: readonly string[], names: Names): Piece[] {
  return personIds.flatMap((id, index) => [
    ...(index === 0 ? [] : [{ text: index === personIds.length - 1 ? ' and ' : ', ' }]),
    ...personName(id, names),
  ]);
}

/** Who asked: the agent's name, or the person's. */
export const asker = (askedBy: string, names: Names): Piece[] => {
  const id = personOf(askedBy);
  return id === undefined ? words(agentOf(askedBy) ?? askedBy) : personName(id, names);
};

/** Who acted, at the beginning of a clause: `agent builder`, `Grace`, `the administrator`. */
export function actorName(actor: string, names: Names): Piece[] {
  const agent = agentOf(actor);
  if (agent !== undefined) return [{ text: 'agent ' }, ...words(agent)];
  const id = personOf(actor);
  if (id !== undefined) return personName(id, names);
  return words(actor === 'gaia' ? 'Gaia' : actor === 'admin' ? 'the administrator' : actor);
}

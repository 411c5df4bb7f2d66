import type { SeenPerson, Sighting } from '../../../telegram/look.ts';

/** A chat, or a topic of one, where something was written. */
export interface SeenPlace {
  /** as CHAT_ID names it: `-100123`, or `-100123:45` */
  place: string;
  title: string;
  kind: string;
}

/** Everything that was seen of a bot's chats, each place and person once, in the order they appeared. */
export class Seen {
  readonly #places = new Map<string, SeenPlace>();
  readonly #people = new Map<string, SeenPerson>();

  add(sightings: readonly Sighting[]): void {
    for (const { chat, topic, person, wasChat } of sightings) {
      if (wasChat !== undefined) this.#forget(wasChat);
      // buttons in channels are pressed by nobody in particular
      if (chat.kind !== 'channel') {
        const place = topic === undefined ? chat.id : `${chat.id}:${topic}`;
        const kind = topic === undefined ? chat.kind : `topic ${topic} of a ${chat.kind}`;
        this.#places.set(place, { place, title: chat.title, kind });
      }
      if (person) this.#people.set(person.id, person);
    }
  }

  get places(): readonly SeenPlace[] {
    return [...this.#places.values()];
  }

  get people(): readonly SeenPerson[] {
    return [...this.#people.values()];
  }

  #forget(chat: string): void {
    for (const place of this.#places.keys()) if (place.split(':')[0] === chat) this.#places.delete(place);
  }
}

import { clipped, compose, entitiesOf, type Line, lengthOf, line, type Text } from './text.ts';

/** What one message may hold, as for pages of a card. */
const room = { units: 3_900, entities: 90 } as const;

/** Lines as one message. It tells and decides nothing, so what does not fit is left off, and that is said. */
export function told(lines: readonly Line[]): Text {
  const kept: Line[] = [];
  let units = 0;
  let entities = 0;
  for (const each of lines) {
    const whole = lengthOf([each]) > room.units / 2 ? cutTo(each, room.units / 2) : each;
    units += lengthOf([whole]) + 1;
    entities += entitiesOf([whole]);
    if (units > room.units || entities > room.entities) return compose([...kept, line('… and more.')]);
    kept.push(whole);
  }
  return compose(kept);
}

function cutTo(of: Line, units: number): Line {
  let left = units;
  const pieces = of.pieces.map((piece) => {
    const text = left <= 0 ? '' : clipped(piece.text, left);
    left -= text.length;
    return { ...piece, text };
  });
  return { ...of, pieces };
}

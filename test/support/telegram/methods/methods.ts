import { editing } from './editing.ts';
import { looking } from './looking.ts';
import type { Method } from './method.ts';
import { sending } from './sending.ts';
import { updating } from './updating.ts';

const byName = new Map(
  Object.entries({ ...looking, ...updating, ...sending, ...editing }).map(([name, run]) => [
    name.toLowerCase(),
    { name, run },
  ]),
);

/** Methods by name, in any case. */
export const findMethod = (name: string): { name: string; run: Method } | undefined => byName.get(name.toLowerCase());

/** What counts against the limits: messages and edits. */
export const isPaced = (name: string): boolean => /^(?:send(?!ChatAction)|editMessage)/.test(name);

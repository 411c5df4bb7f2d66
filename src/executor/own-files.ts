import { resolve } from 'node:path';
import { errnoOf } from './errno.ts';
import { tracePath } from './trace-path.ts';

/** Completes "admin.key: …", on cards and in refusals. */
export const ownFileWords = "Gaia's own file: never read for anyone";

/** Whether an absolute path, as it is written or as it really is, lies at or below one of Gaia's own places. */
export type IsOwn = (path: string) => boolean;

/** Knows Gaia's own places (its data directory, its env file), by name and through links. */
export async function ownFiles(places: readonly string[]): Promise<IsOwn> {
  const known = new Set<string>();
  for (const place of places) for (const path of [resolve(place), await realPath(place)]) known.add(path);
  return (path) => {
    const asked = resolve(path);
    return [...known].some((place) => asked === place || asked.startsWith(place === '/' ? '/' : `${place}/`));
  };
}

/** A place that is not there yet is known by its name alone. */
async function realPath(place: string): Promise<string> {
  try {
    return (await tracePath(resolve(place))).real;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return resolve(place);
  }
}

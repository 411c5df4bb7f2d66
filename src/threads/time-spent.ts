/** After this many milliseconds half of what was spent is forgotten. */
const halfLifeMs = 30_000;

/** How much time was spent for each asker of late, in milliseconds. */
export class TimeSpent {
  readonly #of = new Map<string, { ms: number; at: number }>();

  by(asker: string): number {
    const { ms = 0, at = 0 } = this.#of.get(asker) ?? {};
    return ms * 2 ** ((at - performance.now()) / halfLifeMs);
  }

  add(asker: string, ms: number): void {
    const spent = this.by(asker) + ms;
    this.#of.set(asker, { ms: spent, at: performance.now() });
  }
}

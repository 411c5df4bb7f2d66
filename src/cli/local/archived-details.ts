import type { LogFault, LoggedEvent } from '../../core/audit/verify.ts';
import { GaiaError } from '../../core/errors.ts';
import { type KeptArchive, listArchives, readArchive } from '../../home/archive.ts';

/** Details that retention moved into the archive of a data directory, so that the chain is verified with them. */
export class ArchivedDetails {
  readonly #archives: readonly KeptArchive[];
  readonly faults: LogFault[] = [];
  /** of the archives that hold the event looked at: the store is verified in order */
  readonly #open = new Map<KeptArchive, Map<string, unknown>>();

  private constructor(archives: readonly KeptArchive[]) {
    this.#archives = archives;
  }

  static async of(home: string): Promise<ArchivedDetails> {
    return new ArchivedDetails(await listArchives(home, 'event_details'));
  }

  /** The event with its detail, where that was dropped and an archive has it. */
  async fill(event: LoggedEvent): Promise<LoggedEvent> {
    if (event.detail !== null) return event;
    for (const archive of this.#open.keys()) if (Number(archive.note.to) < event.seq) this.#open.delete(archive);
    for (const archive of this.#archives) {
      if (event.seq < Number(archive.note.from) || event.seq > Number(archive.note.to)) continue;
      const details = this.#open.get(archive) ?? (await this.#read(archive, event.seq));
      this.#open.set(archive, details);
      const detail = details.get(String(event.seq));
      if (typeof detail === 'string') return { ...event, detail };
    }
    return event;
  }

  async #read(archive: KeptArchive, seq: number): Promise<Map<string, unknown>> {
    try {
      return new Map((await readArchive(archive)).map(({ key, row }) => [key, row]));
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      this.faults.push({ code: 'archive_damaged', seq, message: error.message });
      return new Map();
    }
  }
}

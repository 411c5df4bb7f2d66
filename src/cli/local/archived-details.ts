import type { LogFault, LoggedEvent } from '../../core/audit/verify.ts';
import { GaiaError } from '../../core/errors.ts';
import { type KeptArchive, listArchives, readArchive } from '../../home/archive.ts';

/** Details that retention moved into the archive of a data directory, so that the chain is verified with them. */
export class ArchivedDetails {
  readonly #archives: readonly KeptArchive[];
  readonly faults: LogFault[] = [];
  /** of the archive that was read last: the store is verified in order */
  #open: { archive: KeptArchive; details: Map<string, unknown> } | undefined;

  private constructor(archives: readonly KeptArchive[]) {
    this.#archives = archives;
  }

  static async of(home: string): Promise<ArchivedDetails> {
    return new ArchivedDetails(await listArchives(home, 'event_details'));
  }

  /** The event with its detail, where that was dropped and an archive has it. */
  async fill(event: LoggedEvent): Promise<LoggedEvent> {
    if (event.detail !== null) return event;
    const archive = this.#archives.find(({ note }) => event.seq >= Number(note.from) && event.seq <= Number(note.to));
    if (!archive) return event;
    if (this.#open?.archive !== archive) this.#open = { archive, details: await this.#read(archive, event.seq) };
    const detail = this.#open.details.get(String(event.seq));
    return typeof detail === 'string' ? { ...event, detail } : event;
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

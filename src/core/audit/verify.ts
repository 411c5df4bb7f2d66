import type { KeyObject } from 'node:crypto';
import { counted } from '../text/count.ts';
import { type ChainedEvent, genesisHash, type Head, hashOfDetail, hashOfEvent } from './event.ts';
import { keyIdOf, type Seal, sealHolds } from './seal.ts';

/** What can be wrong with a log, and what that means. */
export const logFaults = {
  wrong_start: 'the log does not begin with event 1: its beginning was removed',
  missing: 'events are missing: they were deleted',
  out_of_order: 'an event stands at the wrong place: the log was reordered, or an event was put in',
  hash_wrong: 'an event is not what was recorded: one of its fields was changed',
  link_broken: 'an event does not follow the one before it: the log was rewritten up to here, or an event was replaced',
  time_backwards: 'an event is older than the one before it, which Gaia never writes',
  detail_altered: 'the detail of an event is not what was recorded: it was changed',
  detail_missing: 'the detail of an event is gone, and no log.trimmed event says why',
  seal_forged: 'the signature of a seal does not hold: the seal was changed or made up',
  seal_by_unknown_key: 'a seal was made with a key that is not among those it is checked with',
  seal_disagrees: 'a seal signs another hash than the event has now: the log was rewritten after it was sealed',
  seal_beyond_end: 'a seal signs an event that is no longer there: the log was shortened',
  seal_missing: 'the log says that a seal was made, and it is gone',
  seal_unread: 'no seal could be read in the given text',
  seals_unchecked: 'there are seals but no public key to check them with',
  head_disagrees: 'the head of the log is not its last event: events were cut off or added beside Gaia',
  shortened: 'head.json knows of later events: the log was shortened, or an older copy was restored',
  head_file_disagrees: 'head.json has another hash for an event: the log was rewritten',
  integrity: 'the database file is damaged',
  archive_damaged: 'an archive of details is gone or is not what was written',
  row_disagrees: 'a record is not what the log says of it: it was changed beside Gaia',
  row_missing: 'the log says that a record was made, and it is gone',
  row_unrecorded: 'a record stands in the database that the log does not know: it was put in beside Gaia',
  not_approved: 'something took effect without the approvals it needed',
} as const;
export type LogFaultCode = keyof typeof logFaults;

export interface LogFault {
  code: LogFaultCode;
  /** the event it was found at, where there is one */
  seq: number | null;
  message: string;
}

/** An event with its detail; null where that is gone. */
export type LoggedEvent = ChainedEvent & { detail: string | null };

/** What `head.json` says: where the log ended when it was last written. */
export interface HeadFile {
  generation: number;
  seq: number;
  hash: string;
}

export interface LogReport {
  events: number;
  seals: number;
  /** instants of the first and the last event */
  from: number | null;
  to: number | null;
  /** where the log ends, as its events say */
  head: { seq: number; hash: string };
  /** the highest event under a seal that holds */
  sealedUpTo: number;
  /** ids of the keys whose seals hold */
  sealedBy: string[];
  faults: LogFault[];
  /** faults beyond those that are listed */
  moreFaults: number;
}

export interface LogExpectations {
  /** check the seals: the present key and those before it */
  publicKeys?: readonly KeyObject[];
  /** seals kept outside: in a chat, on paper */
  keptSeals?: readonly Seal[];
}

/** More faults than anyone reads are counted, not listed. */
const mostFaults = 1_000;

/**
 * Verifies a log that is fed in pages, oldest first: every event against its hash, its predecessor and its detail; every
 * seal against its signature and its event; the end against the head row and head.json. Goes on after a fault, so that
 * one changed event is one fault.
 */
export class LogVerifier {
  readonly #publicKeys: ReadonlyMap<string, KeyObject>;
  /** seals kept outside, and head.json, to be compared when their event comes by */
  readonly #kept: Seal[];
  readonly #keptAt = new Map<number, Seal[]>();
  readonly #faults: LogFault[] = [];
  #moreFaults = 0;
  #events = 0;
  #from: number | null = null;
  #last: Head = { seq: 0, hash: genesisHash, at: 0 };
  #seals = 0;
  #sealedUpTo = 0;
  readonly #sealedBy = new Set<string>();
  /** signatures of the seals met so far, by what they seal */
  readonly #signatures = new Map<number, string>();
  /** ranges without details, and ranges that log.trimmed explains */
  readonly #bare: [from: number, to: number][] = [];
  readonly #trimmed: [from: number, to: number][] = [];
  readonly #headFile: HeadFile | undefined;
  readonly #sealEvents: { at: number; seq: number; signature: unknown }[] = [];

  constructor({
    publicKeys = [],
    keptSeals = [],
    headFile,
  }: LogExpectations & { headFile?: HeadFile | undefined } = {}) {
    this.#publicKeys = new Map(publicKeys.map((key) => [keyIdOf(key), key]));
    this.#headFile = headFile;
    this.#kept = [...keptSeals];
    for (const seal of this.#kept) this.#keptAt.set(seal.seq, [...(this.#keptAt.get(seal.seq) ?? []), seal]);
  }

  /** The next page of events with the seals on any of them. */
  add(events: readonly LoggedEvent[], seals: readonly Seal[]): void {
    const sealsAt = new Map<number, Seal[]>();
    for (const seal of seals) sealsAt.set(seal.seq, [...(sealsAt.get(seal.seq) ?? []), seal]);
    for (const event of events) {
      this.#checkEvent(event);
      for (const seal of sealsAt.get(event.seq) ?? []) this.#checkSeal(seal, event.hash);
      sealsAt.delete(event.seq);
      for (const seal of this.#keptAt.get(event.seq) ?? []) this.#checkKeptSeal(seal, event.hash);
      this.#keptAt.delete(event.seq);
      if (this.#headFile?.seq === event.seq && this.#headFile.hash !== event.hash) {
        this.#fault(
          'head_file_disagrees',
          event.seq,
          `head.json has another hash for event ${event.seq}: the log was rewritten.`,
        );
      }
    }
    for (const left of sealsAt.values()) for (const seal of left) this.#checkSeal(seal, undefined);
  }

  /** After the last page: the seals beyond the last event, and the head row. */
  finish({ headRow, sealsBeyond = [] }: { headRow?: Head | undefined; sealsBeyond?: readonly Seal[] }): LogReport {
    const { seq, hash } = this.#last;
    for (const seal of sealsBeyond) this.#checkSeal(seal, undefined);
    for (const left of this.#keptAt.values()) for (const seal of left) this.#checkKeptSeal(seal, undefined);
    for (const { at, seq: sealed, signature } of this.#sealEvents) {
      const found = this.#signatures.get(sealed);
      if (found === undefined)
        this.#fault('seal_missing', at, `Event ${at} says that event ${sealed} was sealed; the seal is gone.`);
      else if (found !== signature)
        this.#fault(
          'seal_disagrees',
          at,
          `Event ${at} recorded another seal of event ${sealed} than the one that is stored.`,
        );
    }
    if (this.#seals > 0 && this.#publicKeys.size === 0) {
      this.#fault(
        'seals_unchecked',
        null,
        `${counted(this.#seals, 'seal')} could not be checked: there is no public key (seal.pub, or --public-key).`,
      );
    }
    if (headRow && (headRow.seq !== seq || headRow.hash !== hash)) {
      const why = headRow.seq === seq ? 'with another hash' : `but the head says ${headRow.seq}`;
      this.#fault('head_disagrees', seq, `The log ends at ${seq} ${why}.`);
    }
    if (this.#headFile && this.#headFile.seq > seq) {
      this.#fault(
        'shortened',
        seq,
        `The log ends at ${seq} but head.json says ${this.#headFile.seq}: events were cut off, or an older copy was restored.`,
      );
    }
    if (this.#headFile?.seq === 0 && this.#headFile.hash !== genesisHash) {
      this.#fault('head_file_disagrees', 0, 'head.json has another hash for the beginning of the log.');
    }
    for (const [from, to] of this.#bare) {
      if (this.#trimmed.some(([first, last]) => first <= from && to <= last)) continue;
      const which = from === to ? `The detail of event ${from} is` : `The details of events ${from} to ${to} are`;
      this.#fault('detail_missing', from, `${which} gone, and no log.trimmed event says why.`);
    }
    return {
      events: this.#events,
      seals: this.#seals,
      from: this.#from,
      to: this.#events === 0 ? null : this.#last.at,
      head: { seq, hash },
      sealedUpTo: this.#sealedUpTo,
      sealedBy: [...this.#sealedBy],
      faults: this.#faults,
      moreFaults: this.#moreFaults,
    };
  }

  /** Adds a fault that was found beside the chain. */
  note(fault: LogFault): void {
    if (this.#faults.length < mostFaults) this.#faults.push(fault);
    else this.#moreFaults += 1;
  }

  #fault(code: LogFaultCode, seq: number | null, message: string): void {
    this.note({ code, seq, message });
  }

  #checkEvent(event: LoggedEvent): void {
    const { seq, at, prevHash, hash } = event;
    const last = this.#last;
    const expected = last.seq + 1;
    if (seq === expected) {
      if (prevHash !== last.hash)
        this.#fault('link_broken', seq, `Event ${seq} does not follow event ${last.seq}: the log was rewritten here.`);
    } else if (this.#events === 0 && seq > expected) {
      this.#fault('wrong_start', seq, `The log begins with event ${seq}: everything before it was removed.`);
    } else if (seq > expected) {
      const which = seq - 1 === expected ? `Event ${expected} is` : `Events ${expected} to ${seq - 1} are`;
      this.#fault('missing', expected, `${which} missing.`);
    } else {
      this.#fault('out_of_order', seq, `Event ${seq} stands after event ${last.seq}.`);
    }
    if (at < last.at) this.#fault('time_backwards', seq, `Event ${seq} is older than the one before it.`);
    if (hashOrNothing(event) !== hash)
      this.#fault('hash_wrong', seq, `Event ${seq} is not what was recorded: its hash does not fit its fields.`);
    this.#checkDetail(event);
    this.#events += 1;
    this.#from ??= at;
    this.#last = { seq, hash, at };
  }

  #checkDetail({ seq, detail, detailHash, action }: LoggedEvent): void {
    if (detail === null) {
      const range = this.#bare.at(-1);
      if (range && range[1] === seq - 1) range[1] = seq;
      else this.#bare.push([seq, seq]);
      return;
    }
    if (typeof detail !== 'string' || hashOfDetail(detail) !== detailHash) {
      this.#fault('detail_altered', seq, `The detail of event ${seq} is not what was recorded.`);
      return;
    }
    if (action === 'log.trimmed') {
      const { from, to } = membersOf(detail);
      if (typeof from === 'number' && typeof to === 'number') this.#trimmed.push([from, to]);
    }
    if (action === 'log.sealed') {
      const { seq: sealed, signature } = membersOf(detail);
      if (typeof sealed === 'number') this.#sealEvents.push({ at: seq, seq: sealed, signature });
    }
  }

  #checkSeal(seal: Seal, hash: string | undefined): void {
    this.#seals += 1;
    this.#signatures.set(seal.seq, seal.signature);
    if (this.#publicKeys.size > 0 && !this.#isSigned(seal, 'The seal')) return;
    if (hash === undefined) {
      this.#fault(
        'seal_beyond_end',
        seal.seq,
        `A seal signs event ${seal.seq}, which is not there: the log was shortened.`,
      );
    } else if (hash !== seal.hash) {
      this.#fault(
        'seal_disagrees',
        seal.seq,
        `The seal of event ${seal.seq} signs another hash: the log was rewritten after it was sealed.`,
      );
    } else if (this.#publicKeys.size > 0) {
      this.#sealedUpTo = Math.max(this.#sealedUpTo, seal.seq);
      this.#sealedBy.add(seal.keyId);
    }
  }

  #checkKeptSeal(seal: Seal, hash: string | undefined): void {
    if (this.#publicKeys.size > 0 && !this.#isSigned(seal, 'The seal given by --seal')) return;
    if (hash === undefined) {
      this.#fault(
        'seal_beyond_end',
        seal.seq,
        `The seal given by --seal signs event ${seal.seq}, and the log has no such event: it was shortened.`,
      );
    } else if (hash !== seal.hash) {
      this.#fault(
        'seal_disagrees',
        seal.seq,
        `The seal given by --seal signs another hash for event ${seal.seq}: the log was rewritten since.`,
      );
    }
  }

  #isSigned(seal: Seal, name: string): boolean {
    const { keyId, seq } = seal;
    const publicKey = this.#publicKeys.get(keyId);
    if (publicKey === undefined) {
      const known = [...this.#publicKeys.keys()].join(', ');
      this.#fault(
        'seal_by_unknown_key',
        seq,
        `${name} of event ${seq} was made with the key ${keyId}, which is not among those it is checked with (${known}).`,
      );
      return false;
    }
    if (isDated(seal) && sealHolds(seal, publicKey)) return true;
    this.#fault('seal_forged', seq, `${name} of event ${seq} does not hold: its signature is wrong.`);
    return false;
  }
}

/** The members of a detail; none where it is no object, which Gaia never writes. */
function membersOf(detail: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(detail);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** The hash that an event's fields give; nothing where they are not even of the right kinds. */
function hashOrNothing(event: LoggedEvent): string | undefined {
  try {
    return hashOfEvent(event);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Whether a seal's instant can be written at all; a changed one may not be. */
const isDated = ({ at }: Seal): boolean => Number.isFinite(at) && Math.abs(at) <= 8.64e15;

import { GaiaClient } from '../client/client.ts';
import { GaiaProblem } from '../client/problem.ts';
import { findKey, type Role } from './credentials.ts';
import { fetchByNode } from './fetch-by-node.ts';
import { type CliSettings, readCliSettings } from './settings.ts';
import { type Paint, painter, type Terminal } from './terminal.ts';
import { type Times, timesAt } from './text/times.ts';

/** What every command may be told. */
export interface GlobalOptions {
  json?: boolean;
  url?: string;
}

/** One call of `gaia`: its terminal, its settings, and how it answers. */
export class Cli {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly paint: Paint;
  readonly paintErr: Paint;
  readonly #options: GlobalOptions;
  #settings: CliSettings | undefined;
  /** the file of the data directory that the last key came from */
  #keyFile: string | undefined;

  constructor(terminal: Terminal, options: GlobalOptions) {
    this.terminal = terminal;
    this.json = options.json ?? false;
    this.paint = painter(terminal.env, terminal.outIsTerminal);
    this.paintErr = painter(terminal.env, terminal.errIsTerminal);
    this.#options = options;
  }

  get settings(): CliSettings {
    this.#settings ??= readCliSettings(this.terminal, this.#options);
    return this.#settings;
  }

  client(role: Role, signal?: AbortSignal): GaiaClient {
    const { settings, terminal } = this;
    const found = findKey(role, settings, terminal);
    this.#keyFile = found?.file;
    return new GaiaClient({
      url: settings.url,
      clientName: 'cli',
      fetch: fetchByNode,
      ...(found && { key: found.key }),
      ...(signal && { signal }),
    });
  }

  /** A refusal with what only this side knows: which file's key it was that Gaia did not know. */
  explained(error: unknown): unknown {
    if (!(error instanceof GaiaProblem) || error.code !== 'key_unknown' || this.#keyFile === undefined) return error;
    const { home, url } = this.settings;
    return new GaiaProblem({
      ...error.toJSON(),
      detail: `${this.#keyFile} of ${home} is not the one of the Gaia at ${url}.`,
      remedy: 'Set GAIA_HOME to the data directory of that Gaia, or GAIA_URL (--url) to the Gaia of this directory.',
    });
  }

  times(): Times {
    return timesAt(this.terminal.now(), this.settings.timeZone);
  }

  /** The result: for programs the value, for people the lines. */
  answer(value: unknown, lines: readonly string[]): void {
    if (this.json) this.terminal.out(`${printableJson(value)}\n`);
    else if (lines.length > 0) this.terminal.out(`${lines.join('\n')}\n`);
  }

  /** What stands beside the result; never on standard output. */
  note(...lines: string[]): void {
    if (lines.length > 0) this.terminal.err(`${lines.join('\n')}\n`);
  }
}

/** JSON on one line whose text cannot steer a terminal: what could is escaped, and reads the same to a program. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );

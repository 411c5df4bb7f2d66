import { join, resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import { readSeal, type Seal } from '../../core/audit/seal.ts';
import { type LogFault, type LogReport, logFaults } from '../../core/audit/verify.ts';
import { GaiaError } from '../../core/errors.ts';
import { counted } from '../../core/text/count.ts';
import { visible } from '../../core/text/visible.ts';
import { isPublicKey, readPublicKeys } from '../../home/public-keys.ts';
import { inWorker } from '../../store/in-worker.ts';
import type { CheckResult } from '../../store/quick-check.worker.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { Progress } from '../progress.ts';
import { readHeadFile, readIfThere } from './head-file.ts';
import { readPlace } from './place.ts';
import { type VerifyInput, type VerifyProgress, verifyStore } from './verify-store.ts';

/** Logs shorter than this are verified before anyone wonders. */
const longLog = 20_000;

/** Verifies the log of the data directory, also without a running Gaia, and beside one. */
export async function verify(
  cli: Cli,
  { seal, publicKey = [] }: { seal?: string; publicKey?: string[] },
): Promise<Exit> {
  const place = readPlace(cli.terminal);
  const named = publicKey.map((path) => readPublicKey(resolve(cli.terminal.cwd, path)));
  const input: VerifyInput = {
    place,
    publicKeys: [...readPublicKeys(place.home).map(({ pem }) => pem), ...named],
    keptSeals: seal === undefined ? [] : [readKeptSeal(seal)],
    headFile: readHeadFile(place.home) ?? null,
  };
  const damage = place.databaseUrl === undefined ? damageOf(join(place.home, 'gaia.db')) : Promise.resolve([]);
  const report = await verified(cli, input, damage);
  const verdict = report.faults.length === 0;
  cli.answer({ verified: verdict, ...report }, reportText(cli, report));
  return verdict ? exits.done : exits.failed;
}

async function verified(cli: Cli, input: VerifyInput, damaging: Promise<LogFault[]>): Promise<LogReport> {
  const progress = new Progress(cli.terminal);
  const show = ({ done, total, what }: VerifyProgress) => {
    if (total < longLog) return;
    if (cli.terminal.errIsTerminal || done >= total)
      progress.show(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`);
  };
  const reading =
    input.place.databaseUrl === undefined
      ? inWorker<VerifyInput, LogReport, VerifyProgress>(new URL('./verify.worker.ts', import.meta.url), input, {
          onProgress: show,
        })
      : verifyStore(input, show);
  // The file is checked page by page beside the log, each in a thread of its own.
  await Promise.allSettled([reading, damaging]);
  const damage = await damaging;
  try {
    const report = await reading;
    return { ...report, faults: [...damage, ...report.faults] };
  } catch (error) {
    if (damage.length > 0) return { ...unread, faults: damage };
    // Here nobody was asked over the network: that the store cannot be read is the result.
    if (error instanceof GaiaError && error.code === 'unavailable') {
      const { remedy, reason } = error.extras;
      throw new GaiaProblem({
        status: 500,
        code: reason ?? error.code,
        detail: error.message,
        ...(remedy && { remedy }),
      });
    }
    throw error;
  } finally {
    progress.end();
  }
}

/** What is known of a log whose file could not be read to its end. */
const unread: LogReport = {
  events: 0,
  seals: 0,
  from: null,
  to: null,
  head: { seq: 0, hash: '' },
  sealedUpTo: 0,
  sealedBy: [],
  faults: [],
  moreFaults: 0,
};

async function damageOf(path: string): Promise<LogFault[]> {
  const { findings } = await inWorker<{ path: string }, CheckResult>(
    new URL('../../store/quick-check.worker.ts', import.meta.url),
    { path },
  );
  return findings.map((finding) => ({
    code: 'integrity' as const,
    seq: null,
    message: `The database file: ${finding}.`,
  }));
}

function readKeptSeal(text: string): Seal {
  const seal = readSeal(text);
  if (seal !== undefined) return seal;
  throw new GaiaProblem({
    status: 400,
    code: 'seal_unread',
    detail: 'There is no seal in the text given by --seal.',
    remedy: 'Give the whole line, from “gaia-seal 1” to the end of the signature, in quotes.',
  });
}

function readPublicKey(path: string): string {
  const text = readIfThere(path);
  if (text !== undefined && isPublicKey(text)) return text;
  throw new GaiaProblem({
    status: 400,
    code: 'public_key_unusable',
    detail: text === undefined ? `${path} does not exist.` : `${path} is not a public key of seals.`,
    remedy: 'Name a PEM file with the Ed25519 public key, such as the seal.pub of the data directory.',
  });
}

const unsealed = (first: number, last: number): string =>
  first === last ? `event ${first} is` : `events ${first} to ${last} are`;

function reportText(cli: Cli, report: LogReport): string[] {
  const { events, seals, from, to, head, sealedUpTo, sealedBy, faults, moreFaults } = report;
  const times = cli.times();
  const period = from === null || to === null ? '' : `, from ${times.clock(from)} to ${times.clock(to)}`;
  const summary = [
    `${counted(events, 'event')}${period}; ${counted(seals, 'seal')}${sealedUpTo > 0 ? `, good up to event ${sealedUpTo}, by key ${sealedBy.join(', ')}` : ''}`,
    `head: event ${head.seq}, ${head.hash}`,
  ];
  if (faults.length === 0) {
    const open =
      head.seq > sealedUpTo ? [`${unsealed(sealedUpTo + 1, head.seq)} not under a seal yet: gaia audit seal`] : [];
    return [cli.paint('green', 'verified'), ...summary, ...open];
  }
  const codes = [...new Set(faults.map(({ code }) => code))];
  return [
    cli.paint('red', `NOT VERIFIED: ${counted(faults.length + moreFaults, 'fault')}`),
    ...faults.map(({ code, message }) => `${code}: ${visible(message)}`),
    ...(moreFaults > 0 ? [`… and ${moreFaults} more`] : []),
    'What that means:',
    ...codes.map((code) => `  ${code}: ${logFaults[code]}`),
    ...summary,
  ];
}

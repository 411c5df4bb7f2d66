#!/usr/bin/env node
// Verifies an exported log of Gaia with nothing but Node: node verify.mjs [DIRECTORY] [--seal TEXT] [--public-key FILE]...
// Exit code: 0 verified, 1 not verified, 2 wrong usage. Every fault is named with the number of its event.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const canonical = (flat) =>
  JSON.stringify(
    Object.fromEntries(
      Object.keys(flat)
        .sort()
        .map((name) => [name, flat[name]]),
    ),
  );
const faults = [];
let faultCount = 0;
const fault = (code, message) => {
  faultCount += 1;
  if (faults.length < 1000) faults.push(`${code}: ${message}`);
};

/** The objects of an NDJSON file, one a line. */
async function* linesOf(path) {
  if (!existsSync(path)) return;
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number += 1;
    try {
      yield JSON.parse(line);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      fault('unreadable', `line ${number} of ${path} is not JSON: the file was cut or changed.`);
    }
  }
}

/** The members of a detail; none where it is no object, which Gaia never writes. */
function membersOf(detail) {
  try {
    return Object(JSON.parse(detail));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const sealedText = ({ generation, seq, at, hash, keyId }) =>
  `gaia-seal 1 generation=${generation} seq=${seq} at=${new Date(at).toISOString()} hash=${hash} key=${keyId}`;

function readSeal(text) {
  const pattern =
    /gaia-seal 1 generation=(\d+) seq=(\d+) at=(\S+) hash=([0-9a-f]{64}) key=([0-9a-f]{16}) signature=([A-Za-z0-9_-]+)/;
  const found = pattern.exec(text.replaceAll(/\s+/g, ' '));
  if (!found || Number.isNaN(Date.parse(found[3]))) return undefined;
  const [, generation, seq, at, hash, keyId, signature] = found;
  return { generation: Number(generation), seq: Number(seq), at: Date.parse(at), hash, keyId, signature };
}

function usage(message) {
  console.error(message);
  process.exit(2);
}

const { values: options, positionals } = parseArgs({
  options: { seal: { type: 'string' }, 'public-key': { type: 'string', multiple: true } },
  allowPositionals: true,
});
const directory = positionals[0] ?? dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(directory, 'events.ndjson'))) usage(`There is no events.ndjson in ${directory}.`);
const keyFiles = readdirSync(directory).filter((name) => /^seal(-[0-9a-f]{16})?\.pub$/.test(name));
const keys = new Map();
for (const path of [...keyFiles.map((name) => join(directory, name)), ...(options['public-key'] ?? [])]) {
  if (!existsSync(path)) usage(`${path} does not exist.`);
  const key = createPublicKey(readFileSync(path));
  keys.set(sha256(key.export({ type: 'spki', format: 'der' })).slice(0, 16), key);
}
const kept = options.seal === undefined ? undefined : readSeal(options.seal);
if (options.seal !== undefined && kept === undefined) usage('There is no seal in the text given by --seal.');
const headPath = join(directory, 'head.json');
const headFile = existsSync(headPath) ? JSON.parse(readFileSync(headPath, 'utf8')) : undefined;
if (!headFile) fault('head_missing', 'head.json is gone: whether the log was shortened cannot be told.');

const seals = new Map();
for await (const seal of linesOf(join(directory, 'seals.ndjson')))
  seals.set(seal.seq, [...(seals.get(seal.seq) ?? []), seal]);
if (kept) seals.set(kept.seq, [...(seals.get(kept.seq) ?? []), kept]);
if (seals.size > 0 && keys.size === 0)
  fault('seals_unchecked', 'there are seals but no public key (seal.pub, or --public-key).');

let checkedSeals = 0;
let sealedUpTo = 0;
const sealedBy = new Set();
function checkSeal(seal, hash) {
  checkedSeals += 1;
  const key = keys.get(seal.keyId);
  if (keys.size > 0 && !key)
    return fault('seal_by_unknown_key', `the seal of event ${seal.seq} was made with the key ${seal.keyId}.`);
  const isDated = Number.isFinite(seal.at) && Math.abs(seal.at) <= 8.64e15;
  if (key && !(isDated && verify(null, Buffer.from(sealedText(seal)), key, Buffer.from(seal.signature, 'base64url')))) {
    return fault('seal_forged', `the seal of event ${seal.seq} does not hold: its signature is wrong.`);
  }
  if (hash === undefined)
    return fault('seal_beyond_end', `a seal signs event ${seal.seq}, which is not there: the log was shortened.`);
  if (hash !== seal.hash)
    return fault('seal_disagrees', `the seal of event ${seal.seq} signs another hash: the log was rewritten.`);
  if (!key) return;
  sealedUpTo = Math.max(sealedUpTo, seal.seq);
  sealedBy.add(seal.keyId);
}

const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const eventsFrom = (first, last) => (first === last ? `event ${first} is` : `events ${first} to ${last} are`);

let last = { seq: 0, hash: '0'.repeat(64), at: 0 };
let events = 0;
const bare = [];
const trimmed = [];
const recordedSeals = [];
for await (const event of linesOf(join(directory, 'events.ndjson'))) {
  const { seq, at, traceId, actor, source, action, subject, detailHash, prevHash, hash, detail } = event;
  if (seq === last.seq + 1) {
    if (prevHash !== last.hash) fault('link_broken', `event ${seq} does not follow event ${last.seq}.`);
  } else if (seq > last.seq) fault('missing', `${eventsFrom(last.seq + 1, seq - 1)} missing.`);
  else fault('out_of_order', `event ${seq} stands after event ${last.seq}.`);
  if (at < last.at) fault('time_backwards', `event ${seq} is older than the one before it.`);
  const fields = { seq, at, traceId, actor, source, action, subject, detailHash, prevHash };
  if (sha256(`gaia:event:1\n${canonical(fields)}`) !== hash)
    fault('hash_wrong', `event ${seq} is not what was recorded.`);
  if (detail === null) bare.push(seq);
  else if (sha256(`gaia:detail:1\n${detail}`) !== detailHash)
    fault('detail_altered', `the detail of event ${seq} was changed.`);
  else if (action === 'log.trimmed') trimmed.push(membersOf(detail));
  else if (action === 'log.sealed') recordedSeals.push({ at: seq, ...membersOf(detail) });
  for (const seal of seals.get(seq) ?? []) checkSeal(seal, hash);
  if (headFile?.seq === seq && headFile.hash !== hash)
    fault('head_file_disagrees', `head.json has another hash for event ${seq}.`);
  last = { seq, hash, at };
  events += 1;
  sealsMet(seq);
}

/** A seal whose event has come by is kept only as its signature, for the events that recorded it. */
function sealsMet(seq) {
  for (const seal of seals.get(seq) ?? []) seal.isMet = true;
}
for (const list of seals.values()) for (const seal of list) if (!seal.isMet) checkSeal(seal, undefined);
for (const { at, seq, signature } of recordedSeals) {
  if (!(seals.get(seq) ?? []).some((seal) => seal.signature === signature))
    fault('seal_missing', `event ${at} recorded a seal of event ${seq}, which is gone.`);
}
for (const seq of bare) {
  if (!trimmed.some(({ from, to }) => from <= seq && seq <= to))
    fault('detail_missing', `the detail of event ${seq} is gone, and no log.trimmed event says why.`);
}
if (headFile && headFile.seq !== last.seq) {
  fault(
    headFile.seq > last.seq ? 'shortened' : 'head_disagrees',
    `the log ends at ${last.seq} but head.json says ${headFile.seq}.`,
  );
}

console.log(faultCount === 0 ? 'verified' : `NOT VERIFIED: ${counted(faultCount, 'fault')}`);
for (const line of faults) console.log(line);
if (faultCount > faults.length) console.log(`… and ${faultCount - faults.length} more`);
console.log(
  `${counted(events, 'event')}, ${counted(checkedSeals, 'seal')}, good up to event ${sealedUpTo}; head: event ${last.seq}, ${last.hash}; key ${[...sealedBy].join(', ') || 'none'}`,
);
process.exitCode = faultCount === 0 ? 0 : 1;

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** A signed statement of the log's head: "at this instant, event `seq` had this hash". */
export interface Seal {
  generation: number;
  seq: number;
  at: number;
  hash: string;
  /** first 16 hexadecimal digits of the SHA-256 of the public key */
  keyId: string;
  /** Ed25519 over `sealedText`, base64url */
  signature: string;
}

type Unsigned = Omit<Seal, 'signature'>;

const sealedText = ({ generation, seq, at, hash, keyId }: Unsigned): string =>
  `gaia-seal 1 generation=${generation} seq=${seq} at=${new Date(at).toISOString()} hash=${hash} key=${keyId}`;

/** Names a public key by its SPKI bytes. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

export function makeSeal(
  head: { generation: number; seq: number; at: number; hash: string },
  privateKey: KeyObject,
): Seal {
  const unsigned = {
    generation: head.generation,
    seq: head.seq,
    at: head.at,
    hash: head.hash,
    keyId: keyIdOf(createPublicKey(privateKey)),
  };
  return { ...unsigned, signature: sign(null, Buffer.from(sealedText(unsigned)), privateKey).toString('base64url') };
}

export const sealHolds = (seal: Seal, publicKey: KeyObject): boolean =>
  seal.keyId === keyIdOf(publicKey) &&
  verify(null, Buffer.from(sealedText(seal)), publicKey, Buffer.from(seal.signature, 'base64url'));

/** One line that can be kept anywhere: in a chat, in a commit, on paper. */
export const formatSeal = (seal: Seal): string => `${sealedText(seal)} signature=${seal.signature}`;

/** Reads what `formatSeal` wrote, out of any surrounding text. Undefined where there is none. */
export function readSeal(text: string): Seal | undefined {
  const found =
    /gaia-seal 1 generation=(\d+) seq=(\d+) at=(\S+) hash=([0-9a-f]{64}) key=([0-9a-f]{16}) signature=([A-Za-z0-9_-]+)/.exec(
      text.replaceAll(/\s+/g, ' '),
    );
  if (!found) return undefined;
  const [, generation, seq, at, hash, keyId, signature] = found as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const instant = Date.parse(at);
  if (Number.isNaN(instant)) return undefined;
  return { generation: Number(generation), seq: Number(seq), at: instant, hash, keyId, signature };
}

import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { severalAtOnce } from '../an-executor.ts';
import { check } from '../checker.ts';
import { generous } from '../fixture.ts';
import { type AHome, aHome, asBrowser, type GaiaProcess, signInOver, startProcess } from '../gaia-process.ts';
import { type CallHttp, caller } from '../http.ts';
import { type Proof, type ProofContext, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfHome } from '../snapshot.ts';
import { aWorkshop, type Workshop } from '../workshop.ts';

/** How many secrets are planted by one command, one of each kind. */
const kindsACommand = 10;
/** Bytes of the beginning of a stream that are kept; a secret across that border must not be kept by half. */
const keptBytes = 64 * 1024;

const tail = 'aB3dE5gH7jK9mN1pQ4rS6tU8vW2xY0zC';
const tokenOf = (kind: string, n: number): string => `ghp_${kind}${String(n).padStart(5, '0')}${tail}`.slice(0, 40);

/** What one command is given and finds, each recognisable and nobody else's. */
function canariesOf(n: number) {
  const named = `correct-horse/${String(n).padStart(5, '0')}+battery staple ${n}`;
  return {
    named,
    base64: Buffer.from(named).toString('base64'),
    file: tokenOf('f', n),
    split: tokenOf('s', n),
    border: tokenOf('b', n),
    error: tokenOf('e', n),
    url: `pass${String(n).padStart(5, '0')}word-in-a-url`,
    house: `HOUSE-${String(700_000 + n)}`,
    query: tokenOf('q', n),
    refused: tokenOf('r', n),
  };
}
type Canaries = ReturnType<typeof canariesOf>;

/** Prints everything it was given, in pieces, across the border of what is kept, and on both streams. */
const leak = (n: number, { file, border }: Canaries): string => `
cut1=$(printf %s "$KEY" | cut -c1-20); cut2=$(printf %s "$KEY" | cut -c21-)
printf %s "$cut1"; sleep 0.7; printf '%s\\n' "$cut2"
printf %s "$KEY" | base64 -w0; echo
cat canary-${n}.file
head -c 11 canary-${n}.split; sleep 0.05; tail -c +12 canary-${n}.split
cat canary-${n}.error >&2
cat canary-${n}.url canary-${n}.house
head -c ${keptBytes - 300 - file.length} /dev/zero | tr '\\0' x
for at in 1 2 3 4 5 6; do printf '%s ' ${'x'.repeat(7)}; head -c ${border.length} canary-${n}.border; echo; done
head -c ${2 * keptBytes} /dev/zero | tr '\\0' y
`;

export const plantedSecrets: Proof = {
  name: 'planted-secrets',
  shows: 'secrets in a command’s environment, files, output, errors and URLs are kept and shown nowhere',
  async run(context) {
    const planted = trialsOf(context, { short: 100, full: 1_000 });
    const commands = Math.max(1, Math.round(planted / kindsACommand));
    const [home, workshop] = [aHome(), aWorkshop()];
    const { call, close } = caller();
    const violations: Violation[] = [];
    const numbers = Array.from({ length: commands }, (_, n) => n);
    try {
      plant(home, workshop, numbers);
      const running = await startProcess(context.gaia.root, home, call, workshop.env);
      if (running === undefined) throw new Error(`it did not start: ${home.printed.join('').slice(-1_000)}`);
      const heard = await tellAll(context, { home, workshop, call, running, numbers });
      const code = await running.stop();
      if (code !== 0) violations.push({ invariant: 'I12', message: `it ended with ${code}` });
      const texts = numbers.flatMap((n) => formsOf(canariesOf(n)));
      violations.push(
        ...check(snapshotOfHome(home.path), {
          approvers: ['local'],
          planted: texts,
          printed: [...home.printed, ...heard.answers],
          settled: true,
          stopped: true,
        }),
      );
      const left = texts.filter((text) => heard.files.some((file) => file.includes(text)));
      for (const text of left)
        violations.push({ invariant: 'I10', message: `“${text.slice(0, 12)}…” stood beside a running command` });
      const redactions = heard.answers.join('').split('⟨redacted: ').length - 1;
      if (redactions < commands * 5)
        violations.push({
          invariant: 'planted-secrets',
          message: `only ${redactions} were seen redacted: nothing is shown`,
        });
      const figures = {
        'secrets planted': commands * kindsACommand,
        'answers looked through': heard.answers.length,
        'looks at files of running commands': heard.files.length,
        'seen redacted': redactions,
      };
      return { trials: commands * kindsACommand, violations, figures };
    } finally {
      close();
      await home.remove();
      workshop.remove();
    }
  },
};

/** The whole of a secret; of one that Gaia itself handed over, its halves too. */
const formsOf = ({ named, ...found }: Canaries): string[] => [
  named,
  named.slice(0, 20),
  encodeURIComponent(named),
  ...Object.values(found),
];

function plant(home: AHome, { cwd, root }: Workshop, numbers: readonly number[]): void {
  const secrets = numbers.map((n) => `  - { name: KEY_${n}, file: ${join(root, `key-${n}`)} }\n`);
  const pattern = `  - { name: house, pattern: "HOUSE-[0-9]{6}" }\n`;
  writeFileSync(join(home.path, 'policy.yaml'), `${generous}secrets:\n${secrets.join('')}${pattern}`, { mode: 0o600 });
  for (const n of numbers) {
    const canaries = canariesOf(n);
    writeFileSync(join(root, `key-${n}`), canaries.named, { mode: 0o600 });
    writeFileSync(join(cwd, `leak-${n}`), leak(n, canaries));
    for (const kind of ['file', 'split', 'border', 'error', 'house'] as const)
      writeFileSync(join(cwd, `canary-${n}.${kind}`), `${canaries[kind]}\n`);
    writeFileSync(join(cwd, `canary-${n}.url`), `https://someone:${canaries.url}@example.org/x\n`);
  }
  chmodSync(root, 0o755);
}

interface Telling {
  home: AHome;
  workshop: Workshop;
  call: CallHttp;
  running: GaiaProcess;
  numbers: readonly number[];
}

/** Has every command asked for, approved, run and looked at by everyone who can. Answers all that was said meanwhile. */
async function tellAll({ gaia, progress, signal }: ProofContext, telling: Telling) {
  const { home, workshop, call, running, numbers } = telling;
  const { url } = running;
  const session = await signInOver(call, url, home.adminKey());
  if (session === undefined) throw new Error('nobody could sign in');
  const person = asBrowser(session.token, gaia.csrfTokenOf(session.token), session.name);
  const agent = { authorization: `Bearer ${readFileSync(join(home.path, 'agent.key'), 'utf8').trim()}` };
  const answers: string[] = [];
  const files: string[] = [];
  const ask = async (path: string, how: Parameters<CallHttp>[1] = {}) => {
    const answer = await call(`${url}${path}`, how);
    answers.push(answer.text);
    return answer;
  };
  let done = 0;
  await severalAtOnce(numbers, 3, async (n) => {
    if (signal.aborted) return;
    const canaries = canariesOf(n);
    // asked for with a secret in it: refused, and only a redacted form is kept
    const refused = { argv: ['echo', `--token=${canaries.refused}`], cwd: workshop.cwd };
    await ask('/v1/requests', { method: 'POST', body: { kind: 'command', command: refused }, headers: agent });
    // in a URL that is wrong: the log may tell of it
    await call(`${url}/v1/nowhere/${canaries.query}?key=${canaries.query}`, { headers: agent });
    await call(`${url}/v1/requests?cursor=${canaries.query}`, {
      headers: { authorization: `Bearer ${canaries.query}` },
    });
    const command = { argv: ['sh', `leak-${n}`], cwd: workshop.cwd, env: { KEY: `secret:KEY_${n}` } };
    const asked = await ask('/v1/requests', { method: 'POST', body: { kind: 'command', command }, headers: agent });
    const { id, digest } = asked.json as { id: string; digest: string };
    await ask(`/requests/${id}`, { headers: { ...person, accept: 'text/html' } });
    for (const confirm of [false, true]) {
      const body = { verdict: 'approve', digest, ...(confirm && { confirm }) };
      const decided = await ask(`/v1/requests/${id}/decisions`, { method: 'POST', body, headers: person });
      if (decided.json?.state === 'approved') break;
    }
    for (let state: unknown = 'approved', until = Date.now() + 120_000; Date.now() < until; ) {
      const waited = await ask(`/v1/requests/${id}/wait?seconds=0.2`, { headers: agent });
      await ask(`/v1/requests/${id}/output`, { headers: agent });
      files.push(...filesBelow(join(home.path, 'executions')));
      state = waited.json?.state;
      if (!['approved', 'executing'].includes(state as string)) break;
    }
    const ended = await ask(`/v1/requests/${id}`, { headers: agent });
    if (ended.json?.state !== 'executed') throw new Error(`${id} is ${ended.text.slice(0, 2_000)}`);
    await ask(`/requests/${id}`, { headers: { ...person, accept: 'text/html' } });
    await ask(`/v1/events?limit=100`, { headers: { authorization: `Bearer ${home.adminKey()}` } });
    progress(++done, numbers.length);
  });
  return { answers, files };
}

/** The texts of what stands there this instant. */
function filesBelow(place: string): string[] {
  const texts: string[] = [];
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' })) {
    try {
      const path = join(place, name);
      if (statSync(path).isFile()) texts.push(readFileSync(path, 'latin1').replaceAll('\0', ''));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // it ended meanwhile
    }
  }
  return texts;
}

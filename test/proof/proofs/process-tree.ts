import { setTimeout as delay } from 'node:timers/promises';
import type { Ended } from '../../../src/actions/executor.ts';
import { type AnExecutor, anExecutor, isolations, severalAtOnce } from '../an-executor.ts';
import type { Proof, Violation } from '../proof.ts';
import { trialsOf } from '../proof.ts';
import { aWorkshop, isRoot, processesThatName } from '../workshop.ts';

/** A tree of processes, and how it is brought to its end. `W` stands for a word that nobody else uses. */
interface Tree {
  name: string;
  script: string;
  /** how its end is brought about: by itself, by its time-out of a second, or by a stop once it has said `up` */
  by: 'itself' | 'time' | 'stop';
  /** what its outcome must say */
  isTrue(ended: Ended): boolean;
}

const megabytes = (full: boolean): number => (full ? 1_000 : 200);
const exits = (code: number) => (ended: Ended) => ended.how === 'exited' && ended.exitCode === code;
const isStopped = ({ how }: Ended) => how === 'stopped';
const isTimedOut = ({ how, durationMs }: Ended) => how === 'timed_out' && durationMs >= 1_000;

const trees = (full: boolean): Tree[] => [
  {
    name: 'a double fork',
    script: "(bash -c 'exec -a W sleep 300' & ) ; (bash -c '(exec -a W sleep 300) & exit' &) ; sleep 0.1; exit 4",
    by: 'itself',
    isTrue: exits(4),
  },
  {
    name: 'a session of its own',
    script: "setsid bash -c 'exec -a W sleep 300' & setsid -f bash -c 'exec -a W sleep 300'; sleep 0.1; exit 5",
    by: 'itself',
    isTrue: exits(5),
  },
  {
    name: 'a tree deaf to SIGTERM, stopped',
    script: `trap "" TERM; setsid bash -c 'trap "" TERM; exec -a W sleep 300' & bash -c 'trap "" TERM; exec -a W sleep 300' & echo up; while :; do sleep 1; done`,
    by: 'stop',
    isTrue: isStopped,
  },
  {
    name: 'a tree deaf to SIGTERM, out of time',
    script: `trap "" TERM; setsid bash -c 'trap "" TERM; exec -a W sleep 300' & while :; do sleep 1; done`,
    by: 'time',
    isTrue: isTimedOut,
  },
  {
    name: 'a fork bomb',
    script: `ulimit -u 400; n=0; while [ $n -lt 200 ]; do n=$((n+1)); (trap "" TERM; exec -a W sleep 300) 2>/dev/null & done; wait`,
    by: 'time',
    isTrue: isTimedOut,
  },
  {
    name: 'more output than anyone keeps',
    script: `echo first; head -c ${megabytes(full)}000000 /dev/zero; echo last`,
    by: 'itself',
    isTrue: (ended) =>
      exits(0)(ended) && ended.truncated && /^first\n/.test(ended.stdout) && /last\n$/.test(ended.stdout),
  },
  {
    name: 'closed pipes',
    script: "exec 1>&- 2>&-; bash -c 'exec -a W sleep 300' & sleep 0.2; exit 6",
    by: 'itself',
    isTrue: (ended) => exits(6)(ended) && ended.stdout === '',
  },
  {
    name: 'a job in the background that holds the pipe',
    script: "echo told; setsid bash -c 'exec -a W sleep 300' & exit 7",
    by: 'itself',
    isTrue: (ended) => exits(7)(ended) && ended.stdout === 'told\n' && ended.durationMs < 60_000,
  },
];

export const processTree: Proof = {
  name: 'process-tree',
  shows: 'the end of a command is the end of everything it started, and its outcome is the true one',
  async run(context) {
    const { gaia, full, progress, signal } = context;
    const violations: Violation[] = [];
    const runs = trialsOf(context, { short: 24, full: 300 });
    const kinds = trees(full);
    const workshop = aWorkshop();
    const undo = workshop.takeTemporaryFiles();
    const slowest = new Map<string, number>();
    let done = 0;
    try {
      const ways = Object.entries(isolations).filter(([name]) => isRoot || name !== 'as another user');
      // one after the other over one data directory: each is asked what is left before the next begins
      for (const [at, [way, options]] of ways.entries()) {
        const it = await anExecutor(gaia, workshop, { execUser: undefined, ...options } as typeof options);
        const share = Array.from({ length: runs }, (_, n) => n).filter((n) => n % ways.length === at);
        await severalAtOnce(share, 3, async (n) => {
          if (signal.aborted) return;
          const tree = kinds[Math.floor(n / ways.length) % kinds.length] as Tree;
          const since = performance.now();
          for (const message of await bringDown(it, tree, `tree-${process.pid}-${n}`))
            violations.push({ invariant: 'process-tree', message: `${tree.name}, ${way}: ${message}` });
          slowest.set(tree.name, Math.max(slowest.get(tree.name) ?? 0, performance.now() - since));
          progress(++done, runs);
        });
        await it.close();
      }
      for (const name of workshop.scratches())
        violations.push({ invariant: 'I12', message: `${name} was left behind` });
    } finally {
      undo();
      workshop.remove();
    }
    const times = [...slowest].map(([name, ms]) => `${name} ${Math.round(ms)}`).join(', ');
    return { trials: done, violations, figures: { 'slowest, ms': times } };
  },
};

/** Runs a tree to its end. What it says must be empty. */
async function bringDown(it: AnExecutor, { script, by, isTrue }: Tree, word: string): Promise<string[]> {
  const id = it.newId();
  const argv = ['bash', '-c', script.replaceAll('W ', `${word} `)];
  await it.begin(id, await it.command({ argv, timeoutSeconds: by === 'time' ? 1 : 90 }));
  if (by === 'stop') {
    while ((await it.executor.look(id)).kind === 'running' && !(await it.executor.live(id))?.stdout.text.includes('up'))
      await delay(20);
    await it.executor.stop(id);
  }
  const ended = await it.ended(id);
  const left = processesThatName(word);
  for (const line of left) process.kill(Number.parseInt(line, 10), 'SIGKILL'); // a control leaves some: they are nobody's any more
  const { stdout, ...told } = ended;
  await it.executor.forget(id);
  return [
    ...(isTrue(ended) ? [] : [`its outcome is ${JSON.stringify(told)} “${stdout.slice(0, 80)}”`]),
    ...(left.length === 0 ? [] : [`${left.length} live on: ${left.slice(0, 3).join('; ')}`]),
  ];
}

import { openDoors } from '../doors.ts';
import { aClock, aGaia, generous, templates } from '../fixture.ts';
import type { Gaia } from '../gaia.ts';
import { type Element, findAll, hasClass, isTag, readPage, textOf } from '../html.ts';
import { caller } from '../http.ts';
import { type Chance, chance, type Proof, trialsOf, type Violation } from '../proof.ts';

export const display: Proof = {
  name: 'display',
  shows:
    'what a page shows of a request gives back every byte of it, however hard it tries to look like something else',
  async run({ gaia, seed, progress, signal, ...form }) {
    const trials = trialsOf({ gaia, seed, progress, signal, ...form }, { short: 300, full: 5_000 });
    const from = await templates(gaia);
    const clock = aClock();
    const world = await aGaia(gaia, from, { approvers: ['local'], policy: generous, clock });
    const doors = await openDoors(gaia, world, clock);
    const { call, close } = caller(4);
    const violations: Violation[] = [];
    let longest = 0;
    let most = 0;
    let refused = 0;
    let done = 0;
    try {
      const { token } = await doors.session('local');
      const keys = [await doors.key('builder'), await doors.key('tester'), await doors.key('deployer')];
      const lots = chance(seed);
      for (; done < trials && violations.length < 5 && !signal.aborted; done++) {
        clock.turn(1_000);
        const asked = submission(lots);
        const key = keys[done % keys.length]?.secret as string;
        const answer = await call(`${doors.url}/v1/requests`, {
          method: 'POST',
          body: asked,
          headers: { authorization: `Bearer ${key}` },
        });
        progress(done + 1, trials);
        const { id, state } = (answer.json ?? {}) as { id?: string; state?: string };
        // What looks like a secret is not kept, so there is nothing to show; everything else must be there to decide.
        if (state === 'blocked' && JSON.stringify(answer.json?.blockers).includes('secret_detected')) {
          refused++;
          continue;
        }
        const report = (message: string) =>
          violations.push({ invariant: 'I9', message: `${message} (${JSON.stringify(asked).slice(0, 600)})` });
        if (id === undefined || state !== 'pending') {
          report(`it was answered ${answer.status} ${state ?? ''} ${answer.text.slice(0, 300)}`);
          continue;
        }
        const page = await call(`${doors.url}/requests/${id}`, {
          headers: { cookie: `gaia_session=${token}`, accept: 'text/html' },
        });
        if (page.status !== 200) report(`its page was answered ${page.status}`);
        else for (const message of differences(gaia, asked, page.text)) report(message);
        await call(`${doors.url}/v1/requests/${id}/withdraw`, {
          method: 'POST',
          body: {},
          headers: { authorization: `Bearer ${key}` },
        });
        longest = Math.max(longest, JSON.stringify(asked).length);
        most = Math.max(most, asked.command?.argv.length ?? 0);
      }
      if (doors.bugs.length > 0)
        violations.push({ invariant: 'display', message: `Gaia failed inside: ${String(doors.bugs[0])}` });
    } finally {
      close();
      await doors.close();
      await world.close();
      await world.remove();
      await from.remove();
    }
    return {
      trials: done,
      violations,
      figures: { 'longest, characters': longest, 'most arguments': most, 'refused as secrets': refused },
    };
  },
};

interface Asked {
  kind: 'command' | 'question';
  title?: string;
  reason?: string;
  command?: { argv: string[]; cwd: string; env?: Record<string, string>; stdin?: string };
  question?: { text: string; choices?: string[] };
}

/** What hides, turns round, looks like markup, or pads. */
const tricks = [
  '\u202e',
  '\u2066',
  '\u2069',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u00ad',
  '\u2028',
  '\u00a0',
  '\u3000',
  '\u2800',
  '\u0301',
  '\u0336',
  '\u{e0041}',
  '\u{1f468}\u200d\u{1f4bb}',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '\u0007',
  '\u001b[2K',
  '\u007f',
  '\u0085',
  ' ',
  '  ',
  '        ',
  '',
  '⟨U+202E⟩',
  '⟨space×4⟩',
  '⟨',
  '⟩',
  '⟨empty⟩',
  '<b>',
  '</code>',
  '</li></ol>',
  '<script>alert(1)</script>',
  '<!--',
  '-->',
  '&amp;',
  '&lt;',
  '&#x202e;',
  '"',
  "'",
  '`',
  '$(x)',
  '\\',
  '\u0430',
  'é',
  'e\u0301',
  'ﬁ',
  '\u037e',
  '１',
  'rm',
  '-rf',
  '/',
  '--',
  '…',
];

function oddText(lots: Chance, parts: number): string {
  let text = '';
  for (let n = lots.below(parts + 1); n > 0; n--) {
    if (lots.happens(0.6)) text += lots.of(tricks);
    else if (lots.happens(0.7)) text += 'abc xyz'.slice(0, 1 + lots.below(7));
    else text += anyCharacter(lots);
  }
  return text;
}

function anyCharacter(lots: Chance): string {
  const point = lots.happens(0.7) ? 1 + lots.below(0x2fff) : 0x10000 + lots.below(0xfffff);
  return point >= 0xd800 && point <= 0xdfff ? 'x' : String.fromCodePoint(point);
}

const notEmpty = (text: string): string => (text === '' ? 'x' : text);

function submission(lots: Chance): Asked {
  const said = {
    ...(lots.happens(0.5) ? { title: notEmpty(oddText(lots, 6)).slice(0, 60).toWellFormed() } : {}),
    ...(lots.happens(0.5) ? { reason: notEmpty(oddText(lots, 20)) } : {}),
  };
  if (lots.happens(0.15)) {
    const choices = [`a${oddText(lots, 3)}`, `b${oddText(lots, 3)}`].map((choice) =>
      choice.slice(0, 100).toWellFormed(),
    );
    return {
      kind: 'question',
      ...said,
      question: { text: `?${oddText(lots, 40)}`, ...(lots.happens(0.5) ? { choices } : {}) },
    };
  }
  const many = lots.happens(0.05) ? 500 : lots.between(0, 12);
  const argv = ['/bin/echo', ...Array.from({ length: many }, () => oddText(lots, many > 100 ? 3 : 8))];
  if (lots.happens(0.1)) argv.push(oddText(lots, 4).padEnd(4_500, lots.of(['x', ' ', '\u200b', '<b>'])));
  return {
    kind: 'command',
    ...said,
    command: {
      argv,
      cwd: '/',
      ...(lots.happens(0.3) ? { env: { [`A${lots.below(9)}`]: oddText(lots, 6), B: oddText(lots, 6) } } : {}),
      ...(lots.happens(0.3) ? { stdin: oddText(lots, 30) } : {}),
    },
  };
}

/** Reads everything back from the page, and says what is not what was asked for. */
function differences(gaia: Gaia, asked: Asked, html: string): string[] {
  const page = readPage(html);
  if (findAll(page, isTag('script')).some((script) => textOf(script) !== ''))
    return ['the page holds a script of somebody else'];
  const found: string[] = [];
  const same = (what: string, shown: unknown, meant: unknown): void => {
    if (JSON.stringify(shown) !== JSON.stringify(meant))
      found.push(
        `${what} is shown as ${JSON.stringify(shown)?.slice(0, 300)}, not ${JSON.stringify(meant)?.slice(0, 300)}`,
      );
  };
  const hidden = findAll(page, (each) => ['code', 'p', 'li', 'strong'].includes(each.tag)).find((each) =>
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u2800]/u.test(textOf(each)),
  );
  if (hidden) found.push(`something that nobody sees stands in ${JSON.stringify(textOf(hidden)).slice(0, 300)}`);
  const read = (element: Element): string => gaia.unvisible(textOf(element));
  const codesOf = (element: Element | undefined): Element[] => (element ? findAll(element, isTag('code')) : []);
  const panel = (id: string): Element | undefined =>
    findAll(page, (each) => each.attributes['aria-labelledby'] === `${id}-title`)[0];
  const linesOf = (element: Element | undefined): string | undefined => {
    const list = element && findAll(element, hasClass('lines'))[0];
    return list && gaia.unvisibleLines(codesOf(list).map(textOf));
  };
  const { command, question } = asked;
  if (command) {
    const lists = findAll(page, hasClass('argv'));
    same('the number of argument lists', lists.length, 1);
    same('the argv', codesOf(lists[0]).map(read), command.argv);
    same('the environment', Object.fromEntries(pairs(codesOf(panel('env')).map(read))), sorted(command.env ?? {}));
    if (command.stdin !== undefined) same('the standard input', linesOf(panel('stdin')), command.stdin);
    else if (panel('stdin')) found.push('a standard input is shown that was not given');
  }
  if (question) {
    same('the question', linesOf(panel('what')), question.text);
    const list = panel('what') && findAll(panel('what') as Element, hasClass('plain-list'))[0];
    same('the choices', list ? findAll(list, isTag('li')).map(read) : undefined, question.choices);
  }
  const says = panel('says');
  const title = says && findAll(says, isTag('strong'))[0];
  same('the title', title && read(title), asked.title);
  const prose = says && findAll(says, hasClass('prose'))[0];
  same('the reason', prose && gaia.unvisibleLines(findAll(prose, isTag('p')).map(textOf)), asked.reason);
  return found;
}

const sorted = (env: Record<string, string>) => Object.fromEntries(Object.entries(env).sort());
const pairs = (texts: string[]): [string, string][] =>
  texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ''] as [string, string]] : []));

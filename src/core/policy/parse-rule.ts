import { commandModes } from '../command/command.ts';
import { chatAt, durationAt, globAt, globsAt, lineAt, personAt } from './parse-values.ts';
import { type Match, matchableKinds, type Policy, type Rule } from './policy.ts';
import { tierNames } from './types.ts';
import { type Members, type Place, quoted, type YamlReader } from './yaml-reader.ts';

const ruleKeys = [
  'name',
  'match',
  'tier',
  'approvers',
  'chat',
  'ttl',
  'effectBy',
  'sandbox',
  'deny',
  'remedy',
] as const;
const matchKeys = [
  'kind',
  'agent',
  'argv',
  'flags',
  'executable',
  'cwd',
  'env',
  'mode',
  'repo',
  'operation',
] as const satisfies (keyof Match)[];
/** What only commands have; a rule for another kind that looks at it could never match. */
const ofCommands = ['argv', 'flags', 'executable', 'cwd', 'env', 'mode'] as const satisfies (keyof Match)[];
/** What only changesets have. */
const ofChangesets = ['repo', 'operation'] as const satisfies (keyof Match)[];
/** What only a rule that asks can say. */
const ofAsking = ['tier', 'approvers', 'chat', 'ttl', 'effectBy', 'sandbox'] as const;

/** One rule of the file, or undefined where it has no name to speak of; its faults are with the reader. */
export function ruleAt(
  reader: YamlReader,
  place: Place,
  tiers: Policy['tiers'],
  profiles: readonly string[],
): Rule | undefined {
  const members = reader.members(place, ruleKeys, 'a rule');
  if (members === undefined) return undefined;
  const namePlace = members.take('name');
  if (namePlace === undefined) reader.fault(place, 'A rule needs a name; cards show it.');
  const name = (namePlace && lineAt(reader, namePlace, 'the name of a rule')) ?? '';
  const matchPlace = members.take('match');
  if (matchPlace === undefined) reader.fault(place, 'A rule says what it matches; “match: {}” matches everything.');
  const match = matchPlace === undefined ? {} : matchAt(reader, matchPlace);
  const rule = members.take('deny') === undefined ? askAt(reader, members, tiers, profiles) : denyAt(reader, members);
  return name === '' || rule === undefined ? undefined : { name, match, ...rule };
}

function denyAt(reader: YamlReader, members: Members) {
  for (const key of ofAsking) {
    const place = members.take(key);
    if (place !== undefined) reader.fault(place, `A rule that denies has no ${key}.`);
  }
  const remedyPlace = members.take('remedy');
  const message = lineAt(reader, members.take('deny')!, 'deny', 500);
  const remedy = remedyPlace && lineAt(reader, remedyPlace, 'remedy', 500);
  return { deny: { message: message ?? '', remedy: remedy ?? 'Ask the administrator, who may change the policy.' } };
}

function askAt(reader: YamlReader, members: Members, tiers: Policy['tiers'], profiles: readonly string[]) {
  const [remedy, tierPlace, approversPlace, chatPlace, ttl, effectBy, sandboxPlace] = (
    ['remedy', ...ofAsking] as const
  ).map((key) => members.take(key));
  if (remedy !== undefined) reader.fault(remedy, 'Only a rule that denies has a remedy.');
  if (tierPlace === undefined) {
    reader.fault(members.at, `A rule needs a tier (${tierNames.join(', ')}) or a deny.`);
  }
  const tier = tierPlace && reader.word(tierPlace, 'the tier of a rule', tierNames);
  const approvers = approversPlace && approversAt(reader, approversPlace);
  if (
    tier !== undefined &&
    approversPlace !== undefined &&
    approvers !== undefined &&
    approvers.length > 0 &&
    approvers.length < tiers[tier].approvals
  ) {
    reader.fault(
      approversPlace,
      `The tier ${tier} needs ${tiers[tier].approvals} approvals, and only ${approvers.length} may approve here.`,
    );
  }
  const chat = chatPlace && chatAt(reader, chatPlace);
  const ttlSeconds = ttl && durationAt(reader, ttl, 'ttl');
  const effectBySeconds = effectBy && durationAt(reader, effectBy, 'effectBy');
  const sandbox = sandboxPlace && reader.word(sandboxPlace, 'the sandbox of a rule', ['default', ...profiles]);
  return {
    tier: tier ?? 'normal',
    ...(approvers === undefined ? {} : { approvers }),
    ...(chat === undefined ? {} : { chat }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(effectBySeconds === undefined ? {} : { effectBySeconds }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
}

function approversAt(reader: YamlReader, place: Place): string[] {
  const places = reader.oneOrMore(place, 'approvers');
  if (places.length === 0) reader.fault(place, 'Nobody could approve; leave approvers out for every approver.');
  const ids = places.flatMap((one) => personAt(reader, one) ?? []);
  if (new Set(ids).size < ids.length) reader.fault(place, 'The same approver is named twice.');
  return [...new Set(ids)];
}

function matchAt(reader: YamlReader, place: Place): Match {
  const members = reader.members(place, matchKeys, 'match');
  if (members === undefined) return {};
  const match: Match = {};
  const read = <Key extends keyof Match>(key: Key, value: (place: Place) => NonNullable<Match[Key]>) => {
    const own = members.take(key);
    if (own !== undefined) match[key] = value(own);
  };
  read('kind', (own) => wordsAt(reader, own, 'kind', matchableKinds));
  read('agent', (own) => globsAt(reader, own, 'agent'));
  read('argv', (own) => argvAt(reader, own));
  read('flags', (own) => flagsAt(reader, own));
  read('executable', (own) => pathsAt(reader, own, 'executable'));
  read('cwd', (own) => pathsAt(reader, own, 'cwd'));
  read('env', (own) => globsAt(reader, own, 'env'));
  read('mode', (own) => wordsAt(reader, own, 'mode', commandModes));
  read('repo', (own) => globsAt(reader, own, 'repo'));
  read('operation', (own) => globsAt(reader, own, 'operation'));
  if (match.kind !== undefined && match.kind.length > 0 && !match.kind.includes('changeset')) {
    for (const key of ofChangesets) {
      const own = members.take(key);
      if (own !== undefined)
        reader.fault(
          own,
          `This can never match: only changesets have ${key}, and the kind is ${match.kind.join(' or ')}.`,
        );
    }
  }
  if (match.kind !== undefined && match.kind.length > 0 && !match.kind.includes('command')) {
    for (const key of ofCommands) {
      const own = members.take(key);
      if (own !== undefined)
        reader.fault(
          own,
          `This can never match: only commands have ${key}, and the kind is ${match.kind.join(' or ')}.`,
        );
    }
  }
  return match;
}

function wordsAt<Word extends string>(reader: YamlReader, place: Place, what: string, words: readonly Word[]): Word[] {
  const places = reader.oneOrMore(place, what);
  if (places.length === 0) reader.fault(place, `An empty list never matches; leave ${what} out to match any.`);
  return places.flatMap((one) => reader.word(one, what, words) ?? []);
}

/** Patterns by place. A text alone is the program. */
export function argvAt(reader: YamlReader, place: Place): string[] {
  const places = reader.oneOrMore(place, 'argv');
  if (places.length === 0) reader.fault(place, 'An empty list says nothing; leave argv out to match any.');
  return places.flatMap((one, index) => {
    const glob = globAt(reader, one, 'an argument');
    if (glob === '**' && index < places.length - 1)
      reader.fault(one, '“**” stands for any rest, so it can only be the last; use "*" for one argument.');
    if (index === 0 && glob === '') reader.fault(one, 'This can never match: a program has a name.');
    if (index === 0 && glob?.includes(' ') && places.length === 1) {
      reader.fault(
        one,
        `This looks like a whole command; write a list: [${glob
          .split(/ +/)
          .map((word) => JSON.stringify(word))
          .join(', ')}].`,
      );
    }
    return glob ?? [];
  });
}

function flagsAt(reader: YamlReader, place: Place): string[] {
  for (const one of reader.oneOrMore(place, 'flags')) {
    const flag = reader.scalar(one);
    if (typeof flag === 'string' && flag !== '' && !/^[-*?+]/.test(flag))
      reader.fault(one, `A flag begins with a dash: ${quoted(`--${flag}`)}.`);
  }
  return globsAt(reader, place, 'flags');
}

/** Patterns over absolute paths. */
function pathsAt(reader: YamlReader, place: Place, what: string): string[] {
  for (const one of reader.oneOrMore(place, what)) {
    const path = reader.scalar(one);
    if (typeof path !== 'string' || path === '') continue;
    if (!/^(?:\/|\*\*)/.test(path))
      reader.fault(
        one,
        `This can never match: ${what} is an absolute path; write “/…” or “**/${path.replace(/^\.?\//, '')}”.`,
      );
    else if (path.split('/').some((segment) => segment === '..' || segment === '.') || /\/\//.test(path))
      reader.fault(one, `This can never match: ${what} is a real path, without “.”, “..” or “//”.`);
    else if (path.length > 1 && path.endsWith('/'))
      reader.fault(
        one,
        `This can never match: a real path does not end in “/”; write ${quoted(`${path}**`)} for what is below.`,
      );
  }
  return globsAt(reader, place, what);
}

import { sameName, type Target } from '../change/target.ts';
import { YamlReader } from './yaml-reader.ts';

/** Where a policy file speaks of one target: the line of its entry, and of each operation that it allows there. */
export interface GitHubLines {
  entry: number | undefined;
  operations: ReadonlyMap<string, number>;
}

/** Looks through a policy that was read without faults before. */
export function gitHubLines(text: string, target: Target): GitHubLines {
  const reader = new YamlReader(text);
  const [list, key, name] =
    target.kind === 'repo' ? ['repos', 'repo', target.repo] : ['projects', 'project', target.project];
  const operations = new Map<string, number>();
  const github = reader.entries(reader.root, 'the policy').find(([member]) => member === 'github')?.[1];
  const targets = github && reader.entries(github, 'github').find(([member]) => member === list)?.[1];
  if (targets === undefined) return { entry: undefined, operations };
  for (const one of reader.items(targets, list as string)) {
    const members = reader.entries(one, 'a target');
    const called = members.find(([member]) => member === key)?.[1];
    if (called === undefined || !sameName(String(reader.scalar(called)), name as string)) continue;
    const allowed = members.find(([member]) => member === 'operations')?.[1];
    if (allowed !== undefined)
      for (const place of reader.oneOrMore(allowed, 'operations'))
        operations.set(String(reader.scalar(place)), reader.lineOf(place));
    return { entry: reader.lineOf(one), operations };
  }
  return { entry: undefined, operations };
}

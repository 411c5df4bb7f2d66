import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The ids of every key that the copies of the log (`events.ndjson` and its closed days) say was revoked. */
export async function revokedKeysIn(home: string): Promise<string[]> {
  const revoked = new Set<string>();
  for (const name of (await readdir(home)).filter((each) => /^events(-[\d.-]+)?\.ndjson$/.test(each)))
    for await (const line of createInterface({ input: createReadStream(join(home, name)) })) {
      const id = line.includes('"key.revoked"') ? revokedBy(line) : undefined;
      if (id) revoked.add(id);
    }
  return [...revoked];
}

function revokedBy(line: string): string | undefined {
  try {
    const { type, subject } = JSON.parse(line) as { type?: unknown; subject?: unknown };
    return type === 'key.revoked' && typeof subject === 'string' ? /^key:([a-z0-9]+)$/.exec(subject)?.[1] : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // cut short by a crash
    throw error;
  }
}

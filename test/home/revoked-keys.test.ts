import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { revokedKeysIn } from '../../src/home/revoked-keys.ts';

test('keys revoked are read from the copies of the log, closed days too, and from nothing that only mentions them', async () => {
  const home = mkdtempSync(join(tmpdir(), 'gaia-revoked-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const line = (of: object) => `${JSON.stringify(of)}\n`;
  writeFileSync(join(home, 'events-2026-11-20.2.ndjson'), line({ type: 'key.revoked', subject: 'key:aaaa1111' }));
  writeFileSync(
    join(home, 'events.ndjson'),
    line({ type: 'request.submitted', subject: 'key:cccc3333', detail: '"key.revoked"' }) +
      line({ type: 'key.revoked', subject: 'key:bbbb2222' }) +
      '{"type":"key.revoked","subj',
  );
  expect((await revokedKeysIn(home)).sort()).toEqual(['aaaa1111', 'bbbb2222']);
});

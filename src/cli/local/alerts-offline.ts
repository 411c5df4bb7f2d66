import { readPolicy } from '../../actions/policies.ts';
import { readConfig } from '../../config.ts';
import { alertRulesOf } from '../../core/alerts/rule.ts';
import { rulesOfThresholds } from '../../core/alerts/thresholds.ts';
import type { AlertCheckAnswer } from '../../core/wire/answers-operating.ts';
import { hostReadings } from '../../home/host.ts';
import { findLastPolicy } from '../../store/policies.ts';
import { lookAtRules } from '../../views/alert-check.ts';
import { measure } from '../../views/metrics.ts';
import type { Cli } from '../cli.ts';
import { openLog } from './open-log.ts';
import { readPlace } from './place.ts';

/** The same look without a running Gaia: the store is read, nothing is kept, nobody is told. */
export async function checkOffline(
  { terminal }: Cli,
  { windowMs, thresholds }: { windowMs: number; thresholds: Readonly<Record<string, number>> },
): Promise<AlertCheckAnswer> {
  const own = rulesOfThresholds(thresholds, windowMs);
  const place = readPlace(terminal);
  const { telegram } = readConfig(terminal.env, { cwd: terminal.cwd });
  const db = await openLog(place);
  const now = Date.now();
  const host = hostReadings({
    home: place.home,
    isBackedUpHere: place.databaseUrl === undefined,
    startedAt: now,
    hasTelegram: telegram !== undefined,
    now: () => now,
  });
  try {
    const { alerts: said } = readPolicy((await findLastPolicy(db.read))?.text ?? '').policy;
    const rules = own.length > 0 ? own : alertRulesOf(said.rules, said.off);
    const alerts = await lookAtRules({ db }, rules, await measure({ db }, host, now), now);
    return { firing: alerts.some(({ firing }) => firing), dryRun: true, alerts };
  } finally {
    host.stop();
    await db.close();
  }
}

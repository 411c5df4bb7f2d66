/** What Gaia's forerunners called the same facts, for tools that still look for those names in `events.ndjson`. */
const classicNames: Readonly<Record<string, string>> = {
  'request.submitted': 'command.enqueued',
  'request.approved': 'command.approved',
  'request.denied': 'command.denied',
  'request.expired': 'command.expired',
  'request.failed': 'command.execute.error',
};

/** The classic name of an event, where there is one. Only commands had them. */
export function classicNameOf(action: string, detail: string | null): string | undefined {
  if (action === 'execution.finished')
    return detail?.includes('"dryRun":true') ? 'command.executed.dryrun' : 'command.executed';
  if (!detail?.includes('"kind":"command"')) return undefined;
  return classicNames[action];
}

import { said, toldBy } from './told.ts';
import type { LoggedEvent } from './verify.ts';

/** The records that the log says were made, gathered while it is read. */
export class Made {
  readonly requests = new Set<string>();
  readonly keys = new Set<string>();
  readonly grants = new Set<string>();
  readonly runs = new Set<string>();
  /** `2 of request r-7F3K2Q`, by their place in the changeset, counted from 1 */
  readonly intents = new Set<string>();
  /** by the first 12 digits of their digest */
  readonly policies = new Set<string>();
  /** by agent, the event of its first key */
  readonly agents = new Map<string, LoggedEvent>();
  /** keys whose agent is not known any more, because the detail of their event was dropped */
  keysOfUnknown = 0;

  note(event: LoggedEvent): void {
    const { action, subject } = event;
    if (action === 'request.submitted' || action === 'request.blocked') this.requests.add(nameIn(subject));
    else if (action === 'run.started') this.runs.add(nameIn(subject));
    else if (action === 'intent.recorded') {
      const place = said(toldBy([event])[0], 'place');
      if (typeof place === 'number') this.intents.add(`${place + 1} of request ${nameIn(subject)}`);
    } else if (action === 'grant.given') this.grants.add(nameIn(subject));
    else if (action === 'policy.loaded') this.policies.add(nameIn(subject));
    else if (action === 'key.created') {
      this.keys.add(nameIn(subject));
      const agent = said(toldBy([event])[0], 'agent');
      if (typeof agent !== 'string') this.keysOfUnknown += 1;
      else if (!this.agents.has(agent)) this.agents.set(agent, event);
    }
  }
}

/** `request:r-7F3K2Q` → `r-7F3K2Q` */
const nameIn = (subject: string): string => subject.slice(subject.indexOf(':') + 1);

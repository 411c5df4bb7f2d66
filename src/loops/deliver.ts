import type { App } from '../actions/app.ts';
import { type Channel, leaseDue, type Sent, settle } from '../actions/deliveries.ts';
import { GaiaError } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';

/** Sends what is due, each between two transactions: leased, sent, settled. Returns how many it took. */
export async function deliverDue(app: App, channel: Channel, holder: string, reach: Reach): Promise<number> {
  const leased = await leaseDue(app, channel.name, holder);
  for (const delivery of leased) {
    reach('channel.send.before');
    let sent: Sent;
    try {
      sent = await channel.send(delivery);
    } catch (error) {
      sent = {
        ok: false,
        kind: error instanceof GaiaError && error.code === 'unavailable' ? 'transient' : 'permanent', // the store may be away
        error: `it cannot be put into words: ${error instanceof Error ? error.message : 'unknown'}`,
      };
    }
    reach('channel.send.after');
    const [byte = 0] = app.random(1);
    await settle(app, delivery, sent, byte / 256);
  }
  return leased.length;
}

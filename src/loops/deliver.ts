import type { App } from '../actions/app.ts';
import { type Channel, leaseDue, type Sent, settle } from '../actions/deliveries.ts';
import type { Delivery } from '../core/delivery/delivery.ts';
import { GaiaError } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';

/**
 * Sends what is due between two transactions: leased, sent, settled. What a lost process had sent but not settled is sent
 * again: twenty lines at most. Returns how many it took.
 */
export async function deliverDue(app: App, channel: Channel, holder: string, reach: Reach): Promise<number> {
  const leased = await leaseDue(app, channel.name, holder);
  const outcomes: { delivery: Delivery; sent: Sent; random: number }[] = [];
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
    outcomes.push({ delivery, sent, random: byte / 256 });
  }
  // at once, so that they share a commit
  await Promise.all(outcomes.map(({ delivery, sent, random }) => settle(app, delivery, sent, random)));
  return leased.length;
}

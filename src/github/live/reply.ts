import type { WriteReply } from '../../actions/changes/port.ts';
import type { Written } from '../../core/change/states.ts';
import type { Answered } from './client.ts';

/** What was written, with the answer that says so. */
export const reply = ({ status, headers }: Answered<unknown>, written: Written): WriteReply => ({
  written,
  status,
  requestId: headers['x-github-request-id'] === undefined ? null : String(headers['x-github-request-id']),
});

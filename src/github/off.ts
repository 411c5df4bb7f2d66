import type { Transport } from '../actions/changes/port.ts';
import { RemoteFailure } from '../core/change/failure.ts';

const isOff = (): never => {
  throw new RemoteFailure({
    code: 'transport_disabled',
    message: 'GITHUB_TRANSPORT is off: GitHub is neither asked nor written to.',
    status: null,
    requestId: null,
  });
};
const never = async () => isOff();

/** No way to GitHub at all: nothing is asked, nothing is written. */
export const off: Transport = {
  mode: 'off',
  host: 'none',
  me: never,
  repository: never,
  issue: never,
  pull: never,
  pullsBetween: never,
  comment: never,
  branch: never,
  compare: never,
  unknownLabels: never,
  status: never,
  parentOf: never,
  blockersOf: never,
  project: never,
  item: never,
  itemFor: never,
  ownIssues: never,
  ownComments: never,
  ownDrafts: never,
  write: never,
};

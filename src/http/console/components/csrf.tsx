import type { Visit } from '../visit.ts';

/** Ties a form to the session of the page it stands on. */
export const Csrf = ({ visit }: { visit: Visit }) => <input type="hidden" name="csrf" value={visit.csrf} />;

import { shortDigest } from '../../../core/approval/request.ts';

/** A SHA-256 by its first twelve digits, what people compare; the whole of it is its title. */
export const Hash = ({ of }: { of: string }) => (
  <code class="hash" title={of}>
    {shortDigest(of)}
  </code>
);

import type { GaiaError } from '../../../core/errors.ts';
import { Text, Words } from './text.tsx';

/** Something was done. */
export const Done = ({ says }: { says: string }) => (
  <p class="notice good" role="status">
    <span aria-hidden="true">✓</span> <Text of={says} />
  </p>
);

/** Something was refused: why, and what to do. */
export const Refused = ({ because }: { because: GaiaError }) => (
  <div class="notice bad" role="alert">
    <p>
      <span aria-hidden="true">✕</span>{' '}
      <strong>
        <Words of={because.message} />
      </strong>
    </p>
    {because.extras.faults && because.extras.faults.length > 1 ? (
      <ul>
        {because.extras.faults.map(({ field, message }) => (
          <li>
            <Text of={`${field} ${message}`} />
          </li>
        ))}
      </ul>
    ) : null}
    {because.extras.remedy ? (
      <p>
        <Words of={because.extras.remedy} />
      </p>
    ) : null}
  </div>
);

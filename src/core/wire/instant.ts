import { z } from 'zod';

/** An instant as it goes over HTTP. */
export const instant = z.int().describe('milliseconds since 1970-01-01T00:00:00Z');

import { GaiaError } from '../../src/core/errors.ts';

/** The refusal an act came to; throws where it was not refused, or broke. */
export async function refusalOf(act: Promise<unknown>): Promise<GaiaError> {
  try {
    await act;
  } catch (error) {
    if (error instanceof GaiaError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** The reason of the refusal an act came to. */
export const reasonOf = async (act: Promise<unknown>): Promise<string> => {
  const { code, extras } = await refusalOf(act);
  return extras.reason ?? code;
};

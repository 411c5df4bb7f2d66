import { code, type Line, plain } from '../texts/text.ts';

/** A value after its label, in code, so that neither runs into the other. */
export const labelled = (label: string, shown: string, continued: string): Line =>
  shown === '' ? { pieces: [plain(label)] } : { pieces: [plain(`${label} `), code(shown)], continued: `${continued} ` };

import type { Proof } from '../proof.ts';
export const controls: Proof = { name: 'controls', shows: '', run: async () => ({ trials: 0, violations: [], figures: {} }) };

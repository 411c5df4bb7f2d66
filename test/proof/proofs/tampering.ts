import type { Proof } from '../proof.ts';
export const tampering: Proof = { name: 'tampering', shows: '', run: async () => ({ trials: 0, violations: [], figures: {} }) };

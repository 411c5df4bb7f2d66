import type { Proof } from '../proof.ts';
export const wrongPeople: Proof = { name: 'wrong-people', shows: '', run: async () => ({ trials: 0, violations: [], figures: {} }) };

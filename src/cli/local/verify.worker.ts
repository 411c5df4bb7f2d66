import type { LogReport } from '../../core/audit/verify.ts';
import type { Task } from '../../store/in-worker.ts';
import { type VerifyInput, type VerifyProgress, verifyStore } from './verify-store.ts';

/** Verifies an embedded store beside the thread that shows how far it is. */
export const run: Task<VerifyInput, LogReport, VerifyProgress> = verifyStore;

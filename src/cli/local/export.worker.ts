import type { Task } from '../../store/in-worker.ts';
import { type Exported, type ExportInput, exportStore } from './export-store.ts';

/** Exports an embedded store beside the thread that shows how far it is. */
export const run: Task<ExportInput, Exported, { done: number; total: number }> = exportStore;

import { answerWith } from '../threads/answering.ts';
import { hashFile } from './hash-file.ts';
import { hashFiles } from './hash-files.ts';
import type { Asked } from './look-ups.ts';
import type { Resolution } from './resolve.ts';
import { resolveCommand } from './resolve.ts';

/** Looks up commands, one after another, in a thread that may wait for the file system. */
const hash = hashFiles({ look: hashFile });

answerWith<Asked, Resolution>(({ input, options }) => resolveCommand(input, { ...options, hash }));

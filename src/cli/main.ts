#!/usr/bin/env node
import { buildProgram } from './program.ts';
import { runGaia } from './run.ts';
import { processTerminal } from './terminal.ts';

// Whoever reads our output may stop early (`gaia list | head`): what is left to say is then for nobody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await runGaia(buildProgram, process.argv.slice(2), processTerminal());

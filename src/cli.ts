// The command line, run by launch.js.
import { readConfig } from './config.ts';
import { serve } from './cli/serve.ts';
await serve(readConfig(process.env));

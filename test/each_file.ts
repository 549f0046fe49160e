// Vitest runs it for each test file; its hook is registered first, and so comes after those of the file.
import { afterAll } from 'vitest';
import { undoAll } from './file_end.ts';

afterAll(undoAll);

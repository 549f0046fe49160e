import { nodeZlibDeflate } from '../../src/adapters/node_zlib_deflate.ts';
import { describeDeflate } from '../contracts/deflate.ts';

describeDeflate('node:zlib', nodeZlibDeflate);

import { nodeZlibDeflate } from '../../src/adapters/node_zlib_deflate.ts';
import { webCryptoSigners } from '../../src/adapters/web_crypto_signer.ts';
import { describeDeflate } from '../contracts/deflate.ts';
import { describeSigners } from '../contracts/signer.ts';

describeSigners('WebCrypto in workerd', webCryptoSigners);
describeDeflate('node:zlib in workerd', nodeZlibDeflate);

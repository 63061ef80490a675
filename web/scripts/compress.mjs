// Writes a .gz and a .br beside every text file of a build, so that the server compresses nothing
// at run time. Usage: node scripts/compress.mjs dist
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXT = /\.(html|js|css|svg|json|txt|map)$/;
const folder = process.argv[2];
if (folder === undefined) throw new Error('name the folder: node scripts/compress.mjs dist');

let plain = 0;
let small = 0;
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const content = readFileSync(path);
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${path}.br`, brotli);
  plain += content.length;
  small += brotli.length;
}
console.log(`compressed ${plain} bytes to ${small} (brotli)`);

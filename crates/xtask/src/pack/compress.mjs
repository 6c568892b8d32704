// Writes `<file>.gz` (level 9) and `<file>.br` (quality 11, window 22) beside each file named on
// the command line and prints their sizes as JSON. Node's zlib on purpose: the peers in our tables
// were measured with it, and it needs no compiler.
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

const sizes = await Promise.all(
  process.argv.slice(2).map(async (path) => {
    const bytes = await readFile(path);
    const gz = await zip(bytes, { level: 9 });
    const br = await brotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: 22,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });
    await Promise.all([writeFile(`${path}.gz`, gz), writeFile(`${path}.br`, br)]);
    return { raw: bytes.length, gzip: gz.length, brotli: br.length };
  }),
);
console.log(JSON.stringify(sizes));

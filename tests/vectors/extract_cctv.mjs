// SPDX-License-Identifier: ISC
// Writes each C2SP/CCTV age test vector of the npm package cctv-age to a file of its name in a
// directory, with its age file decompressed. Run by tests/unit/test_age_vectors.c.
//
// usage: SECRUN_NPM=NODE_MODULES node extract_cctv.mjs DIRECTORY
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";

const directory = process.argv[2];
const vectors = await import(pathToFileURL(join(process.env.SECRUN_NPM, "cctv-age/index.js")));

mkdirSync(directory, { recursive: true });
for (const [name, vector] of Object.entries(vectors)) {
    // Node adds these two to the names that a CommonJS-like module exports.
    if (name === "default" || name === "module.exports")
        continue;
    const bytes = Buffer.from(vector);
    const end = bytes.indexOf("\n\n");
    const header = bytes.toString("latin1", 0, end);
    const body = bytes.subarray(end + 2);
    const compressed = header.split("\n").includes("compressed: zlib");
    writeFileSync(join(directory, name), Buffer.concat([bytes.subarray(0, end + 2), compressed ? inflateSync(body) : body]));
}

// SPDX-License-Identifier: ISC
// Reads many .env texts with npm's dotenv, for tests/unit/test_dotenv_peer.c. The file named by the
// argument holds, for each, its size in four bytes (little-endian) and its bytes. For each one goes
// out: a line "= N", then N lines "NAME VALUE" in order of the names, the value in hexadecimal.
import { createRequire } from 'node:module'
import { readFileSync, writeSync } from 'node:fs'

const require = createRequire(process.env.SECRUN_NPM + '/')
const dotenv = require('dotenv')

const batch = readFileSync(process.argv[2])
const out = []
for (let at = 0; at < batch.length;) {
  const size = batch.readUInt32LE(at)
  const parsed = dotenv.parse(batch.subarray(at + 4, at + 4 + size))
  at += 4 + size
  const names = Object.keys(parsed).sort()
  out.push(`= ${names.length}`)
  for (const name of names) out.push(`${name} ${Buffer.from(parsed[name]).toString('hex')}`)
}
const text = Buffer.from(out.join('\n') + '\n')
for (let at = 0; at < text.length;) at += writeSync(1, text, at)

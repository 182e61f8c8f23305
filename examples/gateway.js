// SPDX-License-Identifier: ISC
// A program as it would be without secrun: it reads process.env, and knows nothing of where that comes from.
// Runs until its standard input ends, or a signal comes.
'use strict';

const key = process.env.MOLTBOT_API_KEY;
if (!key) {
  console.error('gateway: MOLTBOT_API_KEY is not set');
  process.exit(1);
}
console.log(`gateway: MOLTBOT_API_KEY has ${key.length} characters and ends in ${key.slice(-4)}`);

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

// SPDX-License-Identifier: ISC
// A service as it would be without secrun: it reads process.env. Being process 1 of its container, it has to
// handle SIGTERM to end at it.
'use strict';

const key = process.env.MOLTBOT_API_KEY;
if (!key) {
  console.error('gateway: MOLTBOT_API_KEY is not set');
  process.exit(1);
}
const running = setInterval(() => {}, 60000);
process.on('SIGTERM', () => {
  console.log('gateway: stopping');
  clearInterval(running);
});
console.log(`gateway: MOLTBOT_API_KEY has ${key.length} characters and ends in ${key.slice(-4)}`);

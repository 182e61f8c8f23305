// SPDX-License-Identifier: ISC
// A service as it was with a .env file: it still asks for dotenv, and finds nothing to do for it. Signs what is posted
// to it with MOLTBOT_API_KEY; knows nothing of secrun.
'use strict';

try {
  require('dotenv').config();
} catch {
  // It is not installed, and not needed.
}
const { createHmac } = require('node:crypto');
const http = require('node:http');

const key = process.env.MOLTBOT_API_KEY;
if (!key) {
  console.error('moltbot: MOLTBOT_API_KEY is not set');
  process.exit(1);
}

const server = http.createServer((request, response) => {
  const code = createHmac('sha256', key);
  request.on('data', (part) => code.update(part));
  request.on('end', () => response.end(`${code.digest('hex')}\n`));
});
server.listen(Number(process.env.PORT || 8701), '127.0.0.1', () => {
  console.log(`moltbot: ready, MOLTBOT_API_KEY has ${key.length} characters`);
});
process.on('SIGHUP', () => console.log('moltbot: reloaded'));
process.on('SIGTERM', () => {
  console.log('moltbot: stopping');
  server.close(() => process.exit(0));
});

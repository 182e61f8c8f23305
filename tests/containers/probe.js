// SPDX-License-Identifier: ISC
// The same as probe.c, for images whose programs are in Node.
'use strict';
const { spawnSync } = require('child_process');
const { openSync } = require('fs');

function show(name) {
  console.log([...(process.env[name] ?? 'tesnu')].reverse().join(''));
}

function read(path) {
  try {
    openSync(path);
    console.log('readable');
  } catch (error) {
    console.log(error.message);
  }
}

function wait() {
  const running = setInterval(() => {}, 60000);
  process.on('SIGHUP', () => console.log('hup'));
  process.on('SIGTERM', () => {
    console.log('term');
    clearInterval(running);
  });
  console.log('ready');
}

function run(words) {
  if (spawnSync(words[0], words.slice(1), { stdio: 'inherit' }).status !== 0) process.exit(98);
}

const [what, ...words] = process.argv.slice(2);
if (what === 'show') show(words[0]);
else if (what === 'read') read(words[0]);
else if (what === 'exit') process.exit(Number(words[0]));
else if (what === 'wait') wait();
else if (what === 'child') run(words);
else if (what === 'orphan') {
  // Of the shell's two, one outlives it.
  run(['sh', '-c', 'sleep 0.3 &']);
  setTimeout(wait, 1000);
}

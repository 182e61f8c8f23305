#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// node.js WAY PROGRAM SOCKET: starts the witness by one of Node's ways. Run by the leak matrix; holds secrets, and
// prints them in hexadecimal alone.
'use strict';
const child = require('child_process');
const { Worker, isMainThread, workerData } = require('worker_threads');

const [way, program, ...args] = isMainThread ? process.argv.slice(2) : workerData;
const line = [program, ...args].join(' ');
const quiet = { stdio: 'inherit' };

const ended = (error) => {
  if (error) {
    console.error(`node: ${way} failed`);
    process.exitCode = 1;
  }
};
const awaited = (started) => started.on('error', ended).on('exit', (status) => ended(status !== 0));
const checked = (result) => ended(result.status !== 0);
const own = () => console.log(`own KEY ${Buffer.from(process.env.KEY).toString('hex')}`);

const ways = {
  spawn: () => awaited(child.spawn(program, args, quiet)),
  'spawn-piped': () => awaited(child.spawn(program, args)),
  'spawn-env': () => awaited(child.spawn(program, args, { ...quiet, env: { ...process.env, ADDED: 'yes' } })),
  'spawn-env-empty': () => awaited(child.spawn(program, args, { ...quiet, env: {} })),
  'spawn-env-renamed': () => awaited(child.spawn(program, args, { env: { COPY: process.env.KEY } })),
  'spawn-shell': () => awaited(child.spawn(`${line}; exit $?`, { ...quiet, shell: true })),
  'spawn-detached': () => awaited(child.spawn(program, args, { stdio: 'ignore', detached: true })),
  exec: () => child.exec(line, ended),
  'exec-bash': () => child.exec(`${line} | cat`, { shell: '/bin/bash' }, ended),
  execFile: () => child.execFile(program, args, ended),
  spawnSync: () => checked(child.spawnSync(program, args)),
  execSync: () => child.execSync(`${line} && :`),
  execFileSync: () => child.execFileSync(program, args),
  fork: () => awaited(child.fork(__filename, ['spawn', program, ...args])),
  'fork-env': () => awaited(child.fork(__filename, ['spawn', program, ...args], { env: { ...process.env } })),
  worker: () => new Worker(__filename, { workerData: ['spawn', program, ...args] }).on('error', ended),
  'worker-exec': () => new Worker(__filename, { workerData: ['exec', program, ...args] }).on('error', ended),
  many: () => [1, 2, 3, 4].forEach(() => awaited(child.spawn(program, args, quiet))),
  changed: () => {
    process.env.COPY = process.env.KEY;
    process.env.KEY = 'changed';
    delete process.env.PW;
    awaited(child.spawn(program, args, quiet));
  },
  // An agent that runs shells with all that it has.
  agent: () => {
    own();
    const env = { ...process.env, COPY: process.env.KEY, URL_OF_BASE: `pg://user:${process.env.PW}@host` };
    checked(child.spawnSync(program, args, { env: process.env }));
    checked(child.spawnSync('/bin/bash', ['-c', `${line}; exit $?`], { env }));
  },
  'agent-once': () => {
    own();
    checked(child.spawnSync(program, args));
  },
};
ways[way]();

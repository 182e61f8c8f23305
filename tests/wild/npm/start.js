// SPDX-License-Identifier: ISC
// What `npm start` runs: tells what it has itself (see digest.sh), and in its turn runs a shell, a copy of itself and
// a worker thread.
const { createHash } = require("crypto");
const { execFileSync, execSync, fork } = require("child_process");
const { Worker } = require("worker_threads");

function digest(environment) {
  const text = ["KEY", "TOKEN", "PEM"].map((name) => `${environment[name] ?? "(none)"}\n`).join("");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

if (process.argv[2] === "forked") {
  process.send(digest(process.env));
} else {
  console.log(`node: ${digest(process.env)}`);
  process.stdout.write(execSync("../digest.sh shell"));
  process.stdout.write(execFileSync("../digest.sh", ["file"], { env: { ...process.env, ADDED: "1" } }));
  fork(__filename, ["forked"]).on("message", (told) => {
    console.log(`fork: ${told}`);
    const worker = new Worker(
      'require("worker_threads").parentPort.postMessage({ ...process.env })', { eval: true });
    worker.on("message", (environment) => console.log(`worker: ${digest(environment)}`));
  });
}

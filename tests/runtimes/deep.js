// SPDX-License-Identifier: ISC
// See deep.c.
const { spawnSync } = require("child_process");
const shown = ["KEY", "TOKEN", "PEM"].map((name) => `${name}=${process.env[name] ?? "(none)"}`);
require("fs").writeSync(1, `node ${shown.join(" ")}.\n`);
const [command, ...rest] = process.argv.slice(2);
process.exitCode = command === undefined ? 0 : (spawnSync(command, rest, { stdio: "inherit" }).status ?? 98);

<?php
// SPDX-License-Identifier: ISC
// php.php WAY PROGRAM SOCKET: starts the witness by one of PHP's ways. Run by the leak matrix; holds secrets, and
// prints none.
[, $way] = $argv;
$command = array_slice($argv, 2);
$line = implode(' ', $command);

function opened($command, $environment)
{
    $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w']], $pipes, null, $environment);
    stream_get_contents($pipes[1]);
    return proc_close($process);
}

$ways = [
    'exec' => function () use ($line) { exec($line, $said, $status); return $status; },
    'exec-shell' => function () use ($line) { exec("$line && :", $said, $status); return $status; },
    'shell_exec' => function () use ($line) { shell_exec("$line && :"); return 0; },
    'system' => function () use ($line) { system("$line; exit \$?", $status); return $status; },
    'passthru' => function () use ($line) { passthru($line, $status); return $status; },
    'proc_open' => function () use ($line) { return opened("$line && :", null); },
    'proc_open-array' => function () use ($command) { return opened($command, null); },
    'proc_open-env' => function () use ($command) { return opened($command, getenv() + ['ADDED' => 'yes']); },
    'proc_open-empty' => function () use ($command) { return opened($command, []); },
    'proc_open-renamed' => function () use ($command) { return opened($command, ['COPY' => getenv('KEY')]); },
    'popen' => function () use ($line) { return pclose(popen("$line && :", 'r')); },
    'popen-write' => function () use ($line) { return pclose(popen($line, 'w')); },
    'putenv' => function () use ($line) {
        putenv('COPY=' . getenv('KEY'));
        putenv('KEY=changed');
        putenv('PW');
        exec($line, $said, $status);
        return $status;
    },
];
exit($ways[$way]());

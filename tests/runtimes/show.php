<?php
// SPDX-License-Identifier: ISC
// What a PHP program sees, by getenv(name), getenv() and $_ENV (variables_order has an E): see show.c.
foreach (array_slice($argv, 1) as $name) {
    $value = getenv($name);
    echo $value === false ? "none $name\0" : "look $name=$value\0";
}
foreach (getenv() as $name => $value) {
    echo "list $name=$value\0";
}
foreach ($_ENV as $name => $value) {
    echo "env $name=$value\0";
}
echo "ready\0";
flush();
while (fgets(STDIN) !== false);

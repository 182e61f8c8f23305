#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A job as cron would run it, under secrun: a short one, that reads %ENV and ends.
use strict;
use warnings;

for my $name (qw(DB_URL TLS_PRIVATE_KEY)) {
    my $value = $ENV{$name} // die "cron: $name is not set\n";
    my $lines = 1 + ($value =~ tr/\n//);
    printf "cron: %s has %d characters in %d line%s\n", $name, length $value, $lines, $lines == 1 ? '' : 's';
}

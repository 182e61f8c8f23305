# SPDX-License-Identifier: ISC
# See deep.c.
use strict;
use warnings;

$| = 1;
print "perl ", join(" ", map { "$_=" . ($ENV{$_} // "(none)") } qw(KEY TOKEN PEM)), ".\n";
exit 0 unless @ARGV;
my $status = system { $ARGV[0] } @ARGV;
exit($status & 127 ? 98 : $status >> 8);

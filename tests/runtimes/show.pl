# SPDX-License-Identifier: ISC
# What a Perl program sees: see show.c.
use strict;
use warnings;
for my $name (@ARGV) {
    print defined $ENV{$name} ? "look $name=$ENV{$name}\0" : "none $name\0";
}
print "list $_=$ENV{$_}\0" for sort keys %ENV;
$| = 1;
print "ready\0";
1 while defined(my $line = <STDIN>);

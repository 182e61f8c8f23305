# SPDX-License-Identifier: ISC
# perl.pl WAY PROGRAM SOCKET: starts the witness by one of Perl's ways. Run by the leak matrix; holds secrets, and
# prints none.
use strict;
use warnings;
use IPC::Open3;
my ($way, @command) = @ARGV;
my $line = "@command";
my %ways = (
    'system' => sub { system(@command) },
    'system-shell' => sub { system("$line && :") },
    'system-local' => sub { local $ENV{ADDED} = 'yes'; system(@command) },
    'system-empty' => sub { local %ENV = (); system(@command) },
    'system-renamed' => sub { local %ENV = (COPY => $ENV{KEY}); system(@command) },
    'exec' => sub { exec(@command) },
    'exec-shell' => sub { exec("$line; exit \$?") },
    'backticks' => sub { my $said = `$line`; $? },
    'backticks-shell' => sub { my $said = `$line && :`; $? },
    'open-from' => sub { open(my $pipe, '-|', @command) or return 1; my @said = <$pipe>; close($pipe); $? },
    'open-to' => sub { open(my $pipe, '|-', "$line; exit \$?") or return 1; close($pipe); $? },
    'fork-exec' => sub { my $pid = fork; exec(@command) if $pid == 0; waitpid($pid, 0); $? },
    'open3' => sub { waitpid(open3(my $in, '>&STDOUT', '>&STDERR', @command), 0); $? },
    'changed' => sub { $ENV{COPY} = $ENV{KEY}; $ENV{KEY} = 'changed'; delete $ENV{PW}; system(@command) },
);
exit($ways{$way}->() == 0 ? 0 : 1);

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A dump that differs from the one on stdin in every seventh entry, by turns in its time,
# its nanoseconds, its label and its owner: other.pl <DUMP >OTHER
use strict;
use warnings;

while (my $line = <STDIN>) {
	my @f = split / /, $line =~ s/\n//r;
	if ($. > 7 && $. % 7 == 0 && $f[2] !~ /^@/) {
		my $turn = $. / 7 % 4;
		$f[7] = '0.0' if $turn == 0;
		$f[7] =~ s/\..*/.0/ if $turn == 1;
		$f[11] = 'user.x=1' if $turn == 2;
		$f[4] += 1000 if $turn == 3;
	}
	print join(' ', @f), "\n";
}

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Dumps in which something is extreme: corner.pl KIND [ENTRIES]
#
# reverse: names of one directory in reverse order; links: hard links to one file;
# values: a different xattr value each; xattrs: 32 KB of xattrs each, all an inode can have.
use strict;
use warnings;

my ($kind, $n) = @ARGV;
my %count = (reverse => 1000000, links => 1000000, values => 1000000, xattrs => 10000);
die "usage: corner.pl reverse|links|values|xattrs [ENTRIES]\n" unless $kind && $count{$kind};
$n ||= $count{$kind};
print "/ 0 40755 2 0 0 0 0.0 - - -\n";
print "/file 5 100644 1 0 0 0 0.0 - hello -\n" if $kind eq 'links';
for my $i (1 .. $n) {
	my $rest = '0 100644 1 0 0 0 0.0 - - -';
	if ($kind eq 'reverse') { printf "/name%07d %s\n", $n - $i, $rest }
	elsif ($kind eq 'links') { printf "/link%07d 0 \@100644 1 0 0 0 0.0 /file - -\n", $i }
	elsif ($kind eq 'values') { printf "/name%07d %s user.value=v%07d\n", $i, $rest, $i }
	else { printf "/name%07d %s %s\n", $i, $rest, join ' ', map { "user.$_=" . sprintf('%07d', $i) . 'x' x 1990 } 11 .. 26 }
}

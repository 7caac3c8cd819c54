#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A dump of files with objects of their own, all of the same content:
#
#	objects.pl COUNT DIGEST SIZE [STORE FILE...]
#
# and with STORE the objects, as hard links to one FILE after the other.
use strict;
use warnings;

my ($count, $digest, $size, $store, @files) = @ARGV;
die "usage: objects.pl COUNT DIGEST SIZE [STORE FILE...]\n" unless $size;
print "/ 0 40755 2 0 0 0 0.0 - - -\n";
if ($store) {
	mkdir $store or die "$store: $!\n";
	mkdir sprintf "%s/%02x", $store, $_ for 0 .. 255;
}
my $dir;
for my $i (0 .. $count - 1) {
	if ($i % 1000 == 0) {
		$dir = sprintf "/dir%04d", $i / 1000;
		print "$dir 0 40755 2 0 0 0 0.0 - - -\n";
	}
	my $name = sprintf "%08x%056x", ($i * 2654435761) & 0xffffffff, $i;
	substr($name, 2, 0) = "/";
	printf "%s/file%06d %d 100644 1 0 0 0 0.0 %s - %s\n", $dir, $i, $size, $name, $digest;
	next unless $store;
	my $file = $files[$i % @files];
	link $file, "$store/$name" or die "$store/$name: $!\n";
}

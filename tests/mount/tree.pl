#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# tree.pl SEED DIR - make a random directory tree: every file type, sizes around
# the limits of the format, odd names, modes, owners, times; as root also
# devices. Prints setfattr(1) input on stdout.
use strict;
use warnings;
use POSIX qw(mkfifo);

my ($seed, $top) = @ARGV;
srand($seed);
my @sizes = (0, 1, 63, 64, 65, 2047, 2048, 2049, 4095, 4096, 4097, 5000, 12288, 65536, 1 << 20);
my $root = $> == 0;
my (@dirs, @all, @files) = ($top);
mkdir $top or die "$top: $!";

sub name {
	my $kind = int rand 10;
	return join "", map { chr(97 + int rand 26) } 1 .. 1 + int rand 12 if $kind < 7;
	return sprintf "%02x", int rand 256 if $kind == 7;
	return "n" x (200 + int rand 56) if $kind == 8;
	return join "", map { my $c = 1 + int rand 255; $c == 47 ? "_" : chr $c } 1 .. 1 + int rand 20;
}

for (1 .. 40 + int rand 200) {
	my $dir = $dirs[rand @dirs];
	my $path = "$dir/" . name();
	next if -l $path || -e $path || $path =~ m{/\.\.?$};
	my $kind = int rand 20;
	if ($kind < 5) {
		mkdir $path or die "$path: $!";
		push @dirs, $path;
	} elsif ($kind < 14) {
		open my $f, ">", $path or die "$path: $!";
		my $size = $sizes[rand @sizes];
		my $unit = rand(4) < 1 ? "\0" : chr(int rand 256) . chr(int rand 256) . "x";
		print $f substr($unit x ($size / length($unit) + 1), 0, $size);
		close $f;
		push @files, $path;
	} elsif ($kind < 17) {
		symlink("t" x (1 + int rand(rand(3) < 1 ? 4000 : 60)), $path) or die "$path: $!";
		push @all, $path;
		next;
	} elsif ($kind == 17) {
		mkfifo($path, 0600) or die "$path: $!";
	} elsif ($kind == 18 && @files) {
		link($files[rand @files], $path) or die "$path: $!";
		next;
	} elsif ($root) {
		my $type = rand(2) < 1 ? "c" : "b";
		# A device 0:0 is a whiteout, which an overlay hides.
		system("mknod", $path, $type, 1 + int rand 255, int rand 300) == 0 or die "$path: mknod";
	} else {
		next;
	}
	push @all, $path;
}

for my $path (reverse @all, $top) {
	chown int rand 70000, int rand 70000, $path if $root && !-l $path;
	chmod((-d $path ? 0700 : 0400) | int rand 0777, $path) unless -l $path;
	if (!-l $path && (-f $path || -d $path)) {
		my $n = int rand 6;
		(my $quoted = $path) =~ s/([\\\x00-\x20\x7f-\xff=])/sprintf "\\%03o", ord $1/ge;
		print "# file: $quoted\n" if $n < 4;
		for my $i (1 .. 4 - $n) {
			printf "%s.k%d=0x%s\n", rand(3) < 2 || !$root ? "user" : "trusted", int rand 5,
				unpack("H*", "v" x int rand(rand(8) < 1 ? 900 : 6));
		}
		print "\n" if $n < 4;
	}
}

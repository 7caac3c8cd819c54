#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A tree of small files: tree.pl DIR FILES, with a directory for every ten files.
#
# 5 % empty, 61 % up to 4 KiB, 30 % to 16 KiB, 4 % to 64 KiB; 2 % hard links, 2.5 %
# symlinks, 1 % with an xattr, 10 % equal contents. The same tree at every run,
# but for its times. tree.pl DIR deep [COUNT]: 100 000 directories in each other.
use strict;
use warnings;

my ($top, $files, $count) = @ARGV;
die "usage: tree.pl DIR FILES|deep\n" unless $files && $files =~ /^(\d+|deep)$/;
mkdir $top or die "$top: $!\n";
chdir $top or die;
if ($files eq 'deep') {
	for (1 .. $count || 100000) { mkdir 'd' and chdir 'd' or die "d: $!\n" }
	exit 0;
}

my $seed = 4711;
sub rnd { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return ($seed >> 8) % $_[0] }
my %setxattr = (x86_64 => 188, aarch64 => 5);
my $call = $setxattr{ (split ' ', `uname -m`)[0] };

my $pool = pack 'V*', map { rnd(1 << 22) << 10 ^ rnd(1 << 22) } 1 .. 1 << 16;
my @dirs = ('.');
my ($n, $last) = (0, undef);
for my $d (0 .. $files / 10 - 1) {
	my $dir = ($d < 20 ? '.' : $dirs[rnd(@dirs < 400 ? scalar @dirs : 400)]) . "/dir$d";
	mkdir $dir or die "$dir: $!\n";
	push @dirs, $dir;
	for (1 .. 10) {
		my $name = sprintf '%s/%s%05d', $dir, (qw(lib data mod.py x README))[rnd(5)], $n++;
		my $kind = rnd(1000);
		if ($last && $kind < 20) {
			link $last, $name or die;
			next;
		}
		if ($kind < 45) {
			symlink "../target/$n", $name or die;
			next;
		}
		my $k = rnd(100);
		my $size = $k < 5 ? 0 : $k < 66 ? 1 + rnd(4096) : $k < 96 ? 4097 + rnd(12288) : 16385 + rnd(49152);
		my $equal = rnd(10) == 0;
		open my $f, '>', $name or die "$name: $!\n";
		print $f $equal ? substr $pool, 0, $size % 64 * 64 : substr pack('V', $n) . substr($pool, rnd(1 << 17), $size), 0, $size;
		close $f or die;
		my ($key, $value) = ('user.test', 'value' . rnd(50));
		syscall $call, $name, $key, $value, length $value, 0 if $call && rnd(100) == 0;
		$last = $name if $size;
	}
}

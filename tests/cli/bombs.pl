#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# bombs.pl FORMAT KIND N - an input of this shape and size on stdout, for
# tests/cli/bombs.sh. FORMAT is dump, json, tar or image; chunked and stargz make a
# blob of a table of contents on stdin, which for chunked is compressed and N long.
use strict;
use warnings;

my ($format, $kind, $n) = @ARGV;
my $zero = "0" x 64;
binmode STDOUT;
die "$format?" if !main->can("make_$format");

# The K-th of 2^16 texts of 32 bytes that have one sum under each hash of this kind:
# times31: h * 31 + c; times33: h * 33 + c; sum: any that does not see the order.
sub same_hash
{
	my ($how, $k) = @_;
	my ($a, $b) = @{ { times31 => [ 'Aa', 'BB' ], times33 => [ 'Ab', 'BA' ], sum => [ 'ab', 'ba' ] }->{$how} };
	return join '', map { $k >> $_ & 1 ? $a : $b } 0 .. 15;
}

# ---- dump text
sub line { return sprintf "/%s 0 100644 1 0 0 0 0.0 - - -%s\n", $_[0], $_[1] // '' }
sub dir { return "$_[0] 0 40755 2 0 0 0 0.0 - - -\n" }
sub alias { return "/$_[0] 0 \@100644 - - - - - /$_[1] - -\n" }

sub make_dump
{
	my $x = 7;
	print dir('/') if $kind ne 'blank';
	if ($kind eq 'deep') { my $p = ''; print dir($p .= '/d') for 1 .. $n }
	elsif ($kind eq 'wide') { print line(sprintf '%07d', $_) for 1 .. $n }
	elsif ($kind eq 'reverse') { print line(sprintf '%08d', $_) for reverse 1 .. $n }
	elsif ($kind eq 'random') {
		for (1 .. $n) { $x = ($x * 1103515245 + 12345) & 0x7fffffff; print line(sprintf '%08d%d', $x, $_) }
	} elsif ($kind eq 'breadth') {
		print dir(sprintf '/%06d', $_) for 1 .. $n;
		for my $k (1 .. 3) { print line(sprintf '%06d/f%d', $_, $k) for 1 .. $n }
	} elsif ($kind eq 'links') { print line('a'); print alias(sprintf('b%07d', $_), 'a') for 1 .. $n }
	elsif ($kind eq 'targets') { print line(sprintf 'a%07d', $_), alias(sprintf('b%07d', $n - $_), sprintf 'a%07d', $_) for 1 .. $n }
	elsif ($kind eq 'same') { print dir('/d'), line('a'), line('d/x'); print line('a') for 1 .. $n }
	elsif ($kind eq 'same-first') { print dir('/d'); print line('a') for 1 .. $n; print line('d/x') }
	elsif ($kind eq 'chain') {
		print alias(sprintf('%08d', $_), sprintf '%08d', $_ + 1) for 1 .. $n;
		print line(sprintf '%08d', $n + 1);
	} elsif ($kind eq 'cycle') {
		print alias(sprintf('%08d', $_), sprintf '%08d', $_ % $n + 1) for 1 .. $n;
	} elsif ($kind eq 'values') { print line(sprintf('%08d', $_), sprintf ' user.a=%08d', $_) for 1 .. $n }
	elsif ($kind =~ /^(.*)-values$/) { print line($_, ' user.a=' . same_hash($1, $_)) for 1 .. $n }
	elsif ($kind =~ /^(.*)-keys$/) { print line($_, ' user.' . same_hash($1, $_) . '=a') for 1 .. $n }
	elsif ($kind =~ /^(.*)-names$/) { print line(same_hash($1, $_)) for 1 .. $n }
	elsif ($kind =~ /^(.*)-paths$/) { print "/$_ 9 100644 1 0 0 0 0.0 ", same_hash($1, $_), " - $zero\n" for 1 .. $n }
	elsif ($kind eq 'sets') {
		for my $i (1 .. $n) { print "/$i 0 100644 1 0 0 0 0.0 - - -"; printf ' user.%04d=%d', 9999 - $_, $i * $_ for 1 .. 1200; print "\n" }
	} elsif ($kind eq 'line') { print '/', 'a' x ($n << 20) }
	elsif ($kind eq 'blank') { print "\0" x 1048576 for 1 .. $n }
	elsif ($kind eq 'sizes') { printf "/%07d %d 100644 4294967295 4294967295 4294967295 0 -9223372036854775808.999999999 x - -\n", $_, 1 << 53 for 1 .. $n }
	elsif ($kind eq 'aliases') {
		# Names of one inode with many attributes.
		print line('a', join '', map { sprintf ' user.%04d=%s', $_, 'x' x 10 } 1 .. 300);
		print alias(sprintf('b%07d', $_), 'a') for 1 .. $n;
	} elsif ($kind eq 'shared') {
		my $set = join '', map { sprintf ' user.%03d=%s', $_, 'x' x 90 } 1 .. 250;
		print line(sprintf('%07d', $_), $set) for 1 .. $n;
	} else { die $kind }
}

# ---- tables of contents
sub list { my $more = ''; print '{"entries":['; while (defined(my $e = $_[0]->())) { print $more, $e; $more = ',' } print ']}' }
sub reg { return "{\"type\":\"reg\",\"name\":\"$_[0]\"" . ($_[1] // '') . '}' }
sub link_entry { return "{\"name\":\"$_[0]\",\"type\":\"hardlink\",\"linkName\":\"$_[1]\"}" }

sub make_json
{
	my $i = 0;
	my $each = sub { my ($f, @end) = @_; list(sub { $i++ < $n ? $f->($i) : $end[$i - $n - 1] }) };
	if ($kind eq 'nest') { print '{"entries":[{"type":"reg","name":"', 'a/' x $n, 'f"}]}' }
	elsif ($kind eq 'deep') { $each->(sub { reg("$_[0]/" . 'a/' x 2046 . 'f') }) }
	elsif ($kind eq 'nested') { print '{"x":', '[' x $n, ']' x $n, ',"entries":[]}' }
	elsif ($kind eq 'reverse') { $each->(sub { reg(sprintf '%07d', $n - $_[0]) }) }
	elsif ($kind eq 'links') { $each->(sub { link_entry("l$_[0]", 'f') }, reg('f')) }
	elsif ($kind eq 'chain') { $each->(sub { link_entry("l$_[0]", 'l' . ($_[0] + 1)) }, reg('l' . ($n + 1))) }
	elsif ($kind eq 'cycle') { $each->(sub { link_entry("l$_[0]", 'l' . ($_[0] % $n + 1)) }) }
	elsif ($kind eq 'same') { $each->(sub { reg('f', ',"uid":5') }) }
	elsif ($kind eq 'keys') { print '{"x":{', join(',', map { "\"k$_\":0" } 1 .. $n), '},"entries":[]}' }
	elsif ($kind eq 'string') { print '{"x":"', '0123456789' x ($n * 100), '","entries":[]}' }
	elsif ($kind eq 'number') { print '{"x":', '1234567890' x ($n * 100), ',"entries":[]}' }
	elsif ($kind eq 'array') { print '{"x":[0', ',[1.5]' x ($n * 150), '],"entries":[]}' }
	elsif ($kind eq 'name') { print '{"entries":[{"type":"reg","name":"', 'a' x ($n << 20), '"}]}' }
	elsif ($kind eq 'blank') { my $s = ' ' x 1048576; print $s for 1 .. $n }
	elsif ($kind eq 'sizes') { $each->(sub { reg("f$_[0]", ',"size":4503599627370496,"digest":"' . $zero . '"') }) }
	elsif ($kind eq 'uid') { print '{"entries":[', reg('f', ',"uid":' . '9' x ($n << 20)), ']}' }
	elsif ($kind =~ /^(.*)-names$/) { my $h = $1; $each->(sub { reg(same_hash($h, $_[0])) }) }
	elsif ($kind =~ /^(.*)-keys$/) { my $h = $1; print '{"x":{', join(',', map { '"' . same_hash($h, $_) . '":0' } 1 .. $n), '},"entries":[]}' }
	else { die $kind }
}

# ---- a directory on disk, ./in
sub make_dir
{
	mkdir 'in';
	chdir 'in' or die;
	if ($kind eq 'deep') {
		for (1 .. $n) { mkdir 'd' or die "mkdir: $!"; chdir 'd' or die }
		open my $f, '>', 'f' or die;
	} elsif ($kind eq 'wide') {
		for (1 .. $n) { open my $f, '>', sprintf '%07d', $_ or die }
	} else { die $kind }
}

# ---- tar
sub header
{
	my ($name, $type, $size, $link) = @_;
	my $b = pack('a100a8a8a8a12A12A8a1a100a8a32a32a8a8a155x12', $name, "0000644\0", "0000000\0", "0000000\0",
		$size >= 1 << 33 ? pack('CxxxQ>', 0x80, $size) : sprintf("%011o\0", $size), "00000000000\0", '', $type,
		$link // '', "ustar\00000", '', '', "0000000\0", "0000000\0", '');
	substr($b, 148, 8) = sprintf("%06o\0 ", unpack('%32C*', $b));
	return $b;
}

sub member
{
	my ($name, $type, $link, $data) = @_;
	print header($name, $type, length($data // ''), $link), $data // '', "\0" x (-length($data // '') % 512);
}

sub pax
{
	my ($key, $value) = @_;
	my $len = length($key) + length($value) + 3;
	$len += length($len + length($len));
	member('x', 'x', '', "$len $key=$value\n");
}

sub make_tar
{
	if ($kind eq 'reverse') { member(sprintf('%07d', $n - $_), 0) for 1 .. $n }
	elsif ($kind eq 'links') { member('f', 0); member("l$_", 1, 'f') for 1 .. $n }
	elsif ($kind eq 'chain') { member("l$_", 1, 'l' . ($_ + 1)) for 1 .. $n; member('l' . ($n + 1), 0) }
	elsif ($kind eq 'cycle') { member("l$_", 1, 'l' . ($_ % $n + 1)) for 1 .. $n }
	elsif ($kind eq 'same') { member('f', 0) for 1 .. $n }
	elsif ($kind eq 'turns') { for (1 .. $n / 2) { member('f/x', 0); member('f', 0); member('f', 5) } }
	elsif ($kind eq 'nest') { pax('path', 'a/' x $n . 'f'); member('x', 0) }
	elsif ($kind eq 'nest-long') { member('././@LongLink', 'L', '', 'a/' x $n . 'f'); member('x', 0) }
	elsif ($kind eq 'deep') { for (1 .. $n) { pax('path', sprintf('%05d/', $_) . 'a/' x 2044 . 'f'); member('x', 0) } }
	elsif ($kind eq 'islands') {
		# Blocks of data with holes between them that are no whole subtree of the digest.
		pax_many('GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.realsize=9007199254740992');
		my $map = "$n\n" . join '', map { ($_ * 1099511631872 + 4096) . "\n512\n" } 1 .. $n;
		member('f', 0, '', $map . "\0" x (-length($map) % 512) . 'x' x (512 * $n));
	}
	elsif ($kind eq 'pax') { for (1 .. $n) { pax('comment', 'x' x 1048000); member("f$_", 0) } }
	elsif ($kind eq 'line') { pax('path', 'a' x ($n << 20)); member('f', 0) }
	elsif ($kind eq 'xattrs') { for (1 .. $n) { pax("SCHILY.xattr.user.a$_", 'x' x 1048000); member('f', 0) } member('f', 0) }
	elsif ($kind =~ /^(.*)-names$/) { member(same_hash($1, $_), 0) for 1 .. $n }
	elsif ($kind eq 'size') { print header('f', 0, $n << 40); return }
	elsif ($kind eq 'holes') {
		# Maps of segments without a byte, all at one place.
		my $map = "$n\n" . "5\n0\n" x $n;
		pax_many('GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.realsize=9007199254740992');
		member('f', 0, '', $map . "\0" x (-length($map) % 512));
	} elsif ($kind eq 'big') {
		print header('big', 0, $n << 20);
		print '0123456789abcdef' x 65536 for 1 .. $n;
	} elsif ($kind eq 'hole') {
		pax_many('GNU.sparse.major=1', 'GNU.sparse.minor=0', "GNU.sparse.realsize=$n");
		my $map = "1\n" . ($n - 1) . "\n1\n";
		member('f', 0, '', $map . "\0" x (512 - length($map)) . 'x');
	} else { die $kind }
	print "\0" x 1024;
}

sub pax_many
{
	my $all = '';
	for (@_) {
		my $len = length($_) + 2;
		$len += length($len + length($len));
		$all .= "$len $_\n";
	}
	member('x', 'x', '', $all);
}

# ---- images that no writer makes. Compact inodes; the root is inode 36.
sub inode
{
	my ($layout, $icount, $mode, $size, $u, $mtime) = @_;
	return pack 'vvvvVVVVvvV', $layout << 1, $icount, $mode, 1, $size, $mtime // 0, $u, 0, 0, 0, 0;
}

# Blocks of a directory, of [name, nid, type]; the last is a tail.
sub names
{
	my @blocks = ([]);
	my $room = 4096;
	for (@_) {
		my $need = 12 + length $_->[0];
		if ($need > $room) { push @blocks, []; $room = 4096 }
		push @{ $blocks[-1] }, $_;
		$room -= $need;
	}
	return map {
		my ($at, $heads, $texts) = (12 * @$_, '', '');
		for (@$_) { $heads .= pack 'Q<vCx', $_->[1], $at, $_->[2]; $at += length $_->[0]; $texts .= $_->[0] }
		$heads . $texts;
	} @blocks;
}

sub make_image
{
	my $dots = sub { return (names([ '.', $_[0], 2 ], [ '..', $_[1], 2 ]))[0] };
	my ($inodes, $data, $inos) = ('', '', 8);
	my $file_size = 0;
	if ($kind eq 'blocks') {
		# N directories of the same N / 64 blocks, each with its own dots in a tail.
		my $first = 38;
		my $blocks = int($n / 64);
		my @dirs = map { [ sprintf('d%07d', $_), $first + 2 * ($_ - 1), 2 ] } 1 .. $n;
		my @all = names([ '.', 36, 2 ], [ '..', 36, 2 ], @dirs);
		my $end = $first + 2 * $n;
		# In the root all is whole blocks but the last, which is one, too.
		my $start = int(($end * 32 + 4095) / 4096);
		my @list = map { names(map { [ sprintf('!%07d', $_), 37, 1 ] } $_ * 200 + 1 .. $_ * 200 + 200) } 0 .. $blocks - 1;
		$inodes = inode(0, 0, 040755, 4096 * @all, $start) . inode(0, 0, 0100644, 0, 0);
		my $share = $start + @all;
		my $tail = $dots->(1, 1);
		for (1 .. $n) {
			my $nid = $first + 2 * ($_ - 1);
			$inodes .= inode(2, 0, 040755, 4096 * $blocks + length $tail, $share) . $dots->($nid, 36);
			$inodes .= "\0" x (-length($inodes) % 64);
		}
		$data = join '', map { $_ . "\0" x (4096 - length) } @all, @list;
		$inodes .= "\0" x ($start * 4096 - 1152 - length $inodes);
	} elsif ($kind eq 'xattrs') {
		# N inodes of 1500 attributes, each a part of the attributes of those before it.
		my $at = 37;
		my @files = map { [ sprintf('f%07d', $_), $at + $_ - 1, 1 ] } 1 .. $n;
		my @all = names([ '.', 36, 2 ], [ '..', 36, 2 ], @files);
		my $start = int((($at + $n + 1501) * 32 + 4095) / 4096);
		$inodes = inode(0, 0, 040755, 4096 * @all, $start);
		for (1 .. $n + 1500) {
			# Its last 20 bytes with the 12 after it: an entry of a name of 4 bytes.
			$inodes .= pack 'vvvvVCCvVVVV', 0, $_ > $n ? 0 : 12001, 0100400, 1, 0, 4, 1, 24,
				0x01010101 + $_ % 200 + (int($_ / 200) << 8), 0, 0, 0;
		}
		$data = join '', map { $_ . "\0" x (4096 - length) } @all;
		$inodes .= "\0" x ($start * 4096 - 1152 - length $inodes);
	} elsif ($kind eq 'counts') {
		# Every count as large as it can be, and N MiB of nothing.
		$inos = ~0;
		$inodes = inode(0, 65535, 040755, 0xfffff000, 1) . "\xff" x (($n << 20) - 32);
	} elsif ($kind eq 'size') {
		$inodes = inode(0, 0, 040755, 0x7ffff000, 1) . "\0" x (($n << 20) - 32);
	} elsif ($kind eq 'loop') {
		# A chain of N directories that comes back to the first.
		for (0 .. $n - 1) {
			my $nid = 36 + 4 * $_;
			my ($block) = names([ '.', $nid, 2 ], [ '..', $_ ? $nid - 4 : 36, 2 ], [ 'd', $_ == $n - 1 ? 36 : $nid + 4, 2 ]);
			my $d = inode(2, 0, 040755, length $block, 0) . $block;
			$inodes .= $d . "\0" x (-length($d) % 128);
		}
	} else { die $kind }
	my $len = 1152 + length($inodes) + length $data;
	my $pad = -$len % 4096;
	print pack('VVVVx16', 0xd078629a, 1, 0, 2), "\0" x 992,
		pack('VVVCCvQ<Q<VVVVx16x16Vx44', 0xe0f5e1e2, 0, 6, 12, 0, 36, $inos, 0, 0, ($len + $pad) / 4096, 0, 0, 4),
		$inodes, $data, "\0" x $pad;
}

# ---- blobs (toc 2 and 3)
sub skippable { return pack('VV', 0x184d2a50, length $_[0]) . $_[0] }

sub make_chunked
{
	my $toc = do { local $/; <STDIN> };
	my ($off, $len, $size) = (8, length $toc, $n);
	if ($kind eq 'wrap') { $off = ~0 - 7; $len = 16 }
	elsif ($kind eq 'length') { $len = ~0 }
	elsif ($kind eq 'size') { $size = ~0 }
	elsif ($kind ne 'true') { die $kind }
	print skippable($toc), skippable(pack 'Q<7a8', $off, $len, $size, 1, 0, 0, 0, 'GNUlInUx');
}

sub make_stargz
{
	my $toc = do { local $/; <STDIN> };
	my $size = $kind eq 'size' ? 1 << 60 : length $toc;
	my $tar = header('stargz.index.json', 0, $size) . $toc . "\0" x (-length($toc) % 512 + 1024);
	my $gz;
	require IO::Compress::Gzip;
	IO::Compress::Gzip::gzip(\$tar, \$gz, -Level => 1) or die;
	my $off = $kind eq 'offset' ? 'f' x 16 : '0' x 16;
	print $gz, pack('H*', '1f8b08040000000000ff1a0053471600'), $off, 'STARGZ', pack('H*', '010000ffff'), "\0" x 8;
}

main->can("make_$format")->();

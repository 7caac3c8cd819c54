#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# ostree-repo.pl DIR MODE KIND [N | DIGEST] - write an OSTree repository with one
# commit, refs/heads/t, from the description of the format (ostree 1 and 3):
#
#	small [DIGEST]	files, a symlink, directories, one of them at two places;
#			DIGEST is recorded in the commit
#	deep N		N directories in each other
#	names N		N names of one file in one directory
#	square N	N directories, each of them with 8191 names
#	twins N		N directories in each other, each twice: 2^N names
#	reverse N	N names, the last one first
#	collide N	N names with one hash under h * 31 + c
#	line N		a name of N MiB
#	large N		one file of N MiB
#
# MODE is bare, bare-user-only or archive; owners are 0, and there are no xattrs
# (so that the commit is the same in each), but in archive mode `small` has some
# if the environment has XATTRS.
use strict;
use warnings;
use Digest::SHA qw(sha256);
use Compress::Raw::Zlib;

my ($dir, $mode, $kind, $n) = @ARGV;
my $bare = $mode ne 'archive';

# The offsets behind @_[1..]: as wide as the whole makes necessary.
sub offsets
{
	my ($body, @ends) = @_;
	my ($w, $f) = (1, 'C');
	($w, $f) = (2, 'v') if length($body) + @ends > 0xff;
	($w, $f) = (4, 'V') if length($body) + 2 * @ends > 0xffff && $w == 2;
	return $body . pack("$f*", @ends);
}

sub array
{
	my ($align, @v) = @_;
	my ($body, @ends) = ('');
	for (@v) {
		$body .= "\0" x (-length($body) % $align) . $_;
		push @ends, length $body;
	}
	return @v ? offsets($body, @ends) : '';
}

sub put
{
	my ($sum, $ext, $data) = @_;
	my $hex = unpack('H*', $sum);
	my $sub = "$dir/objects/" . substr($hex, 0, 2);
	mkdir $sub;
	open my $f, '>', "$sub/" . substr($hex, 2) . ".$ext" or die "$sub: $!";
	print $f $data;
	close $f or die;
	return $sum;
}

sub metadata
{
	my ($ext, $data) = @_;
	return put(sha256($data), $ext, $data);
}

sub xattrs
{
	my %x = @_;
	return array(1, map { offsets("$_\0$x{$_}", length($_) + 1) } sort keys %x);
}

sub header
{
	my ($size, $m, $target, @x) = @_;
	my $start = $size . pack('NNNN', 0, 0, $m, 0) . "$target\0";
	my $h = offsets($start . xattrs(@x), length $start);
	return pack('NN', length $h, 0) . $h;
}

sub file
{
	my ($m, $content, $target, @x) = @_;
	my $sum = sha256(header('', $m, $target, @x) . $content);
	if (!$bare) {
		my $out = header(pack('Q>', length $content), $m, $target, @x);
		if ($target eq '') {
			my ($z) = Compress::Raw::Zlib::Deflate->new(-WindowBits => -MAX_WBITS, -AppendOutput => 1);
			$z->deflate($content, $out);
			$z->flush($out);
		}
		return put($sum, 'filez', $out);
	}
	put($sum, 'file', $content);
	my $path = sprintf '%s/objects/%s/%s.file', $dir, unpack('H2', $sum), unpack('x H*', $sum);
	if ($target ne '') {
		unlink $path;
		symlink $target, $path or die;
	} else {
		chmod $m & 07777, $path or die;
	}
	return $sum;
}

# [name, file], ... and [name, dirtree, dirmeta], ...
sub dirtree
{
	my ($files, $dirs) = @_;
	my $f = array(1, map { offsets("$_->[0]\0$_->[1]", length($_->[0]) + 1) } @$files);
	my $d = array(1, map { offsets("$_->[0]\0$_->[1]$_->[2]", length($_->[0]) + 33, length($_->[0]) + 1) } @$dirs);
	return metadata('dirtree', offsets($f . $d, length $f));
}

sub commit
{
	my ($tree, $meta, $digest) = @_;
	my @entries;
	if (defined $digest) {
		my $key = "ostree.composefs.digest.v0\0";
		push @entries, offsets($key . "\0" x (-length($key) % 8) . pack('H*', $digest) . "\0ay", length $key);
	}
	my $body = array(8, @entries);
	my @ends = (length $body) x 3;
	$body .= "subject\0";
	push @ends, length $body;
	$body .= "\0";
	push @ends, length $body;
	$body .= "\0" x (-length($body) % 8) . pack('Q>', 1700000000) . $tree;
	push @ends, length $body;
	return metadata('commit', offsets($body . $meta, reverse @ends));
}

mkdir $_ for $dir, "$dir/objects", "$dir/refs", "$dir/refs/heads", "$dir/refs/remotes";
open my $config, '>', "$dir/config" or die;
print $config "[core]\nrepo_version=1\nmode=$mode\n";
close $config;

my $meta = metadata('dirmeta', pack('NNN', 0, 0, 040755));
my @x = $ENV{XATTRS} && !$bare ? ('user.one', '1', 'security.two', 'x' x 300) : ();
my $tree;
if ($kind eq 'small') {
	my $a = file(0100644, "hello\n" x 1000, '', @x);
	my $sub = dirtree([ [ '.wh.gone', $a ], [ 'empty', file(0100600, '', '') ] ], []);
	$tree = dirtree(
		[ [ 'a', $a ], [ 'again', $a ], [ "\xc3\xa4 \"\\\n", file(0104755, 'x' x 70000, '') ], ],
		[ [ 'dir', $sub, $meta ], [ 'etc', dirtree([ [ 'link', file(0120777, '', '../a') ] ], []), $meta ],
		  [ 'twice', $sub, $meta ] ]);
} elsif ($kind eq 'deep') {
	$tree = dirtree([], []);
	$tree = dirtree([], [ [ 'd', $tree, $meta ] ]) for 1 .. $n;
} elsif ($kind eq 'names') {
	my $a = file(0100644, 'hello', '');
	$tree = dirtree([ map { [ sprintf('%08d', $_), $a ] } 1 .. $n ], []);
} elsif ($kind eq 'twins') {
	$tree = dirtree([], []);
	$tree = dirtree([], [ [ 'a', $tree, $meta ], [ 'b', $tree, $meta ] ]) for 1 .. $n;
} elsif ($kind eq 'reverse') {
	my $a = file(0100644, 'hello', '');
	$tree = dirtree([ map { [ sprintf('%08d', $_), $a ] } reverse 1 .. $n ], []);
} elsif ($kind eq 'collide') {
	my $a = file(0100644, 'hello', '');
	my @names = sort map { my $k = $_; join '', map { $k >> $_ & 1 ? 'Aa' : 'BB' } 0 .. 15 } 1 .. $n;
	$tree = dirtree([ map { [ $_, $a ] } @names ], []);
} elsif ($kind eq 'line') {
	$tree = dirtree([ [ 'a' x ($n << 20), file(0100644, 'hello', '') ] ], []);
} elsif ($kind eq 'square') {
	my $a = file(0100644, 'hello', '');
	my $sub = dirtree([ map { [ sprintf('%08d', $_), $a ] } 1 .. 8191 ], []);
	$tree = dirtree([], [ map { [ sprintf('%08d', $_), $sub, $meta ] } 1 .. $n ]);
} elsif ($kind eq 'large') {
	$tree = dirtree([ [ 'large', file(0100644, "\0" x ($n << 20), '') ] ], []);
}
my $commit = commit($tree, $meta, $kind eq 'small' ? $n : undef);
open my $ref, '>', "$dir/refs/heads/t" or die;
print $ref unpack('H*', $commit), "\n";
close $ref;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# random.pl SEED [shown] - a random dump that survives encode and decode (dump format 7):
# of an inode with several names the first one, depth first, holds it, and
# nothing stands in it that image format 15.2 says is lost.
#
# With "shown" the xattrs are those that Linux can show on the type of file that has
# them (image format 17), names of overlayfs among them, whether they survive or not.
use strict;
use warnings;

srand($ARGV[0]);
my $shown = ($ARGV[1] // "") eq "shown";
my @types = ("40755", "100644", "100755", "120777", "20600", "60660", "10600", "140777");
my @sizes = (1, 63, 64, 65, 2047, 2048, 2049, 4095, 4096, 4097, 5000);
my @big = (1, 4096, 65536, 1 << 31, 1 << 32, (1 << 43) - 1, 1 << 43, (1 << 43) + 1, 1 << 53);
my %lines;
my %held; # parent of a path, for depth first order
my @dirs = ("");

sub escape { return join "", map { sprintf "\\x%02x", ord } split //, $_[0] }

sub name {
	my $kind = int rand 8;
	return join "", map { chr(97 + int rand 26) } 1 .. 1 + int rand 8 if $kind < 5;
	return sprintf "%02x", int rand 256 if $kind == 5;
	return "n" x (1 + int rand 255) if $kind == 6;
	my $s = join "", map { my $c = 1 + int rand 255; $c == 47 ? "_" : chr $c } 1 .. 1 + int rand 30;
	return $s =~ /^\.\.?$/ ? "x" : $s;
}

sub bytes { return join "", map { chr int rand 256 } 1 .. $_[0] }

my @values = map { bytes(int rand 40) } 1 .. 6;
my @keys = ("user.a", "user.b", "security.selinux", "trusted.x", "trusted.overlay.opaque",
	"system.posix_acl_access", "lustre.lov", "none", "user.longer.name", "trusted.overlay.overlay.deep");

sub xattrs {
	my ($dir) = @_;
	my %x;
	for (1 .. int rand(rand(3) < 1 ? 9 : 2)) {
		my $k = $keys[rand @keys];
		# A directory with whiteouts gets this one from the encoder.
		next if $dir && $k =~ /opaque/;
		$x{$k} = rand(4) < 1 ? bytes(int rand 600) : $values[rand @values];
	}
	return join "", map { " " . escape($_) . "=" . escape($x{$_}) } sort keys %x;
}

my $acl = pack "VvvVvvVvvVvvVvvV", 2, 1, 6, ~0 & 0xffffffff, 2, 6, 1000, 4, 0, ~0 & 0xffffffff,
	16, 6, ~0 & 0xffffffff, 32, 0, ~0 & 0xffffffff;
my @overlay = qw(opaque redirect metacopy whiteout whiteouts nlink impure origin overlay.opaque overlay.whiteout zz);

sub shown_xattrs {
	my ($type) = @_;
	my @may = ("security.selinux", "security.other", "trusted.x", "trusted.longer.name",
		map { "trusted.overlay.$_" } @overlay);
	push @may, "user.a", "user.b", "user.longer.name", map { "user.overlay.$_" } @overlay
		if $type == 0100000 || $type == 0040000;
	my %x;
	for (1 .. int rand(rand(3) < 1 ? 9 : 2)) {
		my $k = $may[rand @may];
		$x{$k} = rand(4) < 1 ? bytes(int rand 600) : rand(3) < 1 ? ("y", "x", "")[rand 3] : $values[rand @values];
	}
	$x{"system.posix_acl_access"} = $acl if rand(9) < 1 && $type != 0120000;
	$x{"system.posix_acl_default"} = $acl if rand(9) < 1 && $type == 0040000;
	return join "", map { " " . escape($_) . "=" . escape($x{$_}) } sort keys %x;
}

sub owner { return join " ", map { rand(5) < 1 ? int rand 4294967295 : int rand 3 } 1 .. 2 }
my @times = map { int(rand 2000000000) - 500000000 . "." . int rand 1000000000 } 1 .. 3;

sub line {
	my ($mode, $dir) = @_;
	my ($size, $rdev, $payload, $content, $digest) = (0, 0, "-", "-", "-");
	my $type = oct($mode) & 0170000;
	if ($type == 0100000) {
		my $kind = int rand 4;
		if ($kind == 0) {
			$size = $sizes[rand @sizes];
			$content = escape(bytes($size));
		} elsif ($kind < 3) {
			$size = $big[rand @big];
			my $hex = unpack "H*", rand(3) < 1 ? "d" x 32 : bytes(32);
			$digest = $hex if rand(5) > 1;
			$payload = rand(3) > 1 || ($shown && $ARGV[0] % 3 == 0) ? substr($hex, 0, 2) . "/" . substr($hex, 2) : "p" x (1 + int rand 90);
		}
	} elsif ($type == 0120000) {
		$payload = "t" x (1 + int rand(rand(4) < 1 ? 4095 : 80));
	} elsif ($type == 0020000 || $type == 0060000) {
		$rdev = rand(3) < 1 && $type == 0020000 ? 0 : int rand 4294967295;
	}
	return "$size $mode " . (1 + int rand(rand(9) < 1 ? 100000 : 2)) . " " . owner() . " $rdev " .
		(rand(3) < 2 ? $times[0] : $times[rand @times]) . " $payload $content $digest" .
		($shown ? shown_xattrs($type) : xattrs($dir));
}

$lines{""} = line("40755", 1);
for (1 .. 2 + int rand(rand(10) < 1 ? 900 : 60)) {
	my $dir = $dirs[rand @dirs];
	my $path = "$dir/" . name();
	next if exists $lines{$path};
	my $mode = $types[rand @types];
	$lines{$path} = line($mode, $mode eq "40755");
	push @dirs, $path if $mode eq "40755";
}

# Depth first, children in byte order, is the order of paths with "/" below all bytes.
sub key { (my $k = $_[0]) =~ s{/}{\0}g; return $k }
my @paths = sort { key($a) cmp key($b) } keys %lines;
my @files = grep { $lines{$_} !~ /^\S+ 4/ } @paths;
for (1 .. int rand 6) {
	last unless @files;
	my $target = $files[rand @files];
	my $path = $dirs[rand @dirs] . "/" . name();
	next if exists $lines{$path} || key($path) lt key($target);
	$lines{$path} = "0 \@100644 - - - - - " . escape($target) . " - -";
}

# Parents first, otherwise in any order.
my @order = sort { key($a) cmp key($b) } keys %lines;
if (rand(2) < 1) {
	my %depth = map { my $p = $_; $p => ($p =~ tr{/}{}) } @order;
	my %r = map { $_ => rand } @order;
	@order = sort { $depth{$a} <=> $depth{$b} || $r{$a} <=> $r{$b} } @order;
}
print escape($_ eq "" ? "/" : $_), " $lines{$_}\n" for @order;

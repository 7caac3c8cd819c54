# SPDX-License-Identifier: GPL-2.0-only
#
# Images that no writer makes: every name that begins with trusted.overlay., not
# escaped, on every type of inode, and other things that a kernel may show in
# another way than the dump. Each is the image of a text in which bytes are changed;
# the name filters are made to fit again, so that nothing hides a name.
package Handmade;
use strict;
use warnings;

my $digest = "37061ef2ac4c21bec68489b56138c5780306a4ad7fe6676236ecdf2c9027cd92";
my $object = "37/061ef2ac4c21bec68489b56138c5780306a4ad7fe6676236ecdf2c9027cd92";
my $meta36 = "\\x00\\x24\\x00\\x01" . join "", map { "\\x$_" } $digest =~ /../g;

my $mine = "77 78"; # owners that no other inode has
my $parent = "77 79";

# The inodes that get the xattr: name, line of the dump behind the path.
my @kinds = (
	[root => "/", "0 40755 1 $mine 0 1.0 - - -"],
	[dir => "/d", "0 40755 1 $mine 0 1.0 - - -"],
	[empty => "/f", "0 100644 1 $mine 0 1.0 - - -"],
	[content => "/f", "7 100644 1 $mine 0 1.0 - content -"],
	[object => "/f", "9000 104755 1 $mine 0 1.0 $object - $digest"],
	[nodigest => "/f", "9000 100644 1 $mine 0 1.0 $object - -"],
	[link => "/l", "0 120777 1 $mine 0 1.0 target - -"],
	[chr => "/c", "0 20600 1 $mine 1281 1.0 - - -"],
	[blk => "/b", "0 60600 1 $mine 1281 1.0 - - -"],
	[fifo => "/p", "0 10600 1 $mine 0 1.0 - - -"],
	[sock => "/s", "0 140600 1 $mine 0 1.0 - - -"],
	[white => "/w", "0 20600 1 $mine 0 1.0 - - -"],
	[file00 => "/00", "0 100644 1 $mine 0 1.0 - - -"],
);
# The names behind trusted.overlay., with their values. Not the empty name: listxattr
# shows it, but the VFS lets nobody ask for its value (image format 17).
my @names = (
	[metacopy => ""], [metacopy => $meta36], [metacopy => $meta36 . "x" x 32], [metacopy => "x"],
	[redirect => "/other/object"], [redirect => "name"], [redirect => "/"], [redirect => ""],
	[redirect => "/$object"], [redirect => "/../target"],
	[opaque => "y"], [opaque => "x"], [opaque => ""], [opaque => "n"],
	[whiteout => ""], [whiteout => "y"], [whiteouts => ""], [whiteouts => "y"],
	[nlink => "U+2"], [impure => "y"], [origin => "abc"], [upper => "abc"], [uuid => "0123456789abcdef"],
	[protattr => "i"], [verity => ""], [zz => "1"], ["overlay" => "1"],
	["overlay.opaque" => "x"], ["overlay.opaque" => "y"], ["overlay.whiteout" => ""], ["overlay.whiteout" => "y"],
	["overlay.whiteouts" => ""], ["overlay.metacopy" => ""], ["overlay.redirect" => "/$object"],
	["overlay.overlay.opaque" => "y"], ["overlay.nlink" => "U+2"],
);
# user.overlay. names; the kernel has them on files and directories alone.
my @user = ([opaque => "y"], [opaque => "x"], [whiteout => ""], [whiteout => "y"], [whiteouts => ""],
	[metacopy => ""], [redirect => "/$object"], ["overlay.opaque" => "y"]);

sub rol { my ($x, $n) = @_; return (($x << $n) | ($x >> (32 - $n))) & 0xffffffff }
sub mul { my ($a, $b) = @_; return ((($a >> 16) * $b % 65536 << 16) + ($a & 0xffff) * $b) & 0xffffffff }

# The bit of a name in the name filter (image format 7.5).
sub xxh32 {
	my ($s, $seed) = @_;
	my ($p1, $p2, $p3, $p4, $p5) = (2654435761, 2246822519, 3266489917, 668265263, 374761393);
	my $len = length $s;
	my $h;
	if ($len >= 16) {
		my @v = map { $_ & 0xffffffff } $seed + $p1 + $p2, $seed + $p2, $seed, $seed - $p1;
		while (length $s >= 16) {
			my @w = unpack "V4", substr $s, 0, 16, "";
			$v[$_] = mul(rol(($v[$_] + mul($w[$_], $p2)) & 0xffffffff, 13), $p1) for 0 .. 3;
		}
		$h = rol($v[0], 1) + rol($v[1], 7) + rol($v[2], 12) + rol($v[3], 18);
	} else {
		$h = $seed + $p5;
	}
	$h = ($h + $len) & 0xffffffff;
	while (length $s >= 4) {
		my $w = unpack "V", substr $s, 0, 4, "";
		$h = mul(rol(($h + mul($w, $p3)) & 0xffffffff, 17), $p4);
	}
	$h = mul(rol(($h + mul($_, $p5)) & 0xffffffff, 11), $p1) for unpack "C*", $s;
	$h ^= $h >> 15;
	$h = mul($h, $p2);
	$h ^= $h >> 13;
	$h = mul($h, $p3);
	return $h ^ $h >> 16;
}

die "xxh32\n" unless xxh32("", 0) == 0x02CC5D05 && (xxh32("overlay.metacopy", 0x25BBE08F + 4) & 31) == 31 &&
	(xxh32("selinux", 0x25BBE08F + 6) & 31) == 11;

# The inodes with xattrs among those that are changed. They have owners of their own,
# and another mtime than the least, so they are extended inodes.
sub mine {
	my ($bytes) = @_;
	my @at;
	while ($bytes =~ /\x4d\0\0\0[\x4e\x4f]\0\0\0/g) {
		push @at, $-[0] - 24 if $-[0] % 32 == 24;
	}
	return grep { substr($bytes, $_ + 2, 2) ne "\0\0" } @at;
}

# Suffix and index of each xattr of the inode at $at.
sub names {
	my ($bytes, $at) = @_;
	my $icount = unpack "v", substr $$bytes, $at + 2, 2;
	my ($off, $end) = ($at + 64 + 12, $at + 64 + 12 + 4 * ($icount - 1));
	my $table = 4096 * unpack "V", substr $$bytes, 1068, 4;
	my @at;
	for (unpack "V" . ord substr($$bytes, $at + 68, 1), substr $$bytes, $off, 1020) {
		push @at, $table + 4 * $_;
		$off += 4;
	}
	while ($off < $end) {
		push @at, $off;
		my ($n, undef, $v) = unpack "CCv", substr $$bytes, $off, 4;
		$off += 4 + $n + $v + 3 & ~3;
	}
	return map { my ($n, $index) = unpack "CC", substr $$bytes, $_, 2; [substr($$bytes, $_ + 4, $n), $index] } @at;
}

# Rename xattrs trusted.overlaX.NAME to trusted.overlay.NAME.
sub unescape_names {
	my ($bytes) = @_;
	$bytes =~ s/overlaX\./overlay./g;
	for my $at (mine($bytes)) {
		my $filter = 0xffffffff;
		$filter &= ~(1 << (xxh32($_->[0], 0x25BBE08F + $_->[1]) & 31)) for names(\$bytes, $at);
		substr($bytes, $at + 64, 4) = pack "V", $filter;
	}
	return $bytes;
}

sub text {
	my ($kind, $xattr, @more) = @_;
	my ($name, $path, $rest) = @$kind;
	my %lines = ("/" => "0 40755 1 0 0 0 1.0 - - -", "/keep" => "4 100644 1 0 0 0 0.0 - keep -",
		"/obj" => "5000 100644 1 0 0 0 1.0 ab/cdef - -", @more);
	$lines{$path} = "$rest $xattr";
	return join "", map { "$_ $lines{$_}\n" } sort keys %lines;
}

sub label {
	my ($name, $value) = @_;
	(my $s = "$name=" . substr $value, 0, 8) =~ tr{/\\}{__};
	return $s;
}

# One image for each type: all names escaped, as mkfs does it, and user.overlay.
sub escaped {
	my ($mkfs, $kind) = @_;
	my ($type, $path, $rest) = @$kind;
	my ($n, %more) = (0);
	my @xattrs = map { "trusted.overlay.$_->[0]=$_->[1]" } @names;
	push @xattrs, map { "user.overlay.$_->[0]=$_->[1]" } @user
		unless $type =~ /^(link|chr|blk|fifo|sock|white)$/;
	for (@xattrs) {
		my $dir = "/n" . $n++;
		$more{$dir} = "0 40755 1 0 0 0 1.0 - - -";
		$more{"$dir$path"} = "$rest $_" if $path ne "/";
		$more{$dir} .= " $_" if $path eq "/";
	}
	return ["escaped-$type", $mkfs->(text([keep => "/keep", "4 100644 1 0 0 0 0.0 - keep -"], "", %more))];
}

# all(MKFS): [name, bytes] of each. MKFS makes the bytes of the image of a text.
sub all {
	my ($mkfs) = @_;
	my @out;
	my $n = 0;
	for my $kind (@kinds) {
		my ($type, $path, $rest) = @$kind;
		push @out, escaped($mkfs, $kind);
		for (@names) {
			my ($name, $value) = @$_;
			next if $name =~ /^overlay\.[a-z]/; # has been escaped
			my $shown = label($name, $value);
			push @out, ["h-$type-$shown-" . $n++, unescape_names($mkfs->(text($kind, "trusted.overlaX.$name=$value")))];
			# Below a directory that says it holds whiteouts.
			next if $type eq "root";
			push @out, ["x-$type-$shown-" . $n++, unescape_names($mkfs->(text([$type, "/x$path", $rest],
				"trusted.overlaX.$name=$value", "/x" => "0 40755 1 $parent 0 1.0 - - - trusted.overlaX.opaque=x")))];
		}
	}
	push @out, others($mkfs);
	return @out;
}

# An image with one inode of ours, in which bytes of it are changed.
sub patched {
	my ($mkfs, $name, $text, $at, $new) = @_;
	my $bytes = $mkfs->($text);
	my ($inode) = mine($bytes) or die "$name: no inode\n";
	substr($bytes, $inode + $at, length $new) = $new;
	return [$name, $bytes];
}

# What is not an xattr of overlayfs.
sub others {
	my ($mkfs) = @_;
	my @out;
	my $acl = "\\x02\\x00\\x00\\x00\\x01\\x00\\x06\\x00\\xff\\xff\\xff\\xff\\x02\\x00\\x06\\x00\\xe8\\x03\\x00\\x00" .
		"\\x04\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\x10\\x00\\x06\\x00\\xff\\xff\\xff\\xff\\x20\\x00\\x00\\x00\\xff\\xff\\xff\\xff";
	for my $what ("access", "default") {
		my $b = $mkfs->(text($kinds[1], "system.posix_acl_$what=$acl"));
		push @out, ["acl-$what", $b];
		substr($b, 8, 4) = "\0\0\0\0";
		push @out, ["acl-$what-no-flag", $b];
	}
	# Devices that become 0:0: below the root with two names, in the root, and in the place of a stub.
	my $device = "0 20600 2 $mine 1281 1.0 - - -";
	my %below = ("/x" => "0 40755 1 0 0 0 1.0 - - -", "/y" => "0 \@20600 1 0 0 0 1.0 /x/c - -");
	push @out, patched($mkfs, "stub-below", text([c => "/x/c", $device], "trusted.k=1", %below), 16, "\0\0\0\0");
	push @out, patched($mkfs, "stub-in-root", text([c => "/c", $device], "trusted.k=1"), 16, "\0\0\0\0");
	push @out, patched($mkfs, "stub-in-its-place", text([c => "/7f", $device], "trusted.k=1"), 16, "\0\0\0\0");
	# An xattr area that is a header alone.
	push @out, patched($mkfs, "empty-area", text([f => "/f", "0 100644 1 $mine 0 1.0 - - -"], "user.a=1"), 2, "\1\0");
	# Payloads at the limit, and odd ones.
	for (4080, 4093, 4094, 4095) {
		my $path = substr(("p" x 200 . "/") x 21, 0, $_ - 1) . "q";
		push @out, ["payload-$_", $mkfs->(text([f => "/f", "9000 100644 1 0 0 0 1.0 $path - -"], ""))];
	}
	my %paths = (slash => "/a/b", slashes => "a//b", dot => "./a", end => "a/", newline => "a\\nb", escape => "a\\x1bb",
		utf8 => "\\xc3\\xa4/\\xc3\\xb6", high => "\\xff\\xfe", space => "a\\x20b", colon => "a:b", comma => "a,b",
		backslash => "a\\\\b", short => "ab", stubname => "00", missing => "missing/one");
	push @out, ["path-$_", $mkfs->(text([f => "/f", "9000 100644 1 0 0 0 1.0 $paths{$_} - -"], ""))] for sort keys %paths;
	# Symbolic links of every length that fits, and files of every layout.
	push @out, ["target-$_", $mkfs->(text([l => "/l", "0 120777 1 0 0 0 1.0 " . "t" x $_ . " - -"], "trusted.x=1"))]
		for 1, 59, 60, 4000, 4063, 4094, 4095;
	push @out, ["content-$_", $mkfs->(text([f => "/f", "$_ 100644 1 0 0 0 1.0 - " . "c" x $_ . " -"], "user.x=1"))]
		for 1, 64, 2048, 2049, 4095, 4096, 4097, 5000;
	push @out, ["nlink-0", $mkfs->(text([f => "/f", "9000 100644 0 0 0 0 1.0 $object - $digest"], ""))];
	push @out, ["modes-$_", $mkfs->(text([d => "/d", "0 4$_ 1 0 0 0 1.0 - - -"], ""))] for "0000", "7777", "1777";
	return @out;
}

1;

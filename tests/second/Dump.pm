# SPDX-License-Identifier: GPL-2.0-only
#
# A parser of composefs dumps, written from dump-format.md and, for what becomes
# of a tree in an image, image-format.md 4, 5, 7.3 and 8.2 alone, to judge the one in
# format/: nothing of that is used here. It dies with the reason where the text
# says "error", and tells what the dump of the image must say.
package Dump;
use strict;
use warnings;
use Image;

sub refuse { die "refused: $_[0]\n" }

my %type = (0100000 => 1, 0040000 => 2, 0020000 => 3, 0060000 => 4, 0010000 => 5, 0140000 => 6, 0120000 => 7);

# Undo the escapes of a string (dump format 2).
sub unescape {
	my ($s) = @_;
	my %short = ("\\" => "\\", n => "\n", r => "\r", t => "\t");
	my $out = "";
	while ($s =~ /\G(?:([^\\]+)|\\(.)(.{0,2}))/gcs) {
		my ($plain, $kind, $hex) = ($1, $2, $3);
		if (defined $plain) {
			$out .= $plain;
		} elsif (exists $short{$kind}) {
			$out .= $short{$kind};
			pos($s) -= length $hex;
		} else {
			refuse("escape") unless $kind eq "x" && $hex =~ /^[0-9a-fA-F]{2}\z/;
			$out .= chr hex $hex;
		}
	}
	refuse("escape at the end") if (pos($s) // 0) != length $s;
	return $out;
}

# A string that is cut at a NUL; undef for none.
sub cut {
	my ($s) = @_;
	return undef if $s eq "-";
	$s = unescape($s);
	$s =~ s/\0.*//s;
	return $s;
}

# dump format 3; the largest value is a string, since sums would be rounded.
sub number {
	my ($s, $max) = @_;
	refuse("number '$s'") unless $s =~ /^[0-9]+\z/;
	$s =~ s/^0+(?=.)//;
	refuse("number too large") if length $s > length $max || (length $s == length $max && $s gt $max);
	return $s + 0;
}

my ($u32, $u64) = ("4294967295", "18446744073709551615");

# image format 5.6. The counter is kept as a signed number: below zero is what has wrapped.
sub set {
	my ($node, $name, $value) = @_;
	if (exists $node->{x}{$name}) {
		my $old = delete $node->{x}{$name};
		if (%{$node->{x}}) {
			$node->{counter} -= 7 + length($name) + length $old;
		} else {
			$node->{counter} = 0;
		}
	}
	my $cost = 7 + length($name) + length($value) + (%{$node->{x}} ? 0 : 12);
	my $sum = $node->{counter} + $cost;
	refuse("xattr budget") if $sum < 0 || $sum > 32767;
	$node->{x}{$name} = $value;
	$node->{counter} = $sum;
}

# The directory a path's last component goes into, and that component.
sub place {
	my ($root, $path) = @_;
	my @names = split m{/+}, $path, -1;
	shift @names if @names && $names[0] eq "";
	my $last = pop @names;
	refuse("name") if !defined $last || $last eq "" || $last eq "." || $last eq ".." || length $last > 255;
	my $dir = $root;
	for (@names) {
		$dir = $dir->{children}{$_} or refuse("no parent");
		refuse("parent is no directory") if $dir->{link} || $dir->{type} != 2;
	}
	refuse("twice") if $dir->{children}{$last};
	return ($dir, $last);
}

# One line after the other, in the order of steps of dump format 4.
sub parse {
	my ($text) = @_;
	my @lines = split /\n/, $text, -1;
	pop @lines if @lines && $lines[-1] eq "";
	my ($root, @links);
	for my $line (@lines) {
		refuse("long line") if length $line > 4194304;
		refuse("NUL") if $line =~ /\0/;
		my @f = split / /, $line, 12;
		my $rest = @f > 11 ? pop @f : undef;
		push @f, "" while @f < 11;
		my $path = unescape($f[0]);
		$path =~ s/\0.*//s;
		refuse("empty path") if $path eq "";
		my ($at, $octal) = $f[2] =~ /^(\@?)([0-7]+)\z/ or refuse("mode");
		$octal =~ s/^0+(?=.)//;
		refuse("mode too large") if length $octal > 11 || (length $octal == 11 && $octal gt "37777777777");
		my $mode = oct $octal;
		my $type = $type{$mode & 0170000} or refuse("type");
		my $node = { mode => $mode & 0xffff, type => $type, x => {}, counter => 0, path => $path };
		if ($path eq "/") {
			refuse("root") if $root || $type != 2 || $at;
			$root = $node;
		} else {
			refuse("no root") unless $root;
			my ($dir, $name) = place($root, $path);
			$dir->{children}{$name} = $node;
		}
		if ($at) {
			refuse("link to a directory") if $type == 2;
			$node->{link} = cut($f[8]) // refuse("link to nothing");
			push @links, $node;
			next;
		}
		fields($node, \@f);
		xattrs($node, $rest) if defined $rest;
	}
	refuse("no root") unless $root;
	links($root, @links);
	return $root;
}

sub fields {
	my ($n, $f) = @_;
	my (undef, $size, undef, $nlink, $uid, $gid, $rdev, $time, $payload, $content, $digest) = @$f;
	$n->{size} = number($size, $u64);
	$n->{nlink} = number($nlink, $u32);
	$n->{uid} = number($uid, $u32);
	$n->{gid} = number($gid, $u32);
	$n->{rdev} = number($rdev, $u64);
	my ($minus, $sec, $nsec) = $time =~ /^(-?)([0-9]+)\.([0-9]+)\z/ or refuse("time");
	$sec = number($sec, $minus ? "9223372036854775808" : "9223372036854775807");
	$n->{sec} = $minus ? ($sec eq "9223372036854775808" ? "-9223372036854775808" : -$sec) : $sec;
	$n->{nsec} = number($nsec, $u32);
	$payload = cut($payload);
	$content = $content eq "-" ? undef : unescape($content);
	refuse("length of content") if defined $content && length($content) != $n->{size};
	$digest = cut($digest);
	refuse("payload too long") if length($payload // "") > 4095;
	if ($n->{type} == 7) {
		refuse("no target") if !defined $payload || $payload eq "";
		@$n{"content", "size"} = ($payload, length $payload);
	} else {
		refuse("content too long") if length($content // "") > 5000;
	}
	if ($n->{type} == 3 || $n->{type} == 4) {
		refuse("device") if $n->{rdev} > 4294967295;
	} else {
		$n->{rdev} = 0;
	}
	return if $n->{type} != 1 || !$n->{size};
	if (defined $content) {
		$n->{content} = $content;
		return;
	}
	$n->{external} = 1;
	refuse("file too large") if $n->{size} > (1 << 53);
	refuse("..") if defined $payload && $payload =~ m{(?:^|/)\.\.(?:/|\z)}s;
	$n->{payload} = $payload if defined $payload && $payload ne "";
	refuse("digest") if defined $digest && $digest !~ /^[0-9a-fA-F]{64}\z/;
	$n->{digest} = lc $digest if defined $digest;
}

sub xattrs {
	my ($node, $rest) = @_;
	refuse("xattrs too long") if length $rest > 65535;
	my @x = split / /, $rest, -1;
	pop @x if @x && $x[-1] eq "";
	for (@x) {
		my ($key, $value) = /^([^=]*)=(.*)\z/s or refuse("xattr without =");
		$key = unescape($key);
		$key =~ s/\0.*//s;
		$value = unescape($value);
		refuse("key") if $key eq "" || length $key > 255;
		refuse("value") if length $value > 65535;
		set($node, $key, $value);
	}
}

sub links {
	my ($root, @links) = @_;
	for my $link (@links) {
		my $to = $root;
		for (grep { $_ ne "" } split m{/+}, $link->{link}) {
			refuse("link beneath what is no directory") if $to->{link} || $to->{type} != 2;
			$to = $to->{children}{$_} or refuse("link to what is not there");
		}
		$link->{to} = $to;
	}
	for my $link (@links) {
		my $to = $link;
		my @way;
		for (; defined $to->{link} && !$to->{inode}; $to = $to->{to}) {
			refuse("links in a circle") if @way > @links;
			push @way, $to;
		}
		$to = $to->{inode} // $to;
		refuse("link to a directory") if $to->{type} == 2;
		$_->{inode} = $to for @way;
	}
}

# All nodes in the order of 5: depth first, links left out. [node, parent]
sub nodes {
	my ($root) = @_;
	my @all;
	my @stack = ([$root, $root]);
	while (@stack) {
		my $at = pop @stack;
		push @all, $at;
		my $c = $at->[0]{children} or next;
		push @stack, map { [$c->{$_}, $at->[0]] } grep { !defined $c->{$_}{link} } reverse sort keys %$c;
	}
	return @all;
}

# Choose the version and rewrite the tree for overlayfs (image format 4 and 5).
sub rewrite {
	my ($root) = @_;
	my @all = nodes($root);
	my $whiteouts = grep { $_->[0]{type} == 3 && !$_->[0]{rdev} } @all;
	for (@all) {
		my $n = $_->[0];
		$n->{counter} = 0;
		$n->{x} = { map { my $k = $_; $k =~ s/^trusted\.overlay\./trusted.overlay.overlay./; ($k, $n->{x}{$_}) } keys %{$n->{x}} };
	}
	for (@all) {
		my ($n, $parent) = @$_;
		if ($n->{external}) {
			set($n, "trusted.overlay.metacopy", defined $n->{digest} ? "\x00\x24\x00\x01" . pack("H64", $n->{digest}) : "");
			set($n, "trusted.overlay.redirect", "/$n->{payload}") if defined $n->{payload};
		}
		next unless $n->{type} == 3 && !$n->{rdev};
		@$n{"type", "mode", "size", "marked"} = (1, $n->{mode} & 07777 | 0100000, 0, 1);
		set($n, $_, "") for "trusted.overlay.overlay.whiteout", "user.overlay.whiteout";
		set($parent, $_, "") for "trusted.overlay.overlay.whiteouts", "user.overlay.whiteouts";
		set($parent, $_, "x") for "trusted.overlay.overlay.opaque", "user.overlay.opaque";
	}
	set($root, "trusted.overlay.opaque", "y");
	my %count;
	my $stubs = grep { !$root->{children}{sprintf "%02x", $_} } 0 .. 255;
	my $label = $root->{x}{"security.selinux"};
	$count{"security.selinux"}{$label} = $stubs if defined $label;
	for (@all) {
		my $x = $_->[0]{x};
		$count{$_}{$x->{$_}}++ for keys %$x;
	}
	for (@all) {
		my $n = $_->[0];
		my (@inline, @shared);
		for (sort keys %{$n->{x}}) {
			my $one = [$_, $n->{x}{$_}];
			if ($count{$_}{$one->[1]} >= 2 && @shared < 128) { push @shared, $one } else { push @inline, $one }
		}
		$n->{all} = [@inline, @shared];
		directory($n, $n == $root) if $n->{type} == 2;
	}
	return $root;
}

# Number the inodes and split their data into blocks and a tail (image format 6 and 8.2).
sub directory {
	my ($n, $is_root) = @_;
	my %names = map { $_ => 1 } keys %{$n->{children}}, ".", "..";
	if ($is_root) {
		$names{sprintf "%02x", $_} = 1 for 0 .. 255;
	}
	my ($blocks, $last) = (0, 0);
	for (sort keys %names) {
		my $cost = 12 + length;
		if ($last + $cost > 4096) {
			$blocks++;
			$last = 0;
		}
		$last += $cost;
	}
	($blocks, $last) = ($blocks + 1, 0) if $last > 2048;
	$n->{size} = 4096 * $blocks + $last;
	$n->{nlink} = 2 + grep { !defined $_->{link} && $_->{type} == 2 } values %{$n->{children}};
}

# What `cfs dump` must print of the image made of a text (dump format 6).
sub expect {
	my ($root) = @_;
	my (@out, %first);
	my @stack = (["/", $root]);
	while (@stack) {
		my ($path, $name) = @{pop @stack};
		my $n = $name->{inode} // $name;
		if (!$n->{view}) {
			my %view = (%$n, nid => $n, layout => $n->{external} ? 4 : 0);
			delete @view{"payload", "digest"};
			Image::meaning(undef, \%view, $n->{all});
			$n->{view} = \%view;
		}
		push @out, Image::line($path, $n->{view}, $first{$n});
		$first{$n} //= $path;
		next if $name->{inode} || $n->{type} != 2;
		my $c = $n->{children};
		push @stack, map { [($path eq "/" ? "" : $path) . "/$_", $c->{$_}] } reverse sort keys %$c;
	}
	return join "", @out;
}

1;

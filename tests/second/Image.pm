# SPDX-License-Identifier: GPL-2.0-only
#
# A reader of composefs images, written from image-format.md, tests/README.md RI-6
# and dump-format.md 6 alone, to judge the one in format/: nothing of that is used
# here. It decides one thing after the other as the text has it, without a care
# for speed, and dies with the reason where the text says "refuse".
package Image;
use strict;
use warnings;

my @prefix = ("", "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", "lustre.", "security.");
my %ftype = (0100000 => 1, 0040000 => 2, 0020000 => 3, 0060000 => 4, 0010000 => 5, 0140000 => 6, 0120000 => 7);

# new(BYTES, FIELDS) - reads the whole image. FIELDS, an array: receives [offset,
# width, kind] of everything that was looked at.
sub new {
	my ($class, $bytes, $fields) = @_;
	my $self = bless { b => $bytes, len => length $bytes, fields => $fields, dirs => {} }, $class;

	$self->super;
	$self->tree;
	return $self;
}

sub refuse { die "refused: $_[0]\n" }

sub field {
	my ($self, $off, $width, $kind) = @_;
	push @{$self->{fields}}, [$off, $width, $kind] if $self->{fields};
}

my %form = (1 => "C", 2 => "v", 4 => "V", 8 => "Q<");

# A number that lies inside the image, or else.
sub num {
	my ($self, $off, $width, $kind) = @_;
	refuse("reads behind the end") if $off > $self->{len} || $width > $self->{len} - $off;
	push @{$self->{fields}}, [$off, $width, $kind] if $self->{fields};
	return unpack $form{$width}, substr($self->{b}, $off, $width);
}

sub bytes {
	my ($self, $off, $n) = @_;
	refuse("reads behind the end") if $off > $self->{len} || $n > $self->{len} - $off;
	return substr($self->{b}, $off, $n);
}

# RI-6 1 to 3
sub super {
	my ($self) = @_;
	refuse("short image") if $self->{len} < 1152;
	refuse("header magic") if $self->num(0, 4, "super") != 0xd078629a;
	refuse("header version") if $self->num(4, 4, "super") != 1;
	$self->num(8, 4, "super");
	$self->{version} = $self->num(12, 4, "super");
	refuse("superblock magic") if $self->num(1024, 4, "super") != 0xE0F5E1E2;
	$self->num($_, 4, "super") for 1028, 1032, 1060;
	refuse("block size") if $self->num(1036, 1, "super") != 12;
	refuse("extra slots") if $self->num(1037, 1, "super") != 0;
	$self->{root} = $self->num(1038, 2, "super");
	$self->num(1040, 8, "super");
	$self->{time} = unpack "q<", pack "Q<", $self->num(1048, 8, "super");
	$self->{nsec} = $self->num(1056, 4, "super");
	refuse("meta_blkaddr") if $self->num(1064, 4, "super") != 0;
	$self->{shared} = 4096 * $self->num(1068, 4, "super");
	refuse("xattr_blkaddr") if $self->{shared} >= $self->{len};
	my $incompat = $self->num(1104, 4, "super");
	refuse("feature_incompat") if $incompat != 0 && $incompat != 4;
}

# RI-6 4 to 9, and 13 to 15 by xattrs(). Each inode is read once.
sub inode {
	my ($self, $nid) = @_;
	return $self->{inode}{$nid} if $self->{inode}{$nid};
	refuse("nid") if $nid >= (1 << 59);
	my $off = $nid * 32;
	refuse("inode in the superblock") if $off < 1152;
	my $format = $self->num($off, 2, "format");
	my $wide = $format & 1;
	my $head = $wide ? 64 : 32;
	refuse("inode crosses the end") if $off + $head > $self->{len};
	refuse("format bits") if $format & ~15;
	my $layout = $format >> 1 & 7;
	refuse("layout") unless $layout == 0 || $layout == 2 || $layout == 4;
	my $icount = $self->num($off + 2, 2, "count");
	my $mode = $self->num($off + 4, 2, "format");
	my $type = $ftype{$mode & 0170000} or refuse("file type");
	my %i = (nid => $nid, off => $off, mode => $mode, type => $type, layout => $layout);
	if ($wide) {
		$self->num($off + 6, 2, "number");
		$i{size} = $self->num($off + 8, 8, "size");
		$i{u} = $self->num($off + 16, 4, "block");
		$self->num($off + 20, 4, "number");
		$i{uid} = $self->num($off + 24, 4, "number");
		$i{gid} = $self->num($off + 28, 4, "number");
		$i{sec} = unpack "q<", pack "Q<", $self->num($off + 32, 8, "number");
		$i{nsec} = $self->num($off + 40, 4, "number");
		$i{nlink} = $self->num($off + 44, 4, "number");
	} else {
		$i{nlink} = $self->num($off + 6, 2, "number");
		$i{size} = $self->num($off + 8, 4, "size");
		$self->num($off + 12, 4, "number");
		$i{u} = $self->num($off + 16, 4, "block");
		$self->num($off + 20, 4, "number");
		$i{uid} = $self->num($off + 24, 2, "number");
		$i{gid} = $self->num($off + 26, 2, "number");
		@i{"sec", "nsec"} = @$self{"time", "nsec"};
	}
	refuse("size") if $i{size} >= (1 << 63);
	my $area = $icount ? 12 + 4 * ($icount - 1) : 0;
	refuse("xattr area crosses the end") if $off + $head + $area > $self->{len};
	$self->data(\%i, $off + $head + $area);
	$self->xattrs(\%i, $off + $head, $area);
	return $self->{inode}{$nid} = \%i;
}

# Where the data is, and for symlinks and files what it is.
sub data {
	my ($self, $i, $behind) = @_;
	refuse("chunks on what is no file") if $i->{layout} == 4 && $i->{type} != 1;
	if ($i->{type} == 1 || $i->{type} == 2 || $i->{type} == 7) {
		if ($i->{layout} == 4) {
			refuse("chunk format") if ($i->{u} & 0xffff) & ~31;
			my $bits = 12 + ($i->{u} & 31);
			my $size = $i->{size};
			my $chunks = ($size >> $bits) + ($size & ((1 << $bits) - 1) ? 1 : 0);
			refuse("chunks") if $chunks > 1024;
			$self->field($behind, 4, "chunk") if $chunks && $behind + 4 <= $self->{len};
			return;
		}
		refuse("symlink size") if $i->{type} == 7 && ($i->{size} == 0 || $i->{size} >= 4096);
		refuse("empty directory") if $i->{type} == 2 && $i->{size} == 0;
		refuse("content over 5000") if $i->{type} == 1 && $i->{size} > 5000;
		$self->flat($i, $behind);
	} else {
		# No data, but RI-6.6 excepts no type from what it says of tails.
		tail($self, $i, $behind) if $i->{layout} == 2;
		$i->{rdev} = $i->{u} if $i->{type} == 3 || $i->{type} == 4;
	}
	if ($i->{type} == 1 || $i->{type} == 7) {
		$i->{content} = join "", map { $self->bytes($_->[0], $_->[1]) } @{$i->{pieces}};
		refuse("NUL in a target") if $i->{type} == 7 && $i->{content} =~ /\0/;
	}
}

# The length of an inline tail.
sub tail {
	my ($self, $i, $behind) = @_;
	my $tail = $i->{size} % 4096;

	refuse("inline without a tail") if !$tail;
	refuse("tail crosses a block") if int($behind / 4096) != int(($behind + $tail - 1) / 4096);
	refuse("tail crosses the end") if $behind + $tail > $self->{len};
	return $tail;
}

# The pieces of flat data: [offset, length, is it a tail].
sub flat {
	my ($self, $i, $behind) = @_;
	my $size = $i->{size};
	my $tail = $i->{layout} == 2 ? tail($self, $i, $behind) : 0;
	my $blocks = ($size - $tail + 4095) >> 12;
	my @pieces;

	if ($blocks) {
		refuse("data below block 1") if $i->{u} < 1;
		refuse("data outside") if $blocks > (1 << 32) || ($i->{u} + $blocks) * 4096 > $self->{len};
		for (my $k = 0; $k < $blocks; $k++) {
			my $n = $size - 4096 * $k;
			push @pieces, [($i->{u} + $k) * 4096, $n < 4096 ? $n : 4096, 0];
		}
	}
	push @pieces, [$behind, $tail, 1] if $tail;
	if ($i->{type} != 2) {
		$self->field($_->[0], 1, "byte"), $self->field($_->[0] + $_->[1] - 1, 1, "byte") for @pieces;
	}
	$i->{pieces} = \@pieces;
}

# One entry: (full name, value, offset behind it without padding).
sub entry {
	my ($self, $off, $end) = @_;
	refuse("xattr header") if $off + 4 > $end;
	my $n = $self->num($off, 1, "count");
	my $index = $self->num($off + 1, 1, "index");
	my $v = $self->num($off + 2, 2, "count");
	refuse("xattr crosses the end") if $off + 4 + $n + $v > $end;
	refuse("xattr index") if $index > 6;
	my $name = $prefix[$index] . substr($self->{b}, $off + 4, $n);
	my $max = $name =~ /^trusted\.overlay\.overlay\./ ? 263 : 255;
	refuse("xattr name") if $name eq "" || length $name > $max || $name =~ /\0/;
	$self->field($off + 4, 1, "byte") if $n;
	$self->field($off + 4 + $n, 1, "byte") if $v;
	return ($name, substr($self->{b}, $off + 4 + $n, $v), $off + 4 + $n + $v);
}

# RI-6 13
sub xattrs {
	my ($self, $i, $off, $area) = @_;
	my (@all, %seen);
	if ($area) {
		my $end = $off + $area;
		$self->num($off, 4, "number");
		my $shared = $self->num($off + 4, 1, "count");
		refuse("shared count") if 12 + 4 * $shared > $area;
		my $at = $off + 12 + 4 * $shared;
		while ($at < $end) {
			my ($name, $value, $next) = $self->entry($at, $end);
			push @all, [$name, $value];
			$at = $next + 3 & ~3;
		}
		for my $k (0 .. $shared - 1) {
			my $ref = $self->{shared} + 4 * $self->num($off + 12 + 4 * $k, 4, "ref");
			refuse("shared entry outside") if $ref > $self->{len};
			my ($name, $value) = $self->entry($ref, $self->{len});
			push @all, [$name, $value];
		}
	}
	for (@all) {
		refuse("xattr twice") if $seen{$_->[0]}++;
	}
	$self->meaning($i, \@all);
}

# RI-6 14, 15; image format 15.2
sub meaning {
	my ($self, $i, $all) = @_;
	my $file = $i->{type} == 1;
	my $sum = 12;
	my @shown;
	for (@$all) {
		my ($name, $value) = @$_;
		if ($name eq "trusted.overlay.redirect") {
			$i->{payload} = redirect($value) if $file;
			next;
		}
		if ($name eq "trusted.overlay.metacopy") {
			$i->{digest} = metacopy($value) if $file;
			next;
		}
		if ($file && !$i->{size} && $name eq "trusted.overlay.overlay.whiteout") {
			$file = 0;
			$i->{whiteout} = 1;
			next;
		}
		next if $name eq "trusted.overlay.overlay.whiteouts" || $name eq "user.overlay.whiteout" ||
			$name eq "user.overlay.whiteouts";
		if ($name =~ s/^trusted\.overlay\.overlay\./trusted.overlay./) {
		} elsif ($name =~ /^trusted\.overlay\./) {
			next;
		}
		push @shown, [$name, $value];
		$sum += 7 + length($name) + length $value;
	}
	refuse("xattrs over 65535") if $sum > 65535;
	$i->{xattrs} = \@shown;
}

sub redirect {
	my ($v) = @_;
	refuse("redirect without /") unless $v =~ m{^/}s;
	refuse("redirect to nothing") if length $v < 2;
	refuse("redirect too long") if length $v > 4096;
	refuse("NUL in redirect") if $v =~ /\0/;
	refuse(".. in redirect") if $v =~ m{(?:^|/)\.\.(?:/|\z)}s;
	return substr($v, 1);
}

sub metacopy {
	my ($v) = @_;
	return undef if length $v == 0 || length $v == 68;
	refuse("metacopy length") if length $v != 36;
	refuse("metacopy head") if substr($v, 0, 4) ne "\x00\x24\x00\x01";
	return unpack "H64", substr($v, 4);
}

# RI-6 10 and 11: the entries of a directory, [name, nid, type byte].
sub entries {
	my ($self, $dir) = @_;
	my @all;
	for my $piece (@{$dir->{pieces}}) {
		my ($at, $n, $tail) = @$piece;
		refuse("block too short") if $n < 12;
		my $first = $self->num($at + 8, 2, "nameoff");
		refuse("first name offset") if $first == 0 || $first % 12 || $first >= $n;
		my $count = $first / 12;
		my (@at, @nid, @type);
		for my $k (0 .. $count - 1) {
			push @nid, $self->num($at + 12 * $k, 8, "nid");
			push @at, $self->num($at + 12 * $k + 8, 2, "nameoff");
			push @type, $self->num($at + 12 * $k + 10, 1, "type");
			refuse("name offsets do not grow") if $k && $at[$k] <= $at[$k - 1];
			refuse("name offset beyond") if $at[$k] >= $n;
		}
		for my $k (0 .. $count - 1) {
			my $end = $k < $count - 1 ? $at[$k + 1] : $n;
			my $name = substr($self->{b}, $at + $at[$k], $end - $at[$k]);
			$name =~ s/\0.*//s if $k == $count - 1 && !$tail;
			refuse("name") if $name eq "" || length $name > 255 || $name =~ m{[/\0]};
			refuse("names not in order") if @all && $all[-1][0] ge $name;
			$self->field($at + $at[$k], 1, "byte");
			push @all, [$name, $nid[$k], $type[$k]];
		}
	}
	return \@all;
}

# RI-6 12: the tree, depth first, without recursion. Leaves $self->{list}: [path, inode].
sub tree {
	my ($self) = @_;
	my $root = $self->inode($self->{root});
	refuse("root is no directory") if $root->{type} != 2;
	my @stack = (["", $root, $root->{nid}]);
	while (@stack) {
		my ($path, $inode, $parent) = @{pop @stack};
		push @{$self->{list}}, [$path eq "" ? "/" : $path, $inode];
		next if $inode->{type} != 2;
		refuse("directory met twice") if $self->{dirs}{$inode->{nid}}++;
		my ($self_seen, $parent_seen, @below) = (0, 0);
		for (@{$self->entries($inode)}) {
			my ($name, $nid, $type) = @$_;
			my $to = $self->inode($nid);
			refuse("type in the entry") if $type != $to->{type};
			if ($name eq ".") {
				refuse(". elsewhere") if $nid != $inode->{nid};
				$self_seen = 1;
			} elsif ($name eq "..") {
				refuse(".. elsewhere") if $nid != $parent;
				$parent_seen = 1;
			} else {
				push @below, ["$path/$name", $to, $inode->{nid}];
			}
		}
		refuse("no . or ..") unless $self_seen && $parent_seen;
		push @stack, reverse @below;
	}
}

sub escape {
	my ($s, $more) = @_;
	my %short = ("\\" => "\\\\", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t");
	$s =~ s/([^!-~]|\\|[$more])/$short{$1} \/\/ sprintf "\\x%02x", ord $1/gse if $more;
	$s =~ s/([^!-~]|\\)/$short{$1} \/\/ sprintf "\\x%02x", ord $1/gse unless $more;
	return $s;
}

sub field_text {
	my ($s) = @_;
	return "-" unless defined $s;
	return "\\x2d" if $s eq "-";
	return escape($s, "");
}

# What makes a line, by name; the dump's text is lines() joined. @sorted: the xattrs, too.
sub line {
	my ($path, $i, $first, $sorted) = @_;
	my ($mode, $size, $rdev) = ($i->{mode}, $i->{size}, $i->{rdev} // 0);
	my ($payload, $content) = ($i->{payload}, undef);
	$size = 0 if $i->{type} >= 3 && $i->{type} <= 6;
	$content = $i->{content} if $i->{type} == 1 && $i->{layout} != 4 && $i->{size} > 0;
	$payload = $i->{content} if $i->{type} == 7;
	if ($i->{whiteout}) {
		($mode, $size) = ($mode & 07777 | 020000, 0);
		$content = "" if defined $content;
	}
	$payload = $first if defined $first;
	my @x = map { escape($_->[0], "=") . "=" . escape($_->[1], "=") } @{$i->{xattrs}};
	@x = sort @x if $sorted;
	return join(" ", escape($path, ""), $size, (defined $first ? "@" : "") . sprintf("%o", $mode),
		$i->{nlink}, $i->{uid}, $i->{gid}, $rdev, "$i->{sec}.$i->{nsec}", field_text($payload),
		field_text($content), $i->{digest} // "-", @x) . "\n";
}

# The lines of a dump (dump format 6).
sub lines {
	my ($self, $sorted) = @_;
	my %first;
	my @out;
	for (@{$self->{list}}) {
		my ($path, $i) = @$_;
		next if $i->{type} == 3 && $i->{rdev} == 0;
		push @out, line($path, $i, $first{$i->{nid}}, $sorted);
		$first{$i->{nid}} //= $path;
	}
	return \@out;
}

# The other listings (dump format 8).
sub listing {
	my ($self) = @_;
	my (%first, @out);
	for (@{$self->{list}}) {
		my ($path, $i) = @$_;
		next if $i->{type} == 3 && $i->{rdev} == 0;
		my $again = $first{$i->{nid}}++;
		next if $path eq "/";
		my $line = escape($path, "");
		$line =~ s/\\x20/ /g;
		if (!$again) {
			$line .= "/\t" if $i->{type} == 2;
			$line .= "\t-> " . escape($i->{content}, "") if $i->{type} == 7;
			$line .= "\t@ " . escape($i->{payload}, "") if $i->{type} == 1 && !$i->{whiteout} && defined $i->{payload};
		}
		push @out, "$line\n";
	}
	return join "", @out;
}

sub objects {
	my ($self) = @_;
	my %all;
	for (@{$self->{list}}) {
		my $i = $_->[1];
		$all{$i->{payload}} = 1 if $i->{type} == 1 && !$i->{whiteout} && defined $i->{payload};
	}
	return join "", map { "$_\n" } sort keys %all;
}

1;

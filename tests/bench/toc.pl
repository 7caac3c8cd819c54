#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The tree of a dump (stdin) as a table of contents in JSON: toc.pl <DUMP >TOC
use strict;
use warnings;
use MIME::Base64;
use POSIX 'strftime';

print "{\n\"version\":1,\n\"entries\":[\n";
my $comma = '';
while (<STDIN>) {
	chomp;
	my ($path, $size, $mode, $nlink, $uid, $gid, $rdev, $mtime, $payload, $content, $digest, @xattrs) = split / /;
	my $name = substr $path, 1;
	my $link = $mode =~ s/^@//;
	my $type = $link ? 'hardlink' : $mode =~ /^4/ ? 'dir' : $mode =~ /^12/ ? 'symlink' : 'reg';
	my @out = "\"type\":\"$type\",\"name\":\"$name" . ($type eq 'dir' ? '/"' : '"');
	if ($link) {
		push @out, '"linkName":"' . substr($payload, 1) . '"';
	} else {
		my ($sec, $nsec) = split /\./, $mtime;
		push @out, sprintf('"mode":%d,"uid":%d,"gid":%d', oct($mode) & 07777, $uid, $gid);
		push @out, strftime('"modtime":"%Y-%m-%dT%H:%M:%S', gmtime $sec) . sprintf('.%09dZ"', $nsec);
		push @out, "\"linkName\":\"$payload\"" if $type eq 'symlink';
		push @out, "\"size\":$size,\"digest\":\"sha256:$digest\"" if $type eq 'reg' && $size;
		push @out, '"xattrs":{' . join(',', map {
			my ($k, $v) = split /=/, $_, 2;
			$v =~ s/\\x([0-9a-f]{2})/chr hex $1/ge;
			"\"$k\":\"" . encode_base64($v, '') . '"';
		} @xattrs) . '}' if @xattrs;
	}
	print $comma, '{', join(',', @out), '}';
	$comma = ",\n";
}
print "\n]}\n";

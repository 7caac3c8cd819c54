#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# citations.pl FILE... - the citations in the files that lead nowhere: a section whose heading is
# not in its document ("image format 7.3", "tests/README.md 5.1"), a property that
# tests/README.md does not define ("ST-7"), a document that is not in the tree.
use strict;
use warnings;

my %document = (
	'image format' => 'format/image',
	'dump format' => 'format/dump',
	'command line' => 'applets',
	'setup-root' => 'applets/setup-root',
	'performance' => 'tests/bench',
	'kmod' => 'kmod',
	(map { $_ => "format/source/$_" } qw(tar toc ostree)),
	repository => 'format/repo',
	signature => 'format/signature',
	(map { $_ => "applets/$_" } qw(mount diff)),
	'fuse' => 'applets/mount/fuse',
);
my $names = join '|', map { s/ /[ -]/r } sort { length $b <=> length $a } keys %document;
# Names that documents had elsewhere.
my $gone = 'reliability|style|subset|cli|toc-json|tar-to-image|repositories|publishing protocol|SHA-512';
my $number = qr/\d{1,2}(?:\.\d{1,2})*(?![\w.]*\d|%)/;
my $list = qr/$number(?:(?:, | and | or | to )$number)*/;

# read_text FILE - its text.
sub read_text {
	open(my $f, '<', $_[0]) or die "$_[0]: $!\n";
	local $/;
	return scalar <$f>;
}

my %sections;
# has_section FILE NUMBER
sub has_section {
	my ($file, $n) = @_;
	$sections{$file} //= do {
		my %s = map { $_ => 1 } read_text($file) =~ /^#+ (\d[\d.]*)/mg;
		s/\.$// and $s{$_} = 1 for my @dotted = keys %s;
		\%s;
	};
	return $sections{$file}{$n};
}

my $properties = join ' ', read_text('tests/README.md') =~ /^\s*- \*\*(.*?)\*\*/mg;

for my $file (@ARGV) {
	my $text = read_text($file);
	# One line, as far as the text of a comment or a manual page goes on.
	$text =~ s/\n[ \t]*(?:\*(?!\/)|#|\.\\")?[ \t]*/ /g;
	while ($text =~ /(?<![\w\/.-])($names) ($list)/g) {
		my ($name, $numbers) = ($1, $2);
		next if $file =~ /MEASURED/ || $text =~ /(?:GNU|busybox) \Q$name $numbers\E/;
		my $path = $document{$name =~ tr/-/ /r} // $document{$name};
		for my $n ($numbers =~ /$number/g) {
			print "$file: $name $n\n" unless has_section("$path/README.md", $n);
		}
	}
	while ($text =~ /(?<![\w.\/-])((?:[\w-]+\/)*README\.md) ($list)/g) {
		my ($path, $numbers) = ($1, $2);
		for my $n ($numbers =~ /$number/g) {
			print "$file: $path $n\n" unless -f $path && has_section($path, $n);
		}
	}
	while ($text =~ /(?<![\w\/.-])((?:$gone)(?:\.md)? $list)/g) {
		print "$file: $1\n";
	}
	while ($text =~ /\b((?:RI|RT|WI|ST|SC|EX|VE|MO|KM|ER|PH|BS)-\d+(?:\.\d+)?)\b/g) {
		my $id = $1 =~ s/\..*//r;
		print "$file: $1\n" unless $properties =~ /\b\Q$id\E\b/;
	}
}

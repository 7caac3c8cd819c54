#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# manual.pl PAGE[,PAGE] SOURCE... - the messages in the sources that no page has:
# a line for each. A message is what a call that reports gets as its text; those
# that end in the system's words are one paragraph of the page. Of a format the
# longest part without a directive counts.
use strict;
use warnings;

my $pages = shift;
my $text = '';
for my $page (split /,/, $pages) {
	open my $in, '<', $page or die "$page: $!\n";
	while (<$in>) {
		next if /^\.\\"/;
		s/^\.(?:TP|TQ|PP|SH|SS|nf|fi)\b.*//;
		if (s/^\.(?:B|I|BR|RB|BI|IR|IB|RI)\s+//) {
			# Alternating fonts: words are joined unless they were quoted apart.
			s/"\s+"/\x01/g;
			s/"//g;
			s/\x01//g;
		}
		s/\\f[BIRP]//g;
		s/\\-/-/g;
		s/\\e/\\/g;
		s/\\&//g;
		s/\\\(dq/"/g;
		$text .= $_;
	}
}
$text =~ s/\s+/ /g;

my %said;
my $calls = qr/(?:refuse|complain|warn|error_set|cannot|probe_give_up)/;
my $string = qr/"(?:[^"\\]|\\.)*"/;
for my $source (@ARGV) {
	open my $in, '<', $source or die "$source: $!\n";
	my $code = do { local $/; <$in> };
	my %fixed = ($code =~ /static const char (\w+)\[\] = ($string);/g);
	$code =~ s/\b(\w+)\b(?=[,)])/$fixed{$1} \/\/ $1/ge;
	while ($code =~ /\b$calls\(([^;]*?)\)(?:;| \?| :)/gs) {
		my $args = $1;
		for my $s ($args =~ /((?:$string\s*)+)/g) {
			my $format = join '', map { substr $_, 1, -1 } $s =~ /$string/g;
			$format =~ s/\\"/"/g;
			$format =~ s/\\\\/\\/g;
			my ($longest) = sort { length $b <=> length $a } split /%(?:\.\*|\.\d+)?(?:ll|l)?[a-z]/, $format;
			$longest =~ s/^[\s:;,("]+|[\s:;,("]+$//g if defined $longest;
			next if !defined $longest || length $longest < 8;
			# What only we can cause, and what only the tests can ask for.
			next if $longest =~ /^internal error|^loop, B, C, D/;
			print "$source: $longest\n" if index($text, $longest) < 0 && !$said{$longest}++;
		}
	}
}

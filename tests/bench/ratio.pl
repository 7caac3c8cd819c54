# SPDX-License-Identifier: GPL-2.0-only
# The arithmetic of the bench: runs are hashes of numbers, wall, cpu and mem.
use strict;
use warnings;

# Of any order; of an even number the mean of the two in the middle. undef of none.
sub median
{
	my @v = sort { $a <=> $b } grep { defined } @_;
	return undef unless @v;
	return ($v[$#v / 2] + $v[@v / 2]) / 2;
}

# What one row shows of our runs and the peer's, which took turns: the medians of
# both, and of the ratios of neighbours, with the smallest and the largest of these.
# A run that failed, and its neighbour, count for nothing.
sub summary
{
	my ($ours, $peers) = @_;
	my @turns = grep { !$ours->[$_]{rc} && !(@$peers && $peers->[$_]{rc}) } 0 .. $#$ours;
	my %row = (runs => scalar @turns, failed => @$ours - @turns);
	for my $k (qw(wall cpu mem)) {
		$row{$k} = median(map { $ours->[$_]{$k} } @turns);
		next unless @$peers;
		$row{"peer_$k"} = median(map { $peers->[$_]{$k} } @turns);
		my @ratio = sort { $a <=> $b } map { $peers->[$_]{$k} ? $ours->[$_]{$k} / $peers->[$_]{$k} : () } @turns;
		$row{"ratio_$k"} = median(@ratio);
		$row{"spread_$k"} = [ @ratio[0, -1] ] if @ratio;
	}
	return \%row;
}

# How a row grew, or what an entry costs, against another row: ratios of medians,
# each divided by how many times as much there is.
sub growth
{
	my ($row, $than, $times) = @_;
	my %ratio = map { ("ratio_$_" => $than->{$_} ? $row->{$_} / $than->{$_} / $times : undef) } qw(wall cpu mem);
	return { %$row, %ratio };
}

1;

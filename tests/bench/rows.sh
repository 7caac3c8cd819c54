#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The bench: its arithmetic, and that every row runs, on workloads a thousandth of
# their size. Nothing here looks at a time.
. "$(dirname "$0")/../lib.sh"
need perl
[ -x /usr/bin/time ] || skip_all 'no /usr/bin/time here'
perl -MJSON::PP -MTime::HiRes -e 1 2>/dev/null || skip_all 'no JSON::PP here'
case $CFS in *san*) skip_all 'sanitizers make programs of another size' ;; esac

# sum EXPRESSION - what it gives, with the functions of the bench.
sum()
{
	perl -MJSON::PP -e 'require "./tests/bench/ratio.pl"; my @v = eval shift; die $@ if $@;
		print JSON::PP->new->canonical->allow_nonref->encode(@v == 1 ? $v[0] : \@v)' "$1"
}
is 'a median' "$(sum 'median(9, 1, 10)')" 9
is 'of an even number' "$(sum 'median(4, 1, 10, 2)')" 3
is 'of one, and of none' "$(sum '[median(7), median(undef)]')" '[7,null]'
ours='[map { { wall => $_->[0], cpu => $_->[1], mem => 8, rc => 0 } } [2, 1], [30, 1], [8, 6]]'
peers='[map { { wall => $_->[0], cpu => $_->[1], mem => 16, rc => 0 } } [4, 2], [10, 4], [10, 3]]'
is 'neighbours are compared, not medians' \
	"$(sum "my \$r = summary($ours, $peers); @\$r{qw(wall peer_wall ratio_wall spread_wall ratio_cpu spread_cpu ratio_mem runs failed)}")" \
	'[8,10,0.8,[0.5,3],0.5,[0.25,2],0.5,3,0]'
is 'a run that failed does not count' \
	"$(sum "my \$p = $peers; \$p->[1]{rc} = 256; my \$r = summary($ours, \$p); @\$r{qw(wall peer_wall ratio_wall spread_wall runs failed)}")" \
	'[5,7,0.65,[0.5,0.8],2,1]'
is 'without a peer there is no ratio' \
	"$(sum "my \$r = summary($ours, []); [@\$r{qw(wall cpu mem)}, scalar grep { /ratio|peer|spread/ } keys %\$r]")" '[8,1,8,0]'
is 'per entry' "$(sum '@{growth({ wall => 6, cpu => 3, mem => 5 }, { wall => 2, cpu => 3, mem => 0 }, 0.5)}{qw(wall ratio_wall ratio_cpu ratio_mem)}')" \
	'[6,6,2,null]'

# cfs itself in the place of upstream's tools.
mkdir "$tmp/peer"
ln -s "$CFS" "$tmp/peer/mkcomposefs"
ln -s "$CFS" "$tmp/peer/composefs-info"
bench()
{
	BENCH_SCALE=1000 BENCH_TIMES=1 BENCH_DIR=$tmp/bench perl tests/bench/run.pl "$@" 2>"$tmp/notes"
}
ok 'every row runs' bench --json --peer="$tmp/peer"
cp "$tmp/out" "$tmp/json"
note "$(grep -v 'took\|making' "$tmp/notes")"
# what EXPRESSION - of the rows of that run, in @r.
what()
{
	perl -MJSON::PP -ne 'BEGIN { $expr = shift } push @r, decode_json $_;
		END { my $head = shift @r; print join " ", eval $expr; die $@ if $@ }' "$1" "$tmp/json"
}
is 'and each is there' "$(what 'my %s; grep { !$s{$_}++ } map { $_->{id} } @r')" \
	'P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P18 P19 P20 P21 P25 counts'
is 'nothing failed' "$(what 'map { $_->{what} } grep { $_->{failed} } @r')" ''
note "skipped: $(what 'map { "$_->{id} ($_->{skipped})" } grep { $_->{skipped} } @r')"
is 'what was run has its figures, and with a peer its ratios' \
	"$(what 'map { $_->{what} } grep { $_->{runs} && !(defined $_->{wall} && $_->{mem} && (!defined $_->{peer_wall} || $_->{spread_wall})) } @r')" ''
is 'upstream is a peer' "$(what 'my %s; sort grep { !$s{$_}++ } map { $_->{id} } grep { ($_->{peer} // "") =~ /mkcomposefs|composefs-info/ && $_->{peer_wall} } @r')" \
	'P1 P10 P11 P12 P15 P2 P3 P4 P5 P6 P7 P8 P9'
not_ok 'no image differs from the peer' grep -q differ "$tmp/notes"
ok 'a row alone, as text' sh -c 'BENCH_SCALE=1000 BENCH_TIMES=1 BENCH_DIR=$1 perl tests/bench/run.pl --rows=P2 2>/dev/null | grep -c "^P2 .*no peer here; 65536 bytes out\$"' - "$tmp/bench"
not_ok 'no such row' bench --rows=P2,P99
plan_done

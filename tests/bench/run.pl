#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The rows of the performance table: run.pl [--rows=P1,P4] [--peer=DIR] [--json]
#
# cfs and its peer run in turn, BENCH_TIMES times each; shown are the medians of the
# ratios of neighbours, their spread, and the medians of wall time, processor time
# (both seconds) and peak memory (MiB). A row without its peer shows cfs alone.
# $CFS is the program, $BENCH_DIR holds the workloads (made once, kept), which
# BENCH_SCALE=1000 makes a thousand times as small: to see that all rows run.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename;
use JSON::PP;
use Time::HiRes 'time';

my %arg = map { /^--(rows|peer|json)(?:=(.*))?$/ ? ($1 => $2 // 1) : die "usage: run.pl [--rows=P1,...] [--peer=DIR] [--json]\n" } @ARGV;
my %wanted = map { $_ => 1 } grep { length } split /,/, $arg{rows} // '';
my $here = abs_path(dirname $0);
my $cfs = abs_path($ENV{CFS} || "$here/../../cfs");
my $peer = $arg{peer} ? abs_path($arg{peer}) : undef;
my $dir = $ENV{BENCH_DIR} || "$here/../../build/bench";
my $times = $ENV{BENCH_TIMES} || 3;
my $scale = $ENV{BENCH_SCALE} || 1;
my $me = $$; # in the names of passing files
my ($million, $hundred_k, $mib) = map { int $_ / $scale + 1 - 1 / $scale } 1e6, 1e5, 1024;
require "$here/ratio.pl";
system 'mkdir', '-p', $dir;
chdir $dir or die "$dir: $!\n";
open my $null, '>', '/dev/null' or die;

sub has { my $t = shift; return scalar grep { -x "$_/$t" } split /:/, $ENV{PATH} }
sub up { my $t = shift; return $peer && -x "$peer/$t" ? "$peer/$t" : undef }
sub note { print STDERR "# @_\n" }

# A workload by the command that makes it, in a file or folder of that name.
sub make
{
	my ($name, $command) = @_;
	return $name if -e $name;
	note "making $name";
	system 'sh', '-c', "rm -rf '$name.new' && $command && mv '$name.new' '$name'";
	die "cannot make $name\n" unless -e $name;
	return $name;
}
sub dump_of { my ($n, $plain) = @_; return make("D$n" . ($plain || ''), "perl $here/dump.pl $n " . ($plain || '') . " >'D$n" . ($plain || '') . ".new'") }
sub tree { return make('S100k', "perl $here/tree.pl S100k.new $hundred_k") }
sub image { return make('D1M.image', "$cfs mkfs --no-sync --from-file " . dump_of($million) . ' D1M.image.new') }
sub other { return make('D1M.other', "perl $here/other.pl <" . dump_of($million) . ' >D1M.other.text && ' . "$cfs mkfs --no-sync --from-file D1M.other.text D1M.other.new && rm D1M.other.text") }
sub store { tree(); return make('S100k.store', "$cfs mkfs --no-sync --digest-store=S100k.store.new S100k S100k.image") }
sub big { my $k = shift; return make("B4.$k", "perl $here/big.pl B4.$k.new $k $mib") }
sub corner { my ($k, $n) = @_; return make("corner.$k", $k eq 'deep' ? "perl $here/tree.pl corner.deep.new deep $n" : "perl $here/corner.pl $k $n >corner.$k.new") }

# One run: wall, cpu, peak in MiB, and whether it ended with 0. The kernel counts
# processor time in microseconds; time(1), a program smaller than any other here, the memory.
my %wait4 = (x86_64 => 61, aarch64 => 260);
my $wait4 = $wait4{ (split ' ', `uname -m`)[0] } // die "run.pl: x86_64 and aarch64 only\n";
sub run
{
	my $command = shift;
	my ($status, $usage) = (pack('i', 0), "\0" x 256);
	my $start = time;
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		exec 'sh', '-c', "exec /usr/bin/time -o times.$me -f %M $command >/dev/null 2>errors.$me";
		exit 127;
	}
	syscall $wait4, $pid, $status, 0, $usage;
	my $wall = time - $start;
	my ($us, $uu, $ss, $su) = unpack 'q4', $usage;
	open my $f, '<', "times.$me" or return { wall => $wall, cpu => 0, mem => 0, rc => 1 };
	my ($kib) = grep { /^\d+$/ } <$f>;
	return { wall => $wall, cpu => $us + $ss + ($uu + $su) / 1e6, mem => ($kib // 0) / 1024, rc => unpack('i', $status) };
}

# Our command and the peer's in turn.
sub compare
{
	my ($ours, $theirs, $before) = @_;
	my (@a, @b);
	for (1 .. $times) {
		for my $pair ([ $ours, \@a ], [ $theirs, \@b ]) {
			next unless $pair->[0];
			system 'sh', '-c', $before if $before;
			my $r = run($pair->[0]);
			if ($r->{rc}) {
				system "sed 's/^/# /' errors.$me >&2";
				note "failed: $pair->[0]";
			}
			push @{ $pair->[1] }, $r;
		}
	}
	return summary(\@a, \@b);
}

my @results;
sub number { my ($format, $v) = @_; return defined $v ? sprintf $format, $v : '-' }
sub show
{
	my ($id, $what, $peer_name, $row, $more) = @_;
	push @results, { id => $id =~ s/\(//r, floor => $id =~ /\(/ ? JSON::PP::true : JSON::PP::false, what => $what, peer => $peer_name, %$row, more => $more };
	return if $arg{json};
	my @spread = @{ $row->{spread_wall} // [] };
	printf "%-4s %-38s %7s %7s %6s  %5s %5s %5s  %9s  %s%s\n", $id, $what, number('%.2f', $row->{wall}), number('%.2f', $row->{cpu}), number('%.0f', $row->{mem}),
		(map { number('%.2f', $row->{"ratio_$_"}) } qw(wall cpu mem)), @spread ? sprintf('%.2f-%.2f', @spread) : '-', $peer_name // 'no peer here', $more ? "; $more" : '';
}
sub skip
{
	my ($id, $what, $why) = @_;
	push @results, { id => $id, what => $what, skipped => $why };
	printf "%-4s %-38s skipped: %s\n", $id, $what, $why unless $arg{json};
}
sub size_of { my $f = shift; return -e $f ? sprintf '%d bytes out', -s $f : '' }

# A row with upstream's tool as peer: its name, and what stands behind it.
sub upstream
{
	my ($id, $what, $ours, $tool, $args, $before, $out) = @_;
	my $path = up($tool);
	my $row = compare("$cfs $ours", $path ? "$path $args" : undef, $before);
	show($id, $what, $path ? $tool : undef, $row, $out ? size_of($out) : undef);
	return $row;
}
sub floor_row { my ($id, $what, $tool, $command) = @_; show("($id", $what, "floor: $tool", compare($command)) if has($tool) }

sub from_dump
{
	my ($id, $what, $dump) = @_;
	my $row = upstream($id, $what, "mkfs --no-sync --from-file $dump out.image", 'mkcomposefs', "--from-file $dump peer.image", undef, 'out.image');
	note "$id: the images differ" if up('mkcomposefs') && system('cmp', '-s', 'out.image', 'peer.image');
	return $row;
}

my $store_away = 'rm -rf new.store peer.store';
my %memo;
my @rows = (
	[ P1 => sub { $memo{d1m} = from_dump('P1', 'D1M to image', dump_of($million)) } ],
	[ P2 => sub { $memo{d100k} = from_dump('P2', 'D100k to image', dump_of($hundred_k)) } ],
	[ P3 => sub { from_dump('P3', 'D1M-plain to image', dump_of($million, 'plain')) } ],
	[ P4 => sub {
		tree();
		upstream('P4', 'S100k to image, one thread', 'mkfs --no-sync --threads=1 S100k out.image', 'mkcomposefs', '--threads=1 S100k peer.image', undef, 'out.image');
		floor_row('P4', 'S100k listed', 'find', 'find S100k -ls');
		floor_row('P4', 'S100k as EROFS', 'mkfs.erofs', 'mkfs.erofs peer.erofs S100k');
		floor_row('P4', 'S100k as squashfs', 'mksquashfs', 'mksquashfs S100k peer.squash -noappend -no-progress -processors 1');
		calls();
	} ],
	[ P5 => sub { tree(); upstream('P5', 'S100k to image, two threads', 'mkfs --no-sync --threads=2 S100k out.image', 'mkcomposefs', '--threads=2 S100k peer.image') } ],
	[ P6 => sub {
		big('dense');
		upstream('P6', 'B4 dense, one thread', 'mkfs --threads=1 --print-digest-only B4.dense', 'mkcomposefs', '--threads=1 --print-digest-only B4.dense');
		show('(P6', 'B4 dense, two threads', 'one thread', compare("$cfs mkfs --threads=2 --print-digest-only B4.dense", "$cfs mkfs --threads=1 --print-digest-only B4.dense"));
		system 'sh', '-c', 'mkdir -p B1 && ln -f B4.dense/file1 B1/file';
		show('(P6', 'one file of them, two threads', 'one thread', compare("$cfs mkfs --threads=2 --print-digest-only B1", "$cfs mkfs --threads=1 --print-digest-only B1"));
		floor_row('P6', 'B4 dense', 'fsverity', 'fsverity digest B4.dense/file1 B4.dense/file2 B4.dense/file3 B4.dense/file4');
		floor_row('P6', 'B4 dense', 'openssl', 'openssl dgst -sha256 B4.dense/file1 B4.dense/file2 B4.dense/file3 B4.dense/file4');
		floor_row('P6', 'B4 dense', 'sha256sum', 'sha256sum B4.dense/file1 B4.dense/file2 B4.dense/file3 B4.dense/file4');
	} ],
	[ P7 => sub { big('sparse'); upstream('P7', 'B4 sparse', 'mkfs --threads=1 --print-digest-only B4.sparse', 'mkcomposefs', '--threads=1 --print-digest-only B4.sparse') } ],
	[ P8 => sub {
		tree();
		upstream('P8', 'S100k into a new store, two threads', 'mkfs --threads=2 --digest-store=new.store S100k out.image', 'mkcomposefs', '--threads=2 --digest-store=peer.store S100k peer.image', $store_away);
		system 'sh', '-c', $store_away;
		show('(P8', 'the same without sync', 'for comparison', compare("$cfs mkfs --no-sync --threads=2 --digest-store=new.store S100k out.image", undef, $store_away));
		floor_row('P8', 'S100k copied', 'cp', "sh -c 'rm -rf copy && cp -a S100k copy && sync -f copy'");
		system 'rm', '-rf', 'copy';
	} ],
	[ P9 => sub {
		store();
		system "cp -a S100k.store peer.store" if up('mkcomposefs');
		upstream('P9', 'the same again', 'mkfs --threads=2 --digest-store=S100k.store S100k out.image', 'mkcomposefs', '--threads=2 --digest-store=peer.store S100k peer.image');
		system 'sh', '-c', $store_away;
	} ],
	[ P10 => sub { image(); upstream('P10', 'dump of D1M', 'dump D1M.image', 'composefs-info', 'dump D1M.image') } ],
	[ P11 => sub {
		image();
		upstream('P11', "info $_ of D1M", "info $_ D1M.image", 'composefs-info', "$_ D1M.image") for qw(ls objects);
	} ],
	[ P12 => sub {
		image();
		upstream('P12', 'measure-file of D1M', 'info measure-file D1M.image', 'composefs-info', 'measure-file D1M.image');
		show('P12', 'the same', 'openssl dgst', compare("$cfs info measure-file D1M.image", 'openssl dgst -sha256 D1M.image')) if has('openssl');
	} ],
	[ P13 => sub {
		store();
		my $p = has('fsverity') ? "sh -c 'find S100k.store -type f -print0 | xargs -0 fsverity digest'" : undef;
		show('P13', "verify of S100k's store, $_ thread(s)", $p && 'find | xargs fsverity', compare("$cfs verify --threads=$_ --basedir=S100k.store", $p)) for 1, 2;
	} ],
	[ P14 => sub {
		my $toc = make('J1M', "perl $here/toc.pl <" . dump_of($million) . ' >J1M.new');
		show('P14', 'J1M to image', 'cfs mkfs, D1M', compare("$cfs json-convert --no-sync --out=out.image $toc", "$cfs mkfs --no-sync --from-file D$million out.image"));
	} ],
	[ P15 => sub {
		tree();
		make('T100k', "mkdir T100k.new && cd S100k && ls | awk '{ print >\"../T100k.new/part.\" NR % 3 }' && for p in ../T100k.new/part.?; do tar -cf \$p.tar -T \$p; zstd -q \$p.tar -o \$p.tar.zst || :; done && cd ..");
		my $mk = up('mkcomposefs') || "$cfs mkfs";
		my $untar = "sh -c 'mkdir peer.tree && for t in T100k/*.tar; do tar -x -C peer.tree -f \$t; done && $mk --digest-store=peer.store peer.tree peer.image'";
		for my $kind (grep { my @f = glob "T100k/*.$_"; @f } qw(tar tar.zst)) {
			show('P15', "T100k ($kind) with a store", 'tar, then ' . basename((split ' ', $mk)[0]), compare("$cfs mkfs --digest-store=new.store --from-tar " . join(' ', glob "T100k/*.$kind") . ' out.image', $untar, "$store_away peer.tree"));
		}
		system 'sh', '-c', "$store_away peer.tree";
	} ],
	[ P16 => sub {
		my $small = $memo{d100k} || from_dump('P2', 'D100k to image', dump_of($hundred_k));
		my $large = $memo{d1m} || from_dump('P1', 'D1M to image', dump_of($million));
		show('P16', 'from D100k to D1M', 'D100k, growth', growth($large, $small, 1));
	} ],
	[ P17 => sub {
		my $d1m = $memo{d1m} || from_dump('P1', 'D1M to image', dump_of($million));
		for my $c ([ reverse => $million ], [ links => $million ], [ values => $million ], [ xattrs => int $million / 100 ], [ deep => $hundred_k ]) {
			my ($kind, $n) = @$c;
			my $row = compare("$cfs mkfs --no-sync " . ($kind eq 'deep' ? '' : '--from-file ') . corner($kind, $n) . ' out.image');
			show('P17', "corner $kind", 'D1M, per entry', growth($row, $d1m, $n / $million));
			next unless $kind eq 'deep';
			tree();
			my $scan = compare("$cfs mkfs --no-sync S100k out.image");
			show('(P17', 'the same', 'S100k, per entry', growth($row, $scan, $n / `find S100k | wc -l`));
			floor_row('P17', 'the same listed', 'find', 'find corner.deep -printf x');
		}
	} ],
	[ P18 => sub {
		my $empty = has('musl-gcc') && !system("echo 'int main(void) { return 0; }' >empty.c && musl-gcc -Os -static -s -o empty empty.c");
		my $loop = sub { "sh -c 'i=0; while [ \$i -lt 500 ]; do $_[0]; i=\$((i + 1)); done'" };
		show('P18', 'cfs --version, 500 in a row', $empty ? 'empty static program' : undef, compare($loop->("$cfs --version"), $empty ? $loop->('./empty') : undef));
	} ],
	[ P19 => sub {
		return skip('P19', 'system calls before mounting', 'no strace') unless has('strace');
		mkdir 'mnt';
		system "strace -o calls.$me $cfs mount " . make('small.image', "$cfs mkfs --from-file " . make('small', 'printf "/ 0 40755 2 0 0 0 0.0 - - -\\n" >small.new') . ' small.image.new') . " mnt -o basedir=. >/dev/null 2>&1; umount mnt 2>/dev/null";
		my @calls = -e "calls.$me" ? `sed '/^fsopen\\|^mount(/,\$d' calls.$me` : ();
		show('P19', 'system calls before mounting: ' . @calls, 'upstream: 74', {});
	} ],
	[ P20 => sub {
		my $packed = has('zstd') ? `zstd -19 -c $cfs | wc -c` + 0 : 0;
		show('P20', 'the binary', 'limits: 409600, packed 204800', { bytes => -s $cfs, packed => $packed }, sprintf('%d bytes, zstd -19 %d', -s $cfs, $packed));
	} ],
	[ P21 => sub {
		my $f = big('dense') . '/file1';
		show('P21', 'SHA-512 of 1 GiB', has('fsverity') ? 'fsverity' : undef, compare("$cfs info measure-file --hash-alg=sha512 $f", has('fsverity') ? "fsverity digest --hash-alg=sha512 $f" : undef));
	} ],
	[ P25 => sub {
		my ($a, $b) = (image(), other());
		# Status 3 is the answer here.
		my $diff = sub { return "sh -c '$cfs diff $_[0] $a $b; test \$? = 3'" };
		# A hypervisor takes back memory that is free for two seconds, and the next process pays for getting
		# it again. A run before each measured one touches as much memory as diff needs.
		show('P25', "diff of D1M and a changed one$_", 'cfs dump of D1M', compare($diff->($_), "$cfs dump $a", $diff->('-q'))) for '', ' --list', ' --json';
	} ],
	[ counts => sub {
		return skip('counts', 'instructions', 'no valgrind') unless has('valgrind');
		my $dump = dump_of(10000);
		my ($refs) = `valgrind --tool=callgrind --callgrind-out-file=/dev/null $cfs mkfs --no-sync --from-file $dump out.image 2>&1` =~ /refs:\s+([\d,]+)/;
		$refs =~ s/,//g;
		show('counts', 'instructions per entry, 10 000 entries', 'callgrind', {}, sprintf '%.0f', $refs / 10000);
	} ],
);

for my $name (keys %wanted) {
	next if grep { $_->[0] eq $name } @rows;
	print STDERR "run.pl: no row $name\n";
	exit 2;
}

# System calls for each entry of P4.
sub calls
{
	return unless has('strace');
	my $entries = `find S100k | wc -l` + 0;
	system "strace -f -c -o calls.$me $cfs mkfs --no-sync --threads=1 S100k out.image";
	my ($total) = map { /^100\.00\s+\S+\s+(?:\d+\s+)?(\d+)/ ? $1 : () } `cat calls.$me`;
	show('P4', 'system calls per entry', 'upstream: 12.5', {}, sprintf '%.2f', $total / $entries) if $total;
}

my @versions = map { has($_->[0]) ? (split /\n/, `$_->[1] 2>&1`)[0] : () } [ 'mkfs.erofs', 'mkfs.erofs --help 2>&1 | grep -m1 "^mkfs"' ], [ 'mksquashfs', 'mksquashfs -version' ], [ 'fsverity', 'fsverity --version' ],
	[ 'openssl', 'openssl version' ], [ 'sha256sum', 'sha256sum --version' ], [ 'tar', 'tar --version' ], [ 'cp', 'cp --version' ], [ 'find', 'find --version' ];
push @versions, up('mkcomposefs') ? (split /\n/, `$peer/mkcomposefs --version 2>&1`)[0] : 'upstream: not here (--peer=DIR)';
unless ($arg{json}) {
	print "# $_\n" for "cfs: " . `$cfs --version` =~ s/\n.*//sr, @versions, 'ratios: wall, cpu, memory, spread of wall; below 1 cfs is better';
	printf "%-4s %-38s %7s %7s %6s  %s\n", 'row', 'work', 'wall s', 'cpu s', 'MiB', 'ratios to the peer';
}
for my $row (@rows) {
	next if %wanted && !$wanted{ $row->[0] };
	my $start = time;
	$row->[1]->();
	note sprintf '%s took %.0f s', $row->[0], time - $start;
}
unlink "times.$me", "errors.$me", "calls.$me", 'out.image', 'peer.image', 'peer.erofs', 'peer.squash';
if ($arg{json}) {
	my $json = JSON::PP->new->canonical;
	print $json->encode($_), "\n" for { versions => \@versions, cfs => (split /\n/, `$cfs --version`)[0], times => $times, scale => $scale }, @results;
}
exit(grep({ $_->{failed} } @results) ? 1 : 0);

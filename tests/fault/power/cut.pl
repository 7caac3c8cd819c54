#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# One machine for power cuts:
#
#	cut.pl save KERNEL INITRD DISK STATE    boot until READY, keep its memory in STATE
#	cut.pl go   KERNEL INITRD DISK STATE MODE WHAT [USEC]
#	                                        go on from there; prints the console
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use IPC::Open2;
use Time::HiRes qw(sleep time);

my ($do, $kernel, $initrd, $disk, $state, @words) = @ARGV;
my $monitor = "$state.monitor";
unlink $monitor;
my @qemu = (
	qw(qemu-system-x86_64 -machine q35 -accel tcg -cpu max -m 256 -smp 1 -nodefaults),
	qw(-no-user-config -display none -serial stdio -no-reboot -kernel), $kernel, "-initrd", $initrd,
	"-append", "console=ttyS0 quiet panic=-1", "-monitor", "unix:$monitor,server,nowait",
	"-drive", "file=$disk,if=virtio,format=raw,cache=unsafe"
);
push @qemu, "-incoming", "exec:cat $state" if $do eq "go";
my $pid = open2(my $from, my $to, @qemu);
my $select = IO::Select->new($from);
my $until = time + ($do eq "go" ? 120 : 300);
my $text = "";
$SIG{ALRM} = $SIG{TERM} = sub { kill "KILL", $pid; exit 1 };

# Read the console until it says so, or ends.
sub wait_for {
	my ($what) = @_;
	while ($text !~ $what) {
		die "no end: $text\n" if time > $until;
		next unless $select->can_read(1);
		last unless sysread $from, $text, 4096, length $text;
	}
}
eval {
	if ($do eq "save") {
		wait_for(qr/READY/);
		die "not ready: $text\n" unless $text =~ /READY/;
		my $m = IO::Socket::UNIX->new($monitor) or die "monitor: $!\n";
		my $ask = sub { print $m "$_[0]\n"; my $s = ""; while ($s !~ /\(qemu\) \z/ || $s !~ /\Q$_[1]\E/) { sysread $m, $s, 4096, length $s or last } $s };
		$m->autoflush(1);
		$ask->("migrate -d \"exec:cat >$state\"", "migrate");
		1 while $ask->("info migrate", "Migration status") !~ /Migration status: completed/ && sleep 0.2;
		$ask->("quit", "quit");
	} else {
		# It reads the console once it runs; what comes earlier may be lost.
		sleep 0.3;
		syswrite $to, "\n\n";
		sleep 0.1;
		syswrite $to, "@words\n";
		wait_for(qr/\0never/);
		print $text;
	}
};
my $error = $@;
kill "KILL", $pid if $error;
waitpid $pid, 0;
unlink $monitor;
die $error if $error;

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs diff on real cases, and what must hold for any two dumps.
. "$(dirname "$0")/../lib.sh"
need perl tar

cd "$tmp" || exit 1
# lines OPTION... A B - the summary behind the lines that name the operands.
lines()
{
	"$CFS" diff "$@" | sed 1,2d
}

# ---- an image built with and without --use-epoch
mkdir -p tree/etc tree/usr/bin
echo one >tree/etc/one
head -c 5000 /dev/zero >tree/usr/bin/tool
ln tree/usr/bin/tool tree/usr/bin/again
ln -s tool tree/usr/bin/link
find tree -exec touch -h -d '2024-05-06 07:08:09.123456789Z' {} +
"$CFS" mkfs tree live.cfs
"$CFS" mkfs --use-epoch tree epoch.cfs
is '--use-epoch: the cause is named' "$(lines epoch.cfs live.cfs)" '8 of 8 names differ
8 names differ in mtime only: first /
  all are 1714979289.123456789 in B
  8 are 0.0 in A'
exits '--use-epoch: times ignored, no difference' 0 "$CFS" diff --ignore=mtime epoch.cfs live.cfs
exits 'a directory and its image' 0 "$CFS" diff live.cfs tree

# ---- the same tree from tar, nanoseconds lost
tar -C tree --format=ustar --numeric-owner --owner=0 --group=0 -cf tree.tar .
"$CFS" mkfs --hardlinks tree links.cfs
"$CFS" diff --hardlinks --ignore=uid,gid,nsec tree.tar tree >nsec
is 'tar: only nanoseconds were lost' "$(tail -n 1 nsec)" 'no difference'
is 'tar: the cause is named' "$(lines --hardlinks --ignore=uid,gid tree.tar tree)" '8 of 8 names differ
8 names differ in mtime only: first /
  all are 1714979289.0 in A
  all are 1714979289.123456789 in B
  8 have no nanoseconds in A'

# ---- the same tree copied without hard links and with another label
"$CFS" dump links.cfs | sed 's/$/ security.selinux=a_t/' >linked.dump
"$CFS" dump live.cfs | sed 's/$/ security.selinux=b_t/' >copied.dump
"$CFS" diff linked.dump copied.dump >copied
is 'copy: links, counts and labels are named' "$(sed '1,3d' copied)" 'xattr security.selinux differs: 8 names: first /
  value in A: a_t
  value in B: b_t
1 file is a hard link in A and a separate file in B: /usr/bin/tool
2 files have other link counts: /usr/bin/again, /usr/bin/tool'

# ---- properties
"$CFS" dump live.cfs >live.dump
exits 'an image and its dump' 0 "$CFS" diff live.cfs live.dump
exits 'a pipe with a name' 0 sh -c 'mkfifo fifo; cat live.dump >fifo & "$CFS" diff fifo live.cfs; rc=$?; wait; exit $rc'
mirror()
{
	"$CFS" diff --list "$1" "$2" | perl -ne '
		chomp; my ($sign, @f) = split / /, $_, -1;
		$sign =~ tr/<>/></;
		if ($sign eq "!" || $sign eq "@") {
			my @head = $sign eq "!" ? shift @f : ();
			my @out;
			while (@f) { my ($k, $a, $b) = splice @f, 0, 3; push @out, $k, $b, $a }
			@f = (@head, @out);
		}
		print join(" ", $sign, @f), "\n"'
}
is 'B A mirrors A B' "$(mirror linked.dump copied.dump | cksum)" "$("$CFS" diff --list copied.dump linked.dump | cksum)"
is 'names only' "$("$CFS" diff --names-only epoch.cfs live.cfs)" "$("$CFS" diff --list epoch.cfs live.cfs | sed -n '/^@/!s/^\([^ ]* [^ ]*\).*/\1/p')"
is 'JSON has a summary' "$("$CFS" diff --json live.cfs live.cfs | grep -c '"same":true')" 1
exits 'every attribute ignored' 0 "$CFS" diff --ignore=mode,uid,gid,mtime,nlink,rdev,data,target,link,xattr linked.dump copied.dump

# ---- outputs and refusals
exits 'quiet' 3 "$CFS" diff -q epoch.cfs live.cfs
is 'says nothing' "$(cat stdout stderr)" ''
exits 'a full disk' 1 sh -c '"$CFS" diff epoch.cfs live.cfs >/dev/full'
exits 'a directory that is not there' 1 "$CFS" diff live.cfs nowhere
exits 'one operand' 2 "$CFS" diff live.cfs
head -c 300 live.cfs >cut.cfs
exits 'a cut image' 1 "$CFS" diff cut.cfs live.cfs
is 'prints nothing' "$(cat stdout)" ''
plan_done

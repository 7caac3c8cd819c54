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
cp -R --preserve=mode,timestamps tree copy
find copy -exec touch -h -d '2024-05-06 07:08:09.123456789Z' {} +
if setfattr -h -n security.selinux -v system_u:object_r:a_t:s0 tree/usr/bin/tool 2>/dev/null; then
	setfattr -h -n security.selinux -v system_u:object_r:b_t:s0 copy/usr/bin/tool copy/usr/bin/again
	is 'copy: links, counts and labels are named' "$(lines --hardlinks tree copy)" '2 of 8 names differ
xattr security.selinux differs: 2 files: /usr/bin/again, /usr/bin/tool
  value in A: system_u:object_r:a_t:s0
  value in B: system_u:object_r:b_t:s0
1 file is a hard link in A and a separate file in B: /usr/bin/tool
2 files have other link counts: /usr/bin/again, /usr/bin/tool'
	setfattr -x security.selinux tree/usr/bin/tool
else
	skip 'copy: links, counts and labels are named' 'this user cannot set security.selinux'
fi
# The same for every user: labels from the text of a dump.
"$CFS" dump links.cfs | sed 's/$/ security.selinux=a_t/' >linked.dump
"$CFS" dump live.cfs | sed 's/$/ security.selinux=b_t/' >copied.dump
"$CFS" diff linked.dump copied.dump >copied
is 'dumps: links, counts and labels are named' "$(sed '1,3d' copied)" 'xattr security.selinux differs: 8 names: first /
  value in A: a_t
  value in B: b_t
1 file is a hard link in A and a separate file in B: /usr/bin/tool
2 files have other link counts: /usr/bin/again, /usr/bin/tool'

# ---- SHA-512: what is hashed is hashed as the other operand was
"$CFS" mkfs --hash-alg=sha512 tree long.cfs
"$CFS" dump long.cfs >long.dump
tar -C tree --format=posix --numeric-owner --owner=0 --group=0 -cf long.tar .
exits 'SHA-512: an image and its directory' 0 "$CFS" diff long.cfs tree
exits 'SHA-512: a directory and its image' 0 "$CFS" diff tree long.cfs
exits 'SHA-512: a directory and the dump of its image' 0 "$CFS" diff tree long.dump
exits 'SHA-512: a tar archive' 0 "$CFS" diff --ignore=uid,gid,mtime,nlink,link long.cfs long.tar
is 'SHA-512: of the summary, too' "$("$CFS" diff long.cfs tree | sed 's/.* //' | sed '3d' | tr -d '\n' | wc -c)" 256
exits 'an image with SHA-256 and the dump of one with SHA-512' 3 "$CFS" diff live.cfs long.dump
head -c 9000 long.cfs >broken.cfs
exits 'a broken image and a directory' 1 "$CFS" diff broken.cfs tree
is 'is reported once' "$(wc -l <stderr)" 1

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

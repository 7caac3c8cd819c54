#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# setup-root 16.1, [var] seed: the first content of /var, copied from the image to a state that has none.
# The copy has everything that the image records; a crash or an error leaves all of it or nothing.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
need getfattr setfattr
mount -t tmpfs tmpfs /run
mkdir s mnt target
mount -t tmpfs -o mode=755 disk s
mkdir -p tree/etc tree/run tree/sysroot tree/usr tree/var/lib/deep/er tree/var/empty
head -c 300000 /dev/urandom >tree/var/lib/large
echo small >tree/var/lib/deep/er/small
truncate -s 3M tree/var/lib/holes
printf x | dd of=tree/var/lib/holes bs=1 seek=2000000 conv=notrunc 2>/dev/null
: >tree/var/lib/zero
chmod 4750 tree/var/lib/deep/er/small
chown 12:34 tree/var/lib/large tree/var/lib
chmod 1777 tree/var/empty
chmod 700 tree/var/lib/deep
ln tree/var/lib/large tree/var/lib/deep/large.too
ln tree/var/lib/large tree/var/.large
ln -s ../../no/where tree/var/lib/link
chown -h 5:6 tree/var/lib/link
mkfifo -m 620 tree/var/lib/fifo
mknod -m 640 tree/var/lib/null c 1 3
name=$(printf 'tree/var/strange\nname')
echo strange >"$name"
setfattr -n trusted.note -v on-a-directory tree/var/lib
setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= tree/var/lib/zero
setfattr -h -n trusted.note -v on-a-link tree/var/lib/link
find tree/var -exec touch -h -d '2001-02-03 04:05:06.7' {} +
mkdir -p s/composefs/images
# A tar archive, because an image that is made from a directory has no hard links.
tar --xattrs --xattrs-include='*' -C tree --sparse -cf tree.tar . || skip_all 'tar cannot keep extended attributes'
digest=$("$CFS" mkfs --from-tar --digest-store=s/composefs/objects --print-digest tree.tar img) || skip_all 'no image could be made'
cp img "s/composefs/images/$digest"
state=s/state/deploy/$digest
printf '[var]\nseed = true\n' >conf

setup()
{
	"$CFS" setup-root --sysroot=s --cmdline="composefs=?$digest" --target=target "$@"
}
# list DIR - everything that a copy has to keep, from programs that are not ours.
list()
{
	(
		cd "$1" || exit
		find . -printf '%p %y %m %U:%G %s %n %T@ %l\n' | sed 's/ d \([0-7]*\) \([0-9:]*\) [0-9]* [0-9]*/ d \1 \2/' | sort
		find . -type c -exec stat -c '%n %t:%T' {} +
		find . -type f -exec sha256sum {} + | sort
		find . -exec getfattr -h -d -m '^trusted\.note$|^security\.capability$' -e hex {} + 2>/dev/null | sort
	)
}
anew()
{
	umount -R target 2>/dev/null
	rm -rf s/state s/os
}
# left - what a failed or interrupted copy left in the state.
left()
{
	ls -A "$state" 2>/dev/null | grep -v '^etc$'
}
list tree/var >want
ok 'the list sees the tree' test "$(wc -l <want)" -ge 30

exits 'without seed' 0 setup
is 'an empty /var' "$(ls -A "$state/var")" ''
umount -R target
exits 'an empty directory is seeded' 0 setup --config=conf
list "$state/var" >got
ok 'with everything that the image has' cmp want got
is 'the mounted /var is the copy' "$(cat target/var/lib/deep/er/small)" small
ok 'hard links are links' test target/var/lib/large -ef target/var/.large
ok 'holes are kept' test "$(du -k target/var/lib/holes | cut -f 1)" -lt 1000
is 'nothing else is left' "$(left)" var
echo mine >target/var/lib/deep/er/small
rm target/var/lib/zero
umount -R target
exits 'a second start' 0 setup --config=conf
is 'existing state is not touched' "$(cat target/var/lib/deep/er/small)$(ls target/var/lib/zero 2>/dev/null)" mine
anew
exits 'a missing state is seeded' 0 setup --config=conf -v
ok 'and -v tells it' grep -q ": $state/var: seeded from /var of the image" "$tmp/stderr"
list "$state/var" >got
ok 'with the same content' cmp want got
anew
mkdir -p "$state/var/.hidden"
exits 'a directory with one entry' 0 setup --config=conf
is 'is state' "$(ls -A target/var)" .hidden
anew
exits 'dry run' 0 setup --config=conf -n
ok 'makes no state' test ! -e s/state

# An installer made /var a link.
mkdir -p "$state" s/os/default
ln -s ../../../os/default/var "$state/var"
exits 'a link that leads nowhere yet' 0 setup --config=conf
list s/os/default/var >got
ok 'is seeded where it leads' cmp want got
ok 'and stays a link' test -L "$state/var"
umount -R target
rm -rf s/os/default/var
mkdir s/os/default/var
exits 'a link to an empty directory' 0 setup --config=conf
list s/os/default/var >got
ok 'is seeded, too' cmp want got
umount -R target
rm -rf s/os/default/var
mkdir s/os/default/var
mount -t tmpfs other s/os/default/var
exits 'a link to an empty mount point' 0 setup --config=conf
ok 'is a warning' grep -q 'a mount point is not seeded' "$tmp/stderr"
is 'and stays empty' "$(ls -A s/os/default/var)" ''
umount -R target
umount s/os/default/var
for out in "$tmp/outside/var" ../../../../outside/var ../../../os/..; do
	anew
	mkdir -p "$state" s/os outside
	ln -s "$out" "$state/var"
	exits "a link that leads out: ${out#"$tmp"}" 32 setup --config=conf
	is 'copies nothing' "$(ls -A outside)" ''
	umount -R target 2>/dev/null
done
anew

# Parts of a copy that a crash left.
mkdir -p "$state/.var.seed/a/b/c" outside
echo part >"$state/.var.seed/a/b/c/file"
ln -s ../../../../outside "$state/.var.seed/link"
echo keep >outside/keep
exits 'after a crash' 0 setup --config=conf
list "$state/var" >got
ok 'the copy is made anew' cmp want got
is 'the part is gone' "$(left)" var
is 'its links were not followed' "$(cat outside/keep)" keep
anew
mkdir -p "$state"
ln -s ../../../../outside "$state/.var.seed"
exits 'a link in the place of the part' 32 setup --config=conf
is 'is not followed' "$(cat outside/keep)" keep
anew

# No room on the disk.
mount -t tmpfs -o size=12m small mnt
cp -a s/. mnt
mount --move mnt s
fill=$(df --output=avail -k s | tail -n 1)
head -c $(((fill - 150) * 1024)) /dev/zero >s/fill
exits 'a full disk' 32 setup --config=conf
ok 'the message names the file and the disk' grep -q "/var/.*: copy to $state/\.var\.seed: content: No space left on device" "$tmp/stderr"
is 'no part is left' "$(left)" ''
umount -R target 2>/dev/null
umount s

if traced; then
	anew
	strace -o trace "$CFS" setup-root --sysroot=s --cmdline="composefs=?$digest" --target=target --config=conf 2>/dev/null
	umount -R target
	# The calls of the copy: from the making of its directory to the rename.
	awk -F'(' '/^[a-z0-9_]+\(/ { n[$1]++; if (/\.var\.seed", 0700/) on = 1; if (on) print $1, n[$1]; if ($1 ~ /^rename/) exit }' trace |
		awk '{ if (!($1 in c)) order[++k] = $1; c[$1]++; at[$1, c[$1]] = $2 }
			END { for (i = 1; i <= k; i++) { f = order[i]; print f, at[f, 1]; if (c[f] > 1) print f, at[f, c[f]]; if (c[f] > 4) print f, at[f, int(c[f] / 2)] } }' >calls
	ok 'calls were found' test "$(wc -l <calls)" -ge 25
	bad=
	while read -r call when; do
		anew
		strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:error=EIO:when=$when" \
			"$CFS" setup-root --sysroot=s --cmdline="composefs=?$digest" --target=target --config=conf 2>err
		rc=$?
		if [ $rc = 0 ]; then
			list "$state/var" >got
			cmp -s want got || bad="$bad
$call:$when: not the same, exit 0"
		elif { [ $rc != 32 ] && [ $rc != 2 ]; } || [ -n "$(left)" ] || ! grep -qE 'I/O error|out of memory' err; then
			bad="$bad
$call:$when: exit $rc, left: $(left) $(cat err)"
		fi
		anew
		strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$when" \
			"$CFS" setup-root --sysroot=s --cmdline="composefs=?$digest" --target=target --config=conf 2>/dev/null
		umount -R target 2>/dev/null
		[ ! -e "$state/var" ] || { list "$state/var" >got && cmp -s want got; } || bad="$bad
$call:$when: killed, part of a copy"
		setup --config=conf 2>/dev/null
		list "$state/var" >got
		cmp -s want got || bad="$bad
$call:$when: killed, and the next start does not mend it"
	done <calls
	is "each of $(wc -l <calls) failing calls leaves all or nothing, and so does each death there" "$bad" ''
	anew
	exits 'interrupted' 8 strace -qq -o /dev/null -e inject=mkdirat:signal=TERM:when=5 \
		"$CFS" setup-root --sysroot=s --cmdline="composefs=?$digest" --target=target --config=conf
	is 'no part is left' "$(left)" ''
else
	skip 'failing calls' 'no strace here, or a sanitizer'
fi
umount -R target 2>/dev/null
plan_done

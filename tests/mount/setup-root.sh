#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# setup-root 16.1: setup-root on a disk's directory tree, in a private namespace.
# The boot itself is tests/boot. MO-6: a failure leaves sysroot as it was.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
mount -t tmpfs tmpfs /run
mkdir s mnt target
mount -t tmpfs -o mode=755 disk s
make_tree tree
mkdir tree/sysroot tree/var tree/run
mkdir -p s/composefs/images s/boot
digest=$("$CFS" mkfs --digest-store=s/composefs/objects --print-digest tree img) || skip_all 'no image could be made'
rest=${digest#??}
object=objects/${digest%"$rest"}/$rest
mkdir -p "s/composefs/${object%/*}"
cp img "s/composefs/$object"
ln -s "../$object" "s/composefs/images/$digest"
state=s/state/deploy/$digest

# setup WORDS [OPTION...]
setup()
{
	words=$1
	shift
	"$CFS" setup-root --sysroot=s --cmdline="$words" "$@"
}
kind()
{
	awk -v m="$tmp/$1" '$5 == m { for (i = 7; $i != "-"; i++); t = $(i + 1) } END { print t }' /proc/self/mountinfo
}

# back - the physical root is s again.
back()
{
	mount --bind s/sysroot mnt
	umount -R s
	mount --move mnt s
	mount -o remount,rw s 2>/dev/null
	rm -rf s/state
}
config()
{
	printf '%s\n' "$@" >conf
}
: >conf
mark

# ---- command line ---------------------------------------------------------
refused() # DESC STATUS TEXT COMMAND...
{
	refused_desc=$1 refused_want=$2 refused_text=$3
	shift 3
	"$@" >stdout 2>stderr
	refused_rc=$?
	if [ $refused_rc = "$refused_want" ] && grep -qF -- "$refused_text" stderr &&
		[ "$(grep -cvE ': kernel: |contents are not verified' stderr)" = 1 ] &&
		[ -d s/composefs ] && [ "$(kind s)" = tmpfs ]; then
		pass "$refused_desc"
	else
		fail "$refused_desc" "$* (exit $refused_rc, not $refused_want)
$(cat stderr)"
	fi
}
# The words of the command line: tests/mount/cmdline.sh.
ok 'no composefs=' setup 'quiet root=/dev/vda rw'
is 'nothing was done' "$(kind s)" tmpfs
refused 'a word that is not understood' 32 'composefs=abc: not understood: ' setup "composefs=$digest composefs=abc"
refused 'no image of this name' 32 'the image of the kernel command line is not here: ' setup "composefs=?$(echo "$digest" | tr 0-9a-f f0-9a-e)"
refused 'level 2 on a store without fs-verity' 32 'enable it, or use composefs=?HEX (objects are then not verified)' setup "composefs=$digest"
refused 'unknown option' 1 '--nosuch: no such option' setup '' --nosuch
refused 'operand' 1 'unexpected operand' setup '' x
refused 'no sysroot' 32 'nowhere: No such file or directory' "$CFS" setup-root --sysroot=nowhere --cmdline="composefs=$digest"

# A link that leads out, and an image that is not what its name says.
ln -s ../../../../img "s/composefs/images/$(echo "$digest" | tr a-f b-fa)"
refused 'a link that leads out' 32 'composefs/images/' setup "composefs=?$(echo "$digest" | tr a-f b-fa)"
other=$(echo "$digest" | tr 0-9a-f f0-9a-e)
ln -s "../$object" "s/composefs/images/$other"
refused 'an image of another digest' 32 "wrong digest: want $other, is $digest" setup "composefs=?$other"
head -c 5000 img >"s/composefs/$object"
refused 'a truncated image' 32 "truncated: needs $(stat -c %s img) bytes, has 5000" setup "composefs=?$digest"
cp img "s/composefs/$object"
clean 'refusals'

# ---- configuration --------------------------------------------------------
conf() # DESC TEXT LINE...
{
	conf_desc=$1 conf_text=$2
	shift 2
	config "$@"
	refused "$conf_desc" 32 "conf: line $conf_text" setup "composefs=?$digest" -n --config=conf
}
conf 'unknown value' '2: none, bind, overlay or transient expected: "tmpfs"' '[etc]' 'mount = "tmpfs"'
conf 'unknown truth' '3: true or false expected: "maybe"' '# root' '[root]' 'transient = maybe'
conf 'quote' '2: a quote is left open' '[etc]' 'mount = "bind'
conf 'no line of ours' '1: neither [section] nor key = value' 'etc'
config '[etc]' 'colour = "red"' '[composefs]' 'enabled = yes' '[etc]' 'mount="none" # comment'
exits 'an unknown key' 0 setup "composefs=?$digest" -n --config=conf
ok 'is a warning' grep -q 'conf: line 2: unknown key colour' "$tmp/stderr"
is 'the only one' "$(grep -c 'unknown key' "$tmp/stderr")" 1
refused 'no such configuration' 32 'nowhere: No such file' setup "composefs=?$digest" --config=nowhere
clean 'configuration'

# ---- the root -------------------------------------------------------------
: >conf
for path in default ram; do
	exits "$path: dry run" 0 setup "quiet composefs=?$digest rw" -n --config=conf
	ok "$path: sysroot is as it was" test -d s/composefs
	exits "$path: --target" 0 setup "composefs=?$digest" --target=target --config=conf
	ok "$path: target: content" cmp tree/usr/bin/sh target/usr/bin/sh
	ok "$path: target: sysroot is as it was" test -d s/composefs
	umount -R target
	exits "$path: in place" 0 setup "composefs=?$digest" --config=conf
	is "$path: one warning" "$(wc -l <"$tmp/stderr")" 1
	ok "$path: content" cmp tree/usr/bin/sh s/usr/bin/sh
	is "$path: the source" "$(awk -v m="$tmp/s" '$5 == m { print $(NF - 1) }' /proc/self/mountinfo)" "composefs:$digest"
	not_ok "$path: /usr is read-only" touch s/usr/x
	ok "$path: /etc is writable" sh -c 'echo new >s/etc/new'
	ok "$path: /var is writable" touch s/var/new
	is "$path: /etc looks like the image's" "$(stat -c '%a %u:%g' s/etc)" "$(stat -c '%a %u:%g' tree/etc)"
	ok "$path: the physical root is below" test -d s/sysroot/composefs
	ok "$path: /etc is kept" test -f "s/sysroot/state/deploy/$digest/etc/upper/new"
	ok "$path: /var is kept" test -f "s/sysroot/state/deploy/$digest/var/new"
	mount --bind s/sysroot mnt
	umount -R s
	mount --move mnt s
	exits "$path: a second start" 0 setup "composefs=?$digest" --config=conf
	is "$path: /etc persists" "$(cat s/etc/new)" new
	ok "$path: /var persists" test -f s/var/new
	back
done
config '[root]' 'transient = true' '[etc]' 'transient = true' '[var]' 'mount = "transient"' '[sysroot]' 'readonly=true'
exits 'transient' 0 setup "composefs=?$digest" --config=conf
ok 'transient: everything is writable' touch s/new s/etc/new s/var/new s/usr/new
not_ok 'transient: the physical root is not' touch s/sysroot/new
back
is 'transient: nothing was kept' "$(ls s)" 'boot
composefs'
config '[etc]' 'mount = "none"' '[var]' 'mount = "none"'
exits 'none' 0 setup "composefs=?$digest" --config=conf
not_ok 'none: /etc is read-only' touch s/etc/x
not_ok 'none: /var is read-only' touch s/var/x
back
config '[etc]' 'mount = "bind"'
mkdir -p "$state/etc" s/os/default/var
ln -s ../../../os/default/var "$state/var"
echo mine >"$state/etc/mine"
exits 'bind, /var through a link' 0 setup "composefs=?$digest" --config=conf
is 'bind: /etc is the state' "$(ls s/etc)" mine
touch s/var/there
ok 'bind: /var is where the link leads' test -f s/sysroot/os/default/var/there
back
rm -rf s/os
clean 'roots'

# A physical root that was mounted read-only is made writable for the state.
: >conf
mount -o remount,ro s
exits 'a read-only disk' 0 setup "composefs=?$digest" --config=conf
ok 'a read-only disk: /etc is writable' touch s/etc/x
back

# The place for the physical root is a directory, or is not there at all.
rmdir tree/sysroot
ln -s var tree/sysroot
d1=$("$CFS" mkfs --digest-store=s/composefs/objects --print-digest tree "s/composefs/images/new")
mv s/composefs/images/new "s/composefs/images/$d1"
refused 'a link as /sysroot of the image' 32 '/sysroot of the image: Not a directory' setup "composefs=?$d1" --config=conf
rm -rf s/state
rm tree/sysroot
d2=$("$CFS" mkfs --digest-store=s/composefs/objects --print-digest tree "s/composefs/images/new")
mv s/composefs/images/new "s/composefs/images/$d2"
exits 'no /sysroot in the image' 0 setup "composefs=?$d2" --config=conf
ok 'no /sysroot: /etc is writable' touch s/etc/x
ok 'no /sysroot: /var is writable' touch s/var/x
ok 'no /sysroot: content' cmp tree/usr/bin/sh s/usr/bin/sh
umount -R s
mount -t tmpfs -o mode=755 disk s

# ---- failures put the old root back ---------------------------------------
mkdir -p s/composefs/images
"$CFS" mkfs --digest-store=s/composefs/objects tree img
rm -rf tree/var
d3=$("$CFS" mkfs --digest-store=s/composefs/objects --print-digest tree s/composefs/images/new)
mv s/composefs/images/new "s/composefs/images/$d3"
mark
refused 'an image without /var' 32 '/var of the image: No such file or directory' setup "composefs=?$d3" --config=conf
clean 'an image without /var'
if traced; then
	mkdir tree/var
	d4=$("$CFS" mkfs --print-digest-only tree)
	# anew - the physical root, which has gone where the new one has no place for it.
	anew()
	{
		umount -R s
		umount /run/composefs/root 2>/dev/null
		mount -t tmpfs -o mode=755 disk s
		mkdir -p s/composefs/images
		"$CFS" mkfs --digest-store=s/composefs/objects tree "s/composefs/images/$d4"
	}
	# failing CONFIGURATION - each call fails once: the old root, or a new one.
	failing()
	{
		config "$@"
		anew
		strace -o trace "$CFS" setup-root --sysroot=s --cmdline="composefs=?$d4" --config=conf 2>/dev/null
		anew
		mark
		bad=
		awk -F'(' '/^[a-z0-9_]+\(/ { n[$1]++; if (on && $1 != "exit_group") print $1, n[$1] }
			$1 == "set_tid_address" { on = 1 }' trace >list
		for error in EIO ENOMEM; do
			while read -r call when; do
				timeout 20 strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:error=$error:when=$when" \
					"$CFS" setup-root --sysroot=s --cmdline="composefs=?$d4" --config=conf 2>err
				rc=$?
				if [ $rc = 0 ] && [ "$(kind s)" = overlay ]; then
					anew
				elif { [ $rc != 32 ] && [ $rc != 2 ]; } || [ ! -d s/composefs ] ||
					! grep -qiE 'I/O error|out of memory|open: Bad file descriptor' err; then
					bad="$bad
$call:$when:$error ($rc) $(grep -v 'contents are not verified' err)"
				fi
				if left=$(left_over); then
					bad="$bad
$call:$when:$error: $left"
					anew
					mark
				fi
			done <list
		done
		is "each of $(wc -l <list) failing calls leaves the old root or a new one, $*" "$bad" ''
	}
	failing '[etc]'
	failing '[root]' 'transient = true' '[etc]' 'transient = true' '[var]' 'transient = true'
	failing '[etc]' 'mount = "bind"' '[sysroot]' 'readonly = true'

	# Without kmod and erofs a server could mount the image, but a root must not depend on one.
	: >conf
	anew
	exits 'neither kmod nor erofs' 32 strace -qq -o /dev/null -e inject=fsopen:error=ENODEV:when=1..2 \
		"$CFS" setup-root --sysroot=s --cmdline="composefs=?$d4" --config=conf
	ok 'no server is started' grep -q 'no back end can mount this' "$tmp/stderr"

	# A mount or a rename elsewhere makes the kernel give up a lookup that goes up.
	: >conf
	anew
	exits 'a lookup is tried again' 0 strace -qq -o /dev/null -e inject=openat2:error=EAGAIN:when=1..100 \
		"$CFS" setup-root --sysroot=s --cmdline="composefs=?$d4" --config=conf
	exits 'but not for ever' 32 timeout 60 strace -qq -o /dev/null -e inject=openat2:error=EAGAIN \
		"$CFS" setup-root --sysroot=s/sysroot --cmdline="composefs=?$d4" --config=conf --target=mnt

	# The first try at a transient root fails, as before Linux 6.15; then another
	# call. Its layer is attached by then, and must not stay.
	config '[root]' 'transient = true'
	anew
	mark
	for call in open_tree:when=1 open_tree:when=2 umount2:when=1 mkdirat:when=3; do
		exits "a transient root, attached before, then ${call%:*} fails" 32 strace -qq -o /dev/null \
			-e inject=fsopen:error=EIO:when=5 -e "inject=${call%:*}:error=EIO:${call#*:}" \
			"$CFS" setup-root --sysroot=s --cmdline="composefs=?$d4" --config=conf
		clean "a transient root, attached before"
	done
else
	skip 'failing calls' 'no strace here, or a sanitizer'
fi
umount -R s

plan_done

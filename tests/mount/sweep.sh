#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Test 14 of mount.md 21 (MO-6, ER-2): every system call of a mount fails once:
# it is reported, or mounted all the same, and nothing is left. Killed at every
# system call: no mount but a finished one.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
traced || skip_all 'no strace here, or a sanitizer'
make_fixture
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
mkdir ram
mount -t tmpfs tmpfs ram
cp img ram/img
mark

# calls OPTIONS IMAGE - a line NAME NUMBER for each call that main makes: how
# often it has been made until then. musl's start-up ends with set_tid_address.
calls()
{
	strace -o trace "$CFS" mount -o "$1" "$2" mnt 2>/dev/null
	umount mnt
	awk -F'(' '
		/^[a-z0-9_]+\(/ { n[$1]++; if (on && $1 != "exit_group") print $1, n[$1] }
		$1 == "set_tid_address" { on = 1 }' trace
}

# The long form has more than the two errors of test 14; what they lead to may be
# another path or another exit status, but never silence, and nothing is left.
errors='EIO ENOMEM'
[ -z "$CFS_LONG" ] || errors="$errors EPERM EACCES EINVAL ENOENT EBUSY EMFILE ENOSPC ENOSYS EOPNOTSUPP"

# sweep DESC OPTIONS IMAGE
sweep()
{
	sweep_desc=$1
	sweep_bad=
	sweep_runs=0
	sweep_silent=
	calls "$2" "$3" >list
	for error in $errors; do
		while read -r call when; do
			sweep_runs=$((sweep_runs + 1))
			timeout 20 strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:error=$error:when=$when" \
				"$CFS" mount -o "$2" "$3" mnt 2>err
			rc=$?
			what=
			case $rc:$error in
			0:*)
				see || what=' not mounted'
				umount mnt 2>/dev/null || what="$what no-mount"
				;;
			32:* | 2:* | 1:EPERM | 1:EACCES)
				if [ ! -s err ]; then
					what=' nothing said'
				elif [ "$error" = EIO ] || [ "$error" = ENOMEM ]; then
					# What fdopendir() of musl makes of a failing fcntl().
					grep -qiE 'I/O error|out of memory|open: Bad file descriptor' err ||
						sweep_silent="$sweep_silent
$call $when $error: $(head -n 1 err)"
				fi
				;;
			*) what=" exit $rc" ;;
			esac
			if sweep_left=$(left_over); then
				what="$what $sweep_left"
				umount -l mnt 2>/dev/null
				mark
			fi
			[ -z "$what" ] || sweep_bad="$sweep_bad
$call $when $error:$what: $(head -n 1 err)"
		done <list
	done
	is "$sweep_desc: each of $sweep_runs failures is reported or harmless" "$sweep_bad" ''
	is "$sweep_desc: each report names the error" "$sweep_silent" ''
}

# see - the mounted tree is the tree.
see()
{
	cmp -s tree/usr/bin/sh mnt/usr/bin/sh
}

o="basedir=$tmp/obj,noverity,digest=$digest"
sweep 'path A, a digest' "$o,debug=noproc:nodev" img
sweep 'path A, a digest, names by /proc' "$o" img
sweep 'path B, a digest' "$o,debug=B" img
sweep 'path B from a file' "basedir=$tmp/obj,debug=B" img
sweep 'path A from a file' "basedir=$tmp/obj" img
sweep 'path B, the image on a tmpfs' "basedir=$tmp/obj,debug=B" ram/img
sweep 'path C' "basedir=$tmp/obj,debug=C" img
sweep 'path D' "basedir=$tmp/obj,debug=D" img
sweep 'path D, a digest, nothing there' "$o,debug=D:noproc:nodev" img
mkdir u w
sweep 'path B, writable' "basedir=$tmp/obj,debug=B,upperdir=$tmp/u,workdir=$tmp/w" img
if [ -n "$CFS_LONG" ]; then
	sweep 'path C, a digest' "$o,debug=C" img
	sweep 'path C, nothing there' "basedir=$tmp/obj,debug=C:loop:noproc:nodev" img
	sweep 'path D, writable' "basedir=$tmp/obj,debug=D,upperdir=$tmp/u,workdir=$tmp/w" img
	sweep 'path A, writable' "basedir=$tmp/obj,upperdir=$tmp/u,workdir=$tmp/w" img
fi
see()
{
	[ "$(cat mnt/f)" = few ]
}
mkdir few
echo few >few/f
"$CFS" mkfs few few.img
sweep 'path D, no object' debug=D few.img
sweep 'path A, no object' ro few.img

# ---- killed ---------------------------------------------------------------
# In the window of path B the kernel has the EROFS mount on the target: only
# SIGKILL can leave it there. Its first and last call are recorded.
calls "basedir=$tmp/obj,debug=B" img >list
bad=
window=
runs=0
while read -r call when; do
	runs=$((runs + 1))
	strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$when" \
		"$CFS" mount -o "basedir=$tmp/obj,debug=B" img mnt 2>/dev/null
	wait
	case $(awk -v m="$tmp/mnt" '$5 == m { for (i = 7; $i != "-"; i++); print $(i + 1) }' /proc/self/mountinfo) in
	overlay)
		cmp -s tree/usr/bin/sh mnt/usr/bin/sh || bad="$bad $call:$when"
		umount mnt
		;;
	erofs)
		window="$window $call:$when"
		umount mnt
		;;
	'') [ -z "$(ls mnt)" ] || bad="$bad $call:$when" ;;
	*) bad="$bad $call:$when" ;;
	esac
	! left_over >/dev/null || bad="$bad $call:$when:left"
done <list
is "killed at each of $runs calls: a finished mount or none" "$bad" ''
note "SIGKILL inside the window of path B leaves the lower mount:$window"
want=$(awk '$1 == "umount2" { print; exit } on { print } $1 == "move_mount" { on = 1 }' list | awk '{ printf " %s:%s", $1, $2 }')
is 'only between the two calls of the window' "$window" "$want"

# TERM instead of KILL leaves nothing, in the window or out of it.
bad=
while read -r call when; do
	strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=TERM:when=$when" \
		"$CFS" mount -o "basedir=$tmp/obj,debug=B" img mnt 2>/dev/null
	case $(awk -v m="$tmp/mnt" '$5 == m { for (i = 7; $i != "-"; i++); print $(i + 1) }' /proc/self/mountinfo) in
	overlay) umount mnt ;;
	'') ;;
	*)
		bad="$bad $call:$when"
		umount mnt
		;;
	esac
	! left_over >/dev/null || bad="$bad $call:$when:left"
done <list
is 'told to stop at each call: a finished mount or none' "$bad" ''
umount ram

plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PH-2, PH-3: who parses foreign bytes can do nothing else; where the kernel has
# no sandbox, or says so, the results are the same.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
printf '#!/bin/sh\necho ran\n' >ran
chmod +x ran
vectors=$TOP/tests/golden
printf '/ 0 40755 2 0 0 0 0.0 - - -\n/f 3 100644 1 0 0 0 0.0 - abc -\n' >text
"$CFS" mkfs --from-file text img || exit 1
cp img good
mkdir -p in store
printf %0100d 1 >in/big
tar cf layer.tar in
toc=$vectors/toc

# parts COMMAND... - which parts are on, as -v says.
parts()
{
	"$@" 2>&1 >/dev/null | sed -n 's/^[^:]*: sandbox: //p'
}
case $CFS_BUILD in
*/san*)
	is 'sanitizers make calls of their own: no sandbox' "$(parts "$CFS" dump -v img)" 'Landlock off, seccomp off'
	plan_done
	;;
*/dynamic)
	is 'a dynamic program has no filter of calls' "$(parts "$CFS" dump -v img)" 'Landlock on, seccomp off'
	plan_done
	;;
esac
have=$(parts "$CFS" dump -v img)
is 'the kernel here has both' "$have" 'Landlock on, seccomp on'
[ "$have" = 'Landlock on, seccomp on' ] || plan_done

# ---- what cannot be done inside ---------------------------------------------
refused='open: Operation not permitted
socket: Operation not permitted
mmap: out of memory
execve: Operation not permitted'

# tried COMMAND... - what the four calls gave, and what a program that ran said.
tried()
{
	"$@" 2>&1 >ran.out | sed -n 's/^[^:]*: \(\(open\|socket\|mmap\|execve\):.*\)/\1/p'
	grep -aqx ran ran.out && echo ran
}
inside()
{
	inside_what=$1
	shift
	is "inside: $inside_what" "$(tried "$@" --debug-sandbox="$PWD/ran")" "$refused"
}
for sub in ls dump objects stat; do
	inside "info $sub" "$CFS" info $sub img good
done
inside 'info cat' "$CFS" info cat img /f
inside 'info measure-file' "$CFS" info measure-file img ran
inside 'dump' "$CFS" dump img
inside 'verify' "$CFS" verify img good
inside 'composefs-dump' "$CFS" composefs-dump img made
inside 'mkfs --from-file' "$CFS" mkfs --from-file text made
inside 'mkfs --from-file --print-dump' "$CFS" mkfs --print-dump --from-file text
inside 'mkfs --from-tar' "$CFS" mkfs --from-tar layer.tar layer.tar made
inside 'json-convert' "$CFS" json-convert --out=made "$toc/e-store.json"
inside 'json-convert --digest-from' "$CFS" json-convert --digest-from="$toc/store" --out=made "$toc/e-store.json"
if perl -MDigest::SHA -MCompress::Raw::Zlib -e1 2>/dev/null; then
	perl "$TOP/tests/cli/ostree-repo.pl" repo archive small
	inside 'ostree-convert' "$CFS" ostree-convert --out=made repo t
else
	skip 'inside: ostree-convert' 'perl without Digest::SHA or Compress::Raw::Zlib'
fi
# What stores, compares or repairs is not confined.
for free in "mkfs in made" "mkfs --from-tar --digest-store=store layer.tar made" "verify --basedir=store img" \
	"info --basedir=store missing-objects img"; do
	# shellcheck disable=SC2086 # a command
	is "no window: $free" "$(tried "$CFS" $free --debug-sandbox="$PWD/ran")" ''
done

# ---- descriptors, ends ------------------------------------------------------
# In the child: the input, the unnamed image, stderr. Not the directory of the
# image, nor what the caller had open.
mkfifo pipe
"$CFS" mkfs --from-file pipe made 9<text &
pid=$!
exec 8>pipe
# child_of PID - the process that it has started.
child_of()
{
	awk -v parent="$1" '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null
}
child=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	child=$(child_of $pid)
	[ -n "$child" ] && grep -q '^Seccomp:.2' "/proc/$child/status" && break
	sleep 0.1
done
is 'what the child has open' "$(for fd in /proc/"$child"/fd/*; do
	case $(readlink "$fd") in
	"$PWD/pipe") echo input ;;
	"$PWD"/*deleted*) echo image ;;
	*) echo "descriptor ${fd##*/}" ;;
	esac
done | sort)" 'descriptor 2
image
input'
is 'every thread of the child is confined' "$(grep -h '^Seccomp:' /proc/"$child"/task/*/status | sort -u | tr '\t' ' ')" 'Seccomp: 2'
kill $pid
wait $pid 2>/dev/null
is 'SIGTERM ends the parent' $? 143
for i in 1 2 3 4 5 6 7 8 9 10; do
	readlink "/proc/$child/exe" >/dev/null || break
	sleep 0.1
done
is 'and its child' "$(readlink "/proc/$child/exe")" ''
exec 8>&-
i=0
{ echo '/ 0 40755 2 0 0 0 0.0 - - -'; while [ $i -lt 3000 ]; do
	i=$((i + 1))
	echo "/$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i 0 100644 1 0 0 0 0.0 - - -"
done; } >long
{ "$CFS" mkfs --print-dump --from-file long; echo $? >status; } | head -n1 >/dev/null
is 'a closed pipe ends both by SIGPIPE' "$(cat status)" 141

# Applets that confine themselves close what they inherited and do not use.
mkfifo pipe2
"$CFS" dump pipe2 9<text 7<ran >/dev/null &
pid=$!
exec 8>pipe2
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	grep -q '^Seccomp:.2' "/proc/$pid/status" && break
	sleep 0.1
done
is 'above 2 only the input is open' "$(for fd in /proc/"$pid"/fd/*; do
	[ "${fd##*/}" -le 2 ] || readlink "$fd"
done)" "$PWD/pipe2"
cat img >&8
exec 8>&-
wait $pid
is 'and the output is there' $? 0

# More images than descriptors: one after the other, and no window.
images=
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	cp img img$i
	images="$images img$i"
done
# shellcheck disable=SC2086 # a list
is 'more images than descriptors' "$(ulimit -n 30; "$CFS" dump -v $images 2>&1 >many)" \
	'cfs dump: sandbox: off: not as many descriptors as inputs'
# shellcheck disable=SC2086
"$CFS" dump $images >want
ok 'and the same text' cmp many want
# shellcheck disable=SC2086
is 'verify, too' "$(ulimit -n 30; "$CFS" verify $images 2>&1; echo $?)" 'cfs verify: objects were not checked: use --basedir to say where they are
cfs verify: 40 images, 0 objects, 0 bytes, 0 problems
0'
printf '{"version":1,"entries":[]}' >toc
i=0
tocs=
while [ $i -lt 40 ]; do
	i=$((i + 1))
	cp toc toc$i
	tocs="$tocs toc$i"
done
# shellcheck disable=SC2086
ok 'many layers' sh -c 'ulimit -n 30; exec "$0" json-convert --out=made "$@"' "$CFS" $tocs

# ---- without ----------------------------------------------------------------
need_strace()
{
	command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null
}
if ! need_strace; then
	skip 'a kernel without' 'strace is not here or not allowed'
	plan_done
fi
# failing INJECTION - makes ./cfs a program whose system calls fail so.
failing()
{
	cat >cfs <<-END
		#!/bin/sh
		exec strace -f -o /dev/null $(for e; do echo "-e inject=$e"; done | tr '\n' ' ') '$CFS' "\$@"
	END
	chmod +x cfs
}
all=landlock_create_ruleset,landlock_add_rule,landlock_restrict_self,seccomp
for e in ENOSYS EOPNOTSUPP EPERM EINVAL; do
	failing "$all:error=$e"
	is "$e: -v says it" "$(parts ./cfs dump -v img)" 'Landlock off, seccomp off'
	is "$e: all is possible" "$(tried ./cfs dump img --debug-sandbox="$PWD/ran")" 'open: done
socket: done
mmap: done
ran'
	ok "$e: mkfs" ./cfs mkfs -q --from-file text made
	is "$e: not a word" "$(./cfs mkfs --from-file text made 2>&1)" ''
	ok "$e: the same image" cmp made good
	# The long form runs the vectors so with each error, the short one with the first.
	for set in dump toc tar ostree; do
		[ -n "$CFS_LONG" ] || [ "$set$e" = tocENOSYS ] || continue
		ok "$e: the vectors of $set" env CFS="$PWD/cfs" sh "$vectors/$set.sh"
	done
done
failing seccomp:error=ENOSYS
# Tried in the first thread, then in a second one.
landlock='open: Permission denied
socket: done
mmap: done
execve: Permission denied'
is 'Landlock alone, two threads' "$(tried ./cfs dump img --debug-sandbox="$PWD/ran")" "$landlock
$landlock"
is 'Landlock alone in a child, two threads' \
	"$(tried ./cfs mkfs --from-file text made --debug-sandbox="$PWD/ran")" "$landlock
$landlock"
# Landlock binds the threads that are started after it: none may be there before.
strace -f -qq -o order -e trace=landlock_restrict_self,clone,clone3,seccomp \
	"$CFS" json-convert --digest-from="$toc/store" --out=made "$toc/e-store.json" 2>/dev/null
is 'Landlock is entered once, before the first thread' "$(sed 's/^[0-9]* *//; s/(.*//' order |
	awk '/^landlock/ { on = 1; n++ } /^clone/ && on { t++ } /^seccomp/ { s++ }
		END { print n, (s == 1 ? "one seccomp" : s " seccomp"); exit }')" '1 one seccomp'
is 'no thread before it' "$(awk '/CLONE_THREAD/ && !on { print } /landlock_restrict_self/ { on = 1 }' order)" ''
ok 'a thread behind it' grep -q CLONE_THREAD order
is 'Landlock alone leaves what is beneath the directory' "$(tried ./cfs json-convert --out=made \
	--digest-from="$toc/store" "$toc/e-store.json" --debug-sandbox="$(find "$toc/store" -type f | head -n1)" |
	head -n1)" 'open: done'
is 'and nothing else' "$(tried ./cfs json-convert --out=made --digest-from="$toc/store" "$toc/e-store.json" \
	--debug-sandbox="$PWD/ran" | head -n1)" 'open: Permission denied'
failing landlock_create_ruleset:error=ENOSYS
is 'seccomp alone' "$(tried ./cfs dump img --debug-sandbox="$PWD/ran")" "$refused"
# A version that is not true: the rule set it promises is refused, the smallest is not.
failing landlock_create_ruleset:error=EINVAL:when=2
is 'the smallest rule set' "$(parts ./cfs dump -v img)" 'Landlock on, seccomp on'
failing landlock_create_ruleset:error=EINVAL:when=2+
is 'no rule set at all' "$(parts ./cfs dump -v img)" 'Landlock off, seccomp on'
failing landlock_create_ruleset:retval=99:when=1
is 'a version of the future' "$(parts ./cfs dump -v img)" 'Landlock on, seccomp on'
"$CFS" json-convert --digest-from="$toc/store" --out=want "$toc/e-store.json"
for e in landlock_add_rule:error=EINVAL openat2:error=ENOSYS openat2:error=EPERM \
	clone,clone3,fork,vfork:error=EAGAIN close_range:error=ENOSYS prctl:error=EINVAL; do
	failing $e
	ok "$e: json-convert --digest-from" ./cfs json-convert --digest-from="$toc/store" --out=made "$toc/e-store.json"
	ok "$e: the same image" cmp made want
	ok "$e: mkfs" ./cfs mkfs --from-file text made
	ok "$e: the same image" cmp made good
done
failing fork,clone,vfork:error=EAGAIN
is 'no child: -v says it' "$(parts ./cfs mkfs -v --from-file text made)" 'off: Resource temporarily unavailable'
# Whatever ends the child, its parent tells.
failing landlock_restrict_self:signal=SEGV
cp good made
exits 'a child that crashes' 1 ./cfs mkfs --from-file text made
is 'one line' "$(cat stderr)" 'cfs mkfs: text: the process that read it was ended by signal 11'
ok 'the older image is there' cmp made good
is 'nothing else' "$(find . -name '.cfs-tmp*')" ''

# ---- no /proc, no /sys --------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
	mkdir -p root/tmp
	cp "$CFS" text img root/
	cd root || exit 1
	for form in 'dump -v img' 'mkfs -v --from-file text made'; do
		# shellcheck disable=SC2086 # a command
		is "without /proc: $form" "$(chroot . /cfs $form 2>&1 >/dev/null | sed -n 's/.*: sandbox: //p')" \
			'Landlock on, seccomp on'
	done
	ok 'without /proc: the same image' cmp made ../good
else
	skip 'without /proc' 'needs root'
fi
plan_done

# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Helpers of the test scripts, which begin with
#
#	. "$(dirname "$0")/../lib.sh"
#
# and end with plan_done. A script prints TAP; its working directory is the top
# of the tree, $tmp is a folder of its own that is removed at exit.
#
# $CFS        the program under test
# $CFS_BUILD  the folder it was built in
# $CFS_LONG   not empty: long loops are wanted
# $TOP        the top of the tree

TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
CFS=${CFS:-$TOP/cfs}
CFS_BUILD=${CFS_BUILD:-$TOP/build}
CFS_LONG=${CFS_LONG:-}
script=$(cd "$(dirname "$0")" && pwd)/${0##*/}
export TOP CFS CFS_BUILD CFS_LONG
LC_ALL=C
export LC_ALL
umask 022
# A package build exports the first and runs under fakeroot, where mkfs refuses to read
# directories. Without the other two the tests run as the user who builds.
unset SOURCE_DATE_EPOCH FAKEROOTKEY LD_PRELOAD
tests=0
failed=0

if [ -z "${CFS_PRIVATE:-}" ]; then
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/cfs-test.XXXXXX") || exit 1
	trap 'chmod -R u+rwx "$tmp" 2>/dev/null; rm -rf --one-file-system "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
fi
cd "$TOP" || exit 1

# pass DESC, fail DESC [TEXT] - one result; TEXT is shown as comment lines.
pass()
{
	tests=$((tests + 1))
	printf 'ok %d - %s\n' "$tests" "$1"
}

fail()
{
	tests=$((tests + 1))
	failed=$((failed + 1))
	printf 'not ok %d - %s\n' "$tests" "$1"
	[ $# -lt 2 ] || note "$2"
}

# note TEXT - comment lines, at most 40.
note()
{
	printf '%s\n' "$1" | sed -n 's/^/# /;1,40p'
}

# ok DESC COMMAND [ARG...] - the command ends with 0. Its output is shown only
# if it does not, and is kept in $tmp/out. not_ok: it ends with anything else
# that is an exit (a signal or a sanitizer's report, 99, fails both).
ok()
{
	ok_desc=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		pass "$ok_desc"
	else
		fail "$ok_desc" "$* (exit $?)
$(cat "$tmp/out")"
	fi
}

not_ok()
{
	ok_desc=$1
	shift
	"$@" >"$tmp/out" 2>&1
	ok_rc=$?
	if [ "$ok_rc" -gt 0 ] && [ "$ok_rc" -lt 99 ]; then
		pass "$ok_desc"
	else
		fail "$ok_desc" "$* (exit $ok_rc)
$(cat "$tmp/out")"
	fi
}

# exits DESC STATUS COMMAND [ARG...] - the command ends with STATUS; stdout and
# stderr are kept in $tmp/stdout and $tmp/stderr.
exits()
{
	ok_desc=$1
	ok_want=$2
	shift 2
	"$@" >"$tmp/stdout" 2>"$tmp/stderr"
	ok_rc=$?
	if [ "$ok_rc" = "$ok_want" ]; then
		pass "$ok_desc"
	else
		fail "$ok_desc" "$* (exit $ok_rc, not $ok_want)
$(head -c 4096 "$tmp/stdout")
$(head -c 4096 "$tmp/stderr")"
	fi
}

# is DESC GOT WANT - two strings are equal.
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:  $2
want: $3"
	fi
}

# skip DESC WHY - one test that cannot run here. skip_all WHY - none can.
skip()
{
	tests=$((tests + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

skip_all()
{
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# has_terminal - whether script(1) is here and can make a pseudo-terminal, which needs /dev/pts.
has_terminal()
{
	command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1
}

# need COMMAND... - the whole script is skipped unless all are there.
need()
{
	for need_cmd; do
		command -v "$need_cmd" >/dev/null || skip_all "no $need_cmd here"
	done
}

need_root()
{
	[ "$(id -u)" = 0 ] || skip_all 'needs root'
}

# private_mounts [ARG...] - from here on the script runs in a mount namespace of
# its own, so that nothing it mounts is seen outside or outlives it. Called
# before the first test; the outer process only waits and removes $tmp.
private_mounts()
{
	[ -z "${CFS_PRIVATE:-}" ] || return 0
	need_root
	need unshare
	unshare -m --propagation private true 2>/dev/null ||
		skip_all 'no mount namespace allowed here'
	CFS_PRIVATE=1 tmp=$tmp unshare -m --propagation private sh "$script" "$@"
	exit $?
}

# build_variant SAN|OOM|LINK - prints the path of the program built that way.
build_variant()
{
	case $1 in
	LINK) build_flag=LINK=dynamic build_dir=build/dynamic ;;
	*) build_flag=$1=1 build_dir=build/$(echo "$1" | tr '[:upper:]' '[:lower:]') ;;
	esac
	mkdir -p "$TOP/build"
	flock "$TOP/build/.lock-$1" "${MAKE:-make}" -s -C "$TOP" SAN= OOM= LINK= "$build_flag" \
		>"$tmp/build.log" 2>&1 || {
		sed 's/^/# /' "$tmp/build.log" >&2
		return 1
	}
	echo "$TOP/$build_dir/cfs"
}

# plan_done - the last line of every script.
plan_done()
{
	printf '1..%d\n' "$tests"
	[ "$failed" = 0 ]
	exit
}

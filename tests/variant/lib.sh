# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# For tests that run other tests on a program that was built in another way.
. "$TOP/tests/lib.sh"
[ "$CFS" = "$TOP/cfs" ] || skip_all 'begins with the release build'

# variant VARIABLE=VALUE... - build it that way, with the unit tests and fuzz targets;
# $dir is its folder of build/.
variant()
{
	dir=$("${MAKE:-make}" -s SAN= OOM= CROSS= "$@" where) && mkdir -p "$dir" &&
		flock "$dir/.lock" "${MAKE:-make}" -s SAN= OOM= CROSS= "$@" programs >"$tmp/build.log" 2>&1 && return
	fail "build with $*" "$(tail -n 20 "$tmp/build.log")"
	plan_done
}

# again NAME... - these tests, in their short form, on that program, below $UNDER.
again()
{
	for again_name; do
		ok "$again_name" env CFS_LONG= CFS="$TOP/$dir/cfs" CFS_BUILD="$TOP/$dir" tests/run "$again_name"
		note "$(grep -E 'skipped|passed' "$tmp/out")"
	done
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# kill -9 at a random time and before system calls, judge, run again, judge
# (tests/README.md 5.5): ST-1, ST-9, WI-1, WI-11, VE-6.
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
make_fixture
cp -r good from

# share PERCENT - of the rounds: 200, in the long form CFS_KILLS or 10 000.
share()
{
	[ -n "$CFS_LONG" ] && echo $((${CFS_KILLS:-10000} * $1 / 100)) || echo $((2 * $1))
}
store="$CFS mkfs --threads=2 --digest-store=store src out.img"
repair="$CFS verify --threads=2 --basedir=store --repair-from=from good.img"
# shellcheck disable=SC2086 # the commands are lists
{
	drive 'mkfs killed' kill kill-store store "$(share 50)" $store
	drive 'mkfs killed, without O_TMPFILE' kill kill-named store:named "$(share 25)" $store
	drive 'mkfs into a damaged store killed' kill kill-damaged damaged "$(share 10)" $store -q
	drive 'verify --repair-from killed' kill kill-repair repair "$(share 8)" $repair
	drive 'the same, without O_TMPFILE' kill kill-repair-named repair:named "$(share 7)" $repair
	if [ -n "$CFS_LONG" ]; then
		one="--threads=1"
		drive 'mkfs killed at each call' kill kill-calls store calls $store $one
		drive 'the same without O_TMPFILE' kill kill-calls-named store:named calls $store $one
		drive 'mkfs into a damaged store killed at each call' kill kill-calls-damaged damaged calls $store -q $one
		drive 'verify --repair-from killed at each call' kill kill-calls-repair repair calls $repair $one
		drive 'the same without O_TMPFILE' kill kill-calls-repair-named repair:named calls $repair $one
	fi
}
plan_done

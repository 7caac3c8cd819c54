#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mkfs --repo killed before its system calls, and two writers at once (repository,
# ST-8, ST-9): the repository verifies clean at any time, every image that has a name is
# complete, and the next run completes what the killed one began.
#
# Killed before every call in the long form, before 40 of them otherwise.
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
make_source src
make_source more
"$driver" bytes - 5000 77 >more/dir/own
find more -exec touch -h -d @1000000000 {} +

# mkfs NAME TREE - into the repository "repo"; prints the digest.
mkfs()
{
	"$CFS" mkfs -q --threads=1 --repo=repo --hash-alg=sha512 --name="$1" "$2"
}

# target NAME - the digest of the image with this name; nothing if there is none.
target()
{
	readlink "repo/images/refs/$1" 2>/dev/null | sed 's|^\.\./||'
}

# judge - what is wrong with what a killed run left, and with what the next one makes of it.
judge()
{
	if [ -e repo/meta.json ]; then
		"$CFS" verify -q --repo=repo >said 2>&1 || echo "verify after the kill: $(head -n 3 said)"
	fi
	case $(target x) in
	"$old" | "$new") ;;
	*) echo "refs/x: $(target x)" ;;
	esac
	got=$(mkfs x src 2>said) || echo "the next run: $(cat said)"
	[ "$got" = "$new" ] || echo "the next run prints $got"
	[ "$(target x)" = "$new" ] || echo "refs/x after the next run: $(target x)"
	"$CFS" verify -q --repo=repo >said 2>&1 || echo "verify after the next run: $(head -n 3 said)"
	find repo -name '.cfs-*' | sed 's/^/left over: /'
}

# calls - how many system calls a run makes.
calls()
{
	low=0
	high=20000
	while [ $((low + 1)) -lt $high ]; do
		middle=$(((low + high) / 2))
		begin
		if "$driver" cut - $middle "$CFS" mkfs -q --threads=1 --repo=repo --hash-alg=sha512 --name=x src; then
			low=$middle
		else
			high=$middle
		fi
	done
	echo $((low + 1))
}

# begin - the repository as it is before a run: $before, or none.
begin()
{
	rm -rf repo
	[ -z "$before" ] || cp -a "$before" repo
}

mkfs other more >digest
mv repo held
mkfs x src >digest
new=$(cat digest)
is 'the image has a name' "$(target x)" "$new"
rm -rf repo
cp -a held repo
old=$(mkfs x more)
mv repo named
for before in '' held named; do
	old=
	[ "$before" != named ] || old=$(readlink named/images/refs/x | sed 's|^\.\./||')
	n=$(calls)
	step=1
	[ -n "$CFS_LONG" ] || step=$((n / 13 + 1))
	at=0 rounds=0 wrong=
	while [ $at -lt "$n" ]; do
		begin
		"$driver" cut - $at "$CFS" mkfs -q --threads=1 --repo=repo --hash-alg=sha512 --name=x src
		found=$(judge)
		[ -z "$found" ] || wrong="$wrong
before call $at: $found"
		at=$((at + step)) rounds=$((rounds + 1))
	done
	is "killed $rounds times among $n calls, before it: ${before:-nothing}" "$wrong" ''
done

rounds=10
[ -z "$CFS_LONG" ] || rounds=${CFS_ROUNDS:-100}
for before in '' held; do
	done=0 wrong=
	while [ $done -lt $rounds ]; do
		done=$((done + 1))
		begin
		mkfs a src >out1 2>err1 &
		one=$!
		mkfs b more >out2 2>err2 &
		wait $one || wrong="$wrong first: $(cat err1)"
		wait $! || wrong="$wrong second: $(cat err2)"
		[ "$(target a) $(target b)" = "$(cat out1) $(cat out2)" ] || wrong="$wrong names"
		"$CFS" verify -q --repo=repo >said 2>&1 || wrong="$wrong verify: $(head -n 3 said)"
		[ -z "$(find repo -name '.cfs-*')" ] || wrong="$wrong left over"
	done
	is "two writers at once, $rounds times, before them: ${before:-nothing}" "$wrong" ''
done
plan_done

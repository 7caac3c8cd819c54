#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# verify --update-serial: kill -9 before each system call and at random times, and each call
# failing (signed statements 9). The serial file holds the old serial or the new one, is never
# damaged, and never holds a smaller one; nothing else is left after the next run.
. "$(dirname "$0")/../lib.sh"
need openssl base64
. tests/fault/driver/fixture

printf '/ 0 40755 2 0 0 0 1.0 - - -\n' >text
"$CFS" mkfs --from-file text os.cfs
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem 2>/dev/null
openssl pkey -in key.pem -pubout -out key.pub
printf 'composefs-statement-v1\ndigest fsverity-sha256-12:%s\nserial 9\n' \
	"$("$CFS" info measure-file os.cfs | cut -d' ' -f1)" >statement
{
	cat statement
	printf 'signature '
	openssl dgst -sha256 -sign key.pem statement | base64 -w0
	echo
} >signed

# For the driver out.img is the serial file: old.img before a run, good.img after it.
mkdir good
echo 7 >old.img
echo 9 >good.img
update="$CFS verify --key=key.pub --signature=signed --serial-file=out.img --update-serial os.cfs"
rounds=100
[ -z "$CFS_LONG" ] || rounds=1000
# shellcheck disable=SC2086 # a command
{
	drive 'killed at each call' kill kill-serial-calls image calls $update
	drive 'killed at random times' kill kill-serial image $rounds $update
	# verify prints its summary as well, so "one line" is not asked for here.
	nice -n 5 "$driver" sweep sweep-serial image $FORM $update >sweep 2>&1
}
result=$(sed -n 's/^result //p' sweep)
case $result in
*' silent=0 lost=0 wrong=0 debris=0 crashed=0 hung=0 '*) pass "each call fails: $result" ;;
*) fail 'each call fails' "$(tail -n 20 sweep)" ;;
esac

# Two writers, of which the one with the larger serial is killed: the file never goes down.
sed 's/^serial 9/serial 8/; /^signature /d' signed >statement8
{
	cat statement8
	printf 'signature '
	openssl dgst -sha256 -sign key.pem statement8 | base64 -w0
	echo
} >signed8
lowered=
i=0
while [ $i -lt 30 ]; do
	i=$((i + 1))
	echo 7 >out.img
	$update >/dev/null 2>&1 &
	pid=$!
	"$CFS" verify -q --key=key.pub --signature=signed8 --serial-file=out.img --update-serial os.cfs 2>/dev/null &
	[ $((i % 2)) = 0 ] || sleep 0.01
	kill -9 $pid 2>/dev/null
	first=$(cat out.img)
	wait
	last=$(cat out.img)
	case $first:$last in
	7:8 | 7:9 | 8:8 | 8:9 | 9:9) ;;
	*) lowered="$lowered $first:$last" ;;
	esac
done
is 'two writers, one of them killed: never lower, never damaged' "$lowered" ''
plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Mounts with key= and signature= in the running kernel: a good statement mounts the tree, each
# broken one is refused and leaves nothing mounted. Keys are made with openssl on each run.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
need openssl base64
cd "$tmp" || exit 1
mkdir -p tree mnt
head -c 9000 /dev/urandom >tree/big
"$CFS" mkfs --digest-store=obj tree img
"$CFS" mkfs --use-epoch tree other
for key in key wrong; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key.pem 2>/dev/null
	openssl pkey -in $key.pem -pubout -out $key.pub
done
printf 'composefs-statement-v1\ndigest fsverity-sha256-12:%s\nname os/main\nserial 7\nexpires 2027-06-30T00:00:00Z\n' \
	"$("$CFS" info measure-file img | cut -d' ' -f1)" >statement
{
	cat statement
	printf 'signature '
	openssl dgst -sha256 -sign key.pem statement | base64 -w0
	echo
} >signed
sed 's/serial 7/serial 8/' signed >changed
sed '1s/v1/v2/' signed >version
head -c 100 signed >cut
echo 5 >serial5
echo 9 >serial9

# refused STATUS WORDS OPTIONS [IMAGE] - it does not mount, and the message has these words.
refused()
{
	exits "$backend: $3 ${4:-}" "$1" "$CFS" mount -o "basedir=obj,noverity,backend=$backend,$3" "${4:-img}" mnt
	ok "$backend: $3: says why" grep -qF "$2" "$tmp/stderr"
	is "$backend: $3: nothing is mounted" "$(mountpoint -q mnt && echo mounted)" ''
}

good=key=key.pub,signature=signed
for backend in erofs fuse; do
	case $backend in
	erofs) there='grep -qw erofs /proc/filesystems' ;;
	fuse) there='[ -c /dev/fuse ]' ;;
	esac
	if ! eval "$there"; then
		skip "$backend" 'not in this kernel'
		continue
	fi
	for options in $good "key=wrong.pub:key.pub,signature=signed,name=os/main,minserial=7,serialfile=serial5,now=2026-12-01T00:00:00Z"; do
		ok "$backend: $options: mounts" "$CFS" mount -q -o "basedir=obj,noverity,backend=$backend,$options" img mnt
		ok "$backend: $options: is the tree" cmp tree/big mnt/big
		umount mnt
	done
	refused 32 'no given key made its signature' key=wrong.pub,signature=signed
	refused 32 'no given key made its signature' key=key.pub,signature=changed
	refused 32 'no given key made its signature' key=key.pub,signature=version
	refused 32 'no signature line' key=key.pub,signature=statement
	refused 32 'no signature line' key=key.pub,signature=cut
	refused 32 'wrong digest' $good other
	refused 32 'is for os/main, wanted os/edge' $good,name=os/edge
	refused 32 'serial 7 is older than 8' $good,minserial=8
	refused 32 'serial 7 is older than 9' $good,serialfile=serial9
	refused 32 'expired at 2027-06-30T00:00:00Z' $good,now=2027-06-30T00:00:01Z
	refused 32 'holds a private key' key=key.pem,signature=signed
	refused 32 'none: ' key=key.pub,signature=none
	refused 32 'wrong digest' "$good,digest=$(printf %064d 0)"
	refused 1 'key: needs signature' key=key.pub
	refused 1 'signature: needs key' signature=signed
done
plan_done

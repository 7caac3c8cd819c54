#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Signed statements with fresh keys: the commands of the manual page, --update-serial, and
# the configuration of setup-root, which fails closed.
. "$(dirname "$0")/../lib.sh"
need openssl base64

cd "$tmp" || exit 1
printf '/ 0 40755 2 0 0 0 1.0 - - -\n' >text
printf '/ 0 40755 2 0 0 0 2.0 - - -\n' >other
"$CFS" mkfs --from-file text os.cfs
"$CFS" mkfs --from-file other other.cfs
hex=$("$CFS" info measure-file os.cfs | cut -d' ' -f1)

# sign NAME KEY SERIAL - a statement about os.cfs.
sign()
{
	printf 'composefs-statement-v1\ndigest fsverity-sha256-12:%s\nname os/main\nserial %s\n' "$hex" "$3" >"$1.statement"
	{
		cat "$1.statement"
		printf 'signature '
		openssl dgst -sha256 -sign "$2" "$1.statement" | base64 -w0
		echo
	} >"$1.signed"
}

for kind in 'EC -pkeyopt ec_paramgen_curve:P-256' 'EC -pkeyopt ec_paramgen_curve:P-384' \
	'RSA -pkeyopt rsa_keygen_bits:2048'; do
	# shellcheck disable=SC2086 # words
	openssl genpkey -algorithm $kind -out key.pem 2>/dev/null
	openssl pkey -in key.pem -pubout -out key.pub
	sign os key.pem 7
	exits "$kind: its image" 0 "$CFS" verify --key=key.pub --signature=os.signed os.cfs
	exits "$kind: another image" 3 "$CFS" verify --key=key.pub --signature=os.signed other.cfs
	is "$kind: which is a bad digest" "$(cut -f1 stdout)" bad-digest
	sed 's/^serial 7/serial 8/' os.signed >changed.signed
	exits "$kind: a changed statement" 3 "$CFS" verify --key=key.pub --signature=changed.signed os.cfs
	is "$kind: is not signed" "$(cut -f1 stdout)" bad-signature
	exits "$kind: the private key" 1 "$CFS" verify --key=key.pem --signature=os.signed os.cfs
	sed '/^signature /,$d' os.signed >t
	sed -n 's/^signature //p' os.signed | head -1 | base64 -d >s
	ok "$kind: openssl agrees" openssl dgst -sha256 -verify key.pub -signature s t
done

# ---- --update-serial: upwards only, and only when all is well
update()
{
	"$CFS" verify -q --key=key.pub --signature="$1.signed" --serial-file=serial --update-serial "$2"
}
sign seven key.pem 7
sign nine key.pem 9
exits 'the first serial' 0 update seven os.cfs
is 'is written' "$(cat serial)" 7
is 'readable for all' "$(stat -c %a serial)" 644
exits 'a wrong image' 3 update nine other.cfs
is 'changes nothing' "$(cat serial)" 7
exits 'a larger one' 0 update nine os.cfs
is 'goes up' "$(cat serial)" 9
exits 'an older one' 3 update seven os.cfs
is 'is refused and changes nothing' "$(cat serial)" 9
echo 12x >serial
exits 'a damaged serial file' 1 update nine os.cfs
is 'stays' "$(cat serial)" 12x
rm serial
for i in 1 2 3 4 5 6 7 8; do
	sign "s$i" key.pem "$i"
	update "s$i" os.cfs 2>/dev/null &
done
wait
is 'of writers at once the largest wins' "$(cat serial)" 8
is 'and nothing is left behind' "$(ls -A | grep -c '^\.cfs-tmp')" 0

# ---- setup-root: [signature]
if [ "$(id -u)" != 0 ]; then
	skip 'setup-root' 'needs root'
	plan_done
fi
mkdir -p root/composefs/images root/composefs/objects root/composefs/signatures
cp os.cfs "root/composefs/images/$hex"
cp nine.signed "root/composefs/signatures/$hex"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null | openssl pkey -pubout -out wrong.pub

# root WHAT STATUS CMDLINE LINE... - setup-root with these lines as its configuration.
root()
{
	what=$1 status=$2 cmdline=$3
	shift 3
	printf '%s\n' "$@" >conf
	exits "setup-root: $what" "$status" "$CFS" setup-root -n --config=conf --sysroot=root --target=root "--cmdline=$cmdline"
}
key='key = "key.pub"'
root 'a good statement' 0 "composefs=$hex" '[signature]' "$key"
root 'everything asked for' 0 "composefs=$hex" '[signature]' "$key" 'name = "os/main"' 'min-serial = "9"'
root 'another name' 32 "composefs=$hex" '[signature]' "$key" 'name = "os/edge"'
root 'an older serial' 32 "composefs=$hex" '[signature]' "$key" 'min-serial = "10"'
root 'another key' 32 "composefs=$hex" '[signature]' 'key = "wrong.pub"'
root 'another key, and ?' 32 "composefs=?$hex" '[signature]' 'key = "wrong.pub"'
root 'no image asked for' 32 'quiet' '[signature]' "$key"
root 'no image and no section' 0 'quiet' '[root]'
root 'no key' 32 "composefs=$hex" '[signature]'
root 'an unknown key' 32 "composefs=$hex" '[signature]' "$key" 'serial = "1"'
root 'a key twice' 32 "composefs=$hex" '[signature]' "$key" "$key"
root 'the section twice' 32 "composefs=$hex" '[signature]' "$key" '[signature]' "$key"
root 'a section with a slip' 32 "composefs=$hex" '[Signature]' "$key"
root 'another slip' 32 "composefs=$hex" '[signatures]' "$key"
mv "root/composefs/signatures/$hex" elsewhere
root 'no signed file' 32 "composefs=$hex" '[signature]' "$key"
ln -s ../../../elsewhere "root/composefs/signatures/$hex"
root 'a link out of the root' 32 "composefs=$hex" '[signature]' "$key"
# The first entry has no statement; the second one would do.
"$CFS" mkfs --from-file other second.cfs
second=$("$CFS" info measure-file second.cfs | cut -d' ' -f1)
cp second.cfs "root/composefs/images/$second"
hex=$second sign second key.pem 9
cp second.signed "root/composefs/signatures/$second"
root 'the second entry alone' 0 "composefs=$second" '[signature]' "$key"
root 'a good second entry does not help' 32 "composefs=$hex composefs=$second" '[signature]' "$key"
plan_done

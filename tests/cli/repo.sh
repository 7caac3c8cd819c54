#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Repositories (13): mkfs --repo, verify --repo, info unused-objects --repo.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1

mkdir -p src/d
head -c 10000 /dev/urandom >src/d/a
head -c 300 /dev/urandom >src/b
echo small >src/c

# lines - kind and image or object of each line of verify.
lines()
{
	"$CFS" verify -q "$@" 2>/dev/null | awk -F '\t' '{ print $1, $2 == "-" ? $3 : $2 }'
}

for alg in sha256 sha512; do
	r=r-$alg
	digest=$("$CFS" mkfs --repo=$r --hash-alg=$alg --name=os/now src)
	is "$alg: the digest is that of the image" "$digest" \
		"$("$CFS" mkfs --min-version=1 --hash-alg=$alg --print-digest-only src)"
	is "$alg: meta.json" "$(cat $r/meta.json)" "{
  \"version\": 1,
  \"algorithm\": \"fsverity-$alg-12\",
  \"features\": {
    \"compatible\": [],
    \"read-only-compatible\": [
      \"v1_erofs\"
    ],
    \"incompatible\": []
  },
  \"erofs_formats\": {
    \"default\": 1
  }
}"
	rest=${digest#??}
	is "$alg: the link of the image" "$(readlink $r/images/"$digest")" "../objects/${digest%"$rest"}/$rest"
	is "$alg: the link of the name" "$(readlink $r/images/refs/os/now)" "../../$digest"
	is "$alg: modes" "$(stat -c %a $r $r/images $r/images/refs/os $r/objects $r/objects/* | sort -u | tr '\n' ' ')" '700 755 '
	find $r -exec stat -c '%n %i %Y %s' {} + | sort >before
	is "$alg: a second run" "$("$CFS" mkfs --repo=$r --name=os/now src)" "$digest"
	find $r -exec stat -c '%n %i %Y %s' {} + | sort >after
	ok "$alg: a second run changes nothing" cmp before after
	is "$alg: verify" "$(lines --repo=$r)" ''
	is "$alg: nothing is unused" "$("$CFS" info unused-objects --repo=$r)" ''
	"$CFS" mkfs --hash-alg=$alg --print-dump src >dump-$alg
	is "$alg: from a dump" "$("$CFS" mkfs --repo=$r --name=again --from-file dump-$alg)" "$digest"
done

# ---- refusals ---------------------------------------------------------------
# refused STATUS TEXT ARGUMENTS... - exit status, and a part of the message.
refused()
{
	status=$1
	text=$2
	shift 2
	"$CFS" "$@" >out 2>err
	is "$*: status" $? "$status"
	ok "$*: message" grep -qF -- "$text" err
	is "$*: prints nothing" "$(cat out)" ''
}
refused 1 'algorithm is fsverity-sha512-12, --hash-alg says sha256' mkfs --repo=r-sha512 --hash-alg=sha256 src
refused 1 'algorithm is fsverity-sha512-12' mkfs --repo=r-sha512 --from-file dump-sha256
refused 1 'not a repository: no meta.json' mkfs --repo=src src
mkdir -p old/objects
refused 1 'cfsctl init upgrades it' mkfs --repo=old src
refused 2 '--name' mkfs --name=x src img
for name in '' / a/ /a a//b . .. a/../b; do
	refused 2 '--name' mkfs --repo=r-sha512 --name="$name" src
done
refused 2 '--repo' mkfs --repo=r-sha512 --digest-store=st src
refused 2 '--repo' mkfs --repo=r-sha512 --print-digest-only src
refused 2 '--repo' verify --repo=r-sha512 --basedir=src
refused 2 '--no-lock' info unused-objects --no-lock --basedir=src img
sed 's,/b ,/gone ,; s/ \([0-9a-f]\{2\}\)\/[0-9a-f]\{126\} / \1\/'"$(printf %0126d 0)"' /' dump-sha512 >bad
refused 1 'payload that is not the object name' mkfs --repo=r-sha512 --from-file bad
# meta TEXT MESSAGE - a description that is refused.
meta()
{
	rm -rf m
	cp -r r-sha512 m
	printf %s "$1" >m/meta.json
	refused 1 "$2" mkfs --repo=m src
	is "verify: $2" "$(lines --repo=m)" 'bad-repo meta.json'
	refused 1 "$2" info unused-objects --repo=m
}
meta '{"version":2,"algorithm":"fsverity-sha512-12"}' 'version 2, this program knows 1'
meta '{"version":1,"algorithm":"fsverity-sha512-16"}' 'unknown algorithm'
meta '{"version":1,"algorithm":"fsverity-sha512-12","features":{"incompatible":["x"]}}' 'unknown incompatible feature "x"'
meta '{"version":1}' 'has no algorithm'
meta '[]' 'is not a JSON object'
printf '{"version":1,"algorithm":"fsverity-sha512-12","features":{"read-only-compatible":["x"]}}' >m/meta.json
refused 1 'can be read, not written' mkfs --repo=m src
is 'an unknown feature for readers: verify' "$(lines --repo=m)" ''
printf '{"version":1,"algorithm":"fsverity-sha512-12"}' >m/meta.json
refused 1 'wants V2 images only' mkfs --repo=m src
ok 'a version was given' "$CFS" mkfs --repo=m --min-version=1 src

# ---- damage -----------------------------------------------------------------
damage() { rm -rf x; cp -a r-sha512 x; }
digest=$(readlink x/images/refs/os/now 2>/dev/null)
damage
digest=$(basename "$(readlink x/images/refs/os/now)")
object=$(cd x/objects && for o in */*; do [ "$(echo $o | tr -d /)" = "$digest" ] || echo $o; done | head -n 1)
image=$(echo "$digest" | sed 's,^..,&/,')
printf x >>x/objects/$object
is 'a changed object' "$(lines --repo=x)" "wrong-content $object
wrong-size images/$digest"
"$CFS" verify -q --repo=x --repair-from=r-sha512/objects >/dev/null 2>&1
is 'is repaired' "$(lines --repo=x)" ''
rm x/objects/$object
is 'a missing object' "$(lines --repo=x)" "missing images/$digest"
"$CFS" verify -q --repo=x --repair-from=r-sha512/objects >/dev/null 2>&1
is 'is repaired, too' "$(lines --repo=x)" ''
touch x/objects/ab 2>/dev/null || :
damage
echo >x/objects/${object%%/*}/name
is 'a foreign name' "$(lines --repo=x)" "bad-name ${object%%/*}/name"
refused 1 'not the name of an object' info unused-objects --repo=x
damage
ln -sf ../objects/$object x/images/"$digest"
is 'a link to another object' "$(lines --repo=x)" "bad-link images/$digest"
refused 1 'another digest' info unused-objects --repo=x
damage
ln -s ../../../src x/images/refs/out
ln -s ../nothing x/images/refs/gone
is 'names that lead elsewhere' "$(lines --repo=x)" 'bad-link images/refs/gone
bad-link images/refs/out'
damage
rm x/objects/$image
is 'an image without its object' "$(lines --repo=x)" "bad-link images/$digest"
refused 1 'its object is missing' info unused-objects --repo=x
damage
mkdir -p x/streams
ln -s ../objects/$object x/streams/s
is 'a stream' "$(lines --repo=x)" ''
refused 1 'holds streams' info unused-objects --repo=x

# ---- unused -----------------------------------------------------------------
damage
echo other >>src/b
head -c 4000 /dev/urandom >src/new
two=$("$CFS" mkfs --repo=x src)
rm x/images/"$two"
"$CFS" info unused-objects --repo=x >unused
is 'the image and what only it used' "$(wc -l <unused)" 3
ok 'its own object is among them' grep -qx "$(echo "$two" | sed 's,^..,&/,')" unused
(cd x/objects && xargs rm -f) <unused
is 'what is left is in order' "$(lines --repo=x)" ''
(
	flock -x 9
	"$CFS" info unused-objects --no-lock --repo=x >under
) 9<x
is 'under the lock of the caller' "$(cat under)" ''
plan_done

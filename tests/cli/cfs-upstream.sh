#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Under the names of upstream's programs: abbreviated options, exit status 1 for a
# wrong command line, missing parents of a store, a list of all objects. Under
# `cfs APPLET` none of these. What getopt_long() accepts is known from mkcomposefs 1.0.8.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1

mkdir -p bin tree
for name in mkcomposefs mkfs.composefs composefs-info composefs-dump mount.composefs \
	composefs-from-json writer-json; do
	ln -s "$CFS" bin/$name
done
head -c 3000 "$CFS" >tree/file
echo small >tree/small
touch -d @1000000000 tree tree/*
"$CFS" mkfs --print-dump tree >dump
"$CFS" mkfs tree want
"$CFS" mkfs --use-epoch tree epoch
"$CFS" mkfs --digest-store=objects tree want

# ---- abbreviated long options
ok '--from' bin/mkcomposefs --from dump got
ok '--from: the image' cmp got want
ok '--use-e, --digest=DIR, --thr=N' bin/mkcomposefs --use-e --digest=store --thr=1 tree got
ok '--use-e: the image' cmp got epoch
ok '--digest: the store' diff -r store objects
ok '--min 1' bin/mkcomposefs --min 1 tree got
ok 'mkfs.composefs --print-digest' bin/mkfs.composefs --print-digest tree got
exits '--print is ambiguous' 1 bin/mkcomposefs --print tree got
is '--print: the message' "$(cat stderr)" \
	'mkcomposefs: --print: ambiguous: --print-digest or --print-digest-only'
exits '--us is ambiguous' 1 bin/mkcomposefs --us tree got
exits 'options that upstream has not cannot be shortened' 1 bin/mkcomposefs --hardl tree got
ok 'they can be given' bin/mkcomposefs --hardlinks tree got
ok 'composefs-info --base' bin/composefs-info --base=objects missing-objects want
is 'composefs-info --fil' "$(bin/composefs-info --fil=small ls want)" /small
for applet in mkfs mkcomposefs; do
	exits "cfs $applet: no abbreviations" 2 "$CFS" $applet --from dump got
done

# ---- exit status of a wrong command line
while read -r name args; do
	# shellcheck disable=SC2086 # words
	exits "$name $args" 1 "bin/$name" $args
	is "$name $args: one line" "$(wc -l <stderr)" 1
done <<END
mkcomposefs
mkcomposefs tree
mkcomposefs a b c
mkcomposefs --frobnicate tree got
mkcomposefs --threads=none tree got
mkcomposefs --digest-store
composefs-info
composefs-info frobnicate want
composefs-info ls
composefs-dump want
composefs-dump want got more
mount.composefs
composefs-from-json --frobnicate
writer-json --frobnicate
END
exits 'cfs mkfs tree' 2 "$CFS" mkfs tree
exits 'cfs composefs-dump want' 2 "$CFS" composefs-dump want

# ---- a store in a directory that is missing
exits 'mkcomposefs --digest-store=a/b//c/' 0 bin/mkcomposefs --digest-store=a/b//c/ tree got
ok 'the objects are there' diff -r a/b/c objects
exits 'an absolute path' 0 bin/mkcomposefs --digest-store="$tmp/x/y" tree got
exits 'once more' 0 bin/mkcomposefs --digest-store="$tmp/x/y" tree got
exits 'a file in the way' 1 bin/mkcomposefs --digest-store=dump/y/z tree got2
ok 'no image is left' test ! -e got2
exits 'cfs mkfs makes no parents' 1 "$CFS" mkfs --digest-store=c/d tree got
ok 'and leaves nothing' test ! -e c

# ---- objects that are missing from no directory
is 'missing-objects without --basedir' "$(bin/composefs-info missing-objects want)" "$("$CFS" info objects want)"
exits 'cfs info missing-objects without --basedir' 2 "$CFS" info missing-objects want

# ---- composefs-dump
exits 'composefs-dump --help' 0 bin/composefs-dump --help
is 'composefs-dump --help: usage' "$(head -n 1 stdout)" 'Usage: composefs-dump [OPTION...] SOURCE DEST'
not_ok 'composefs-dump --help: no option of cfs dump' grep -q -- --filter stdout
exits 'composefs-dump knows no --filter' 1 bin/composefs-dump --filter=x want got
cp dump precious
exits 'composefs-dump over a file that is no image' 1 bin/composefs-dump want precious
ok 'it is left alone' cmp dump precious
: >empty
ok 'composefs-dump over an empty file' bin/composefs-dump want empty
ok 'is an image' cmp want empty
exits '--install composefs-dump' 0 "$CFS" --install -s bin composefs-dump
mkdir bin2
exits '--install composefs-dump elsewhere' 0 "$CFS" --install -s bin2 composefs-dump
ok 'it runs' bin2/composefs-dump want got
ok 'manual page: composefs-dump' grep -q '^\.SS composefs.-dump' "$TOP/applets/dump.1"
plan_done

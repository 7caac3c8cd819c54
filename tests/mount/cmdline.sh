#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Kernel command lines (setup-root 10): each row of cmdline/cmdline.tsv is given to
# `setup-root -n`, which stops before the first mount. A sysroot has two images, an
# image under the digest of another, a link that leads out of it and a link to
# nothing. The rows come from the author of the specification, not from this
# program.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
# Whether this program refuses the rows that name a SHA-512 digest.
sha512=known
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
from=$TOP/tests/mount/cmdline
cd "$tmp" || exit 1

rows()
{
	grep -v '^#' "$from/$1"
}

# put IMAGE DIGEST - an image in the store, with a link of this name.
put()
{
	rest=${2#??}
	xx=${2%"$rest"}
	mkdir -p "s/composefs/objects/$xx"
	cp "$1" "s/composefs/objects/$xx/$rest"
	ln -s "../objects/$xx/$rest" "s/composefs/images/$2"
}

digest()
{
	rows names.tsv | sed -n "s/^{$1}	//p"
}

# says STATUS TEXT NOT - how setup-root ended, what stderr has, what it has not.
says()
{
	[ $rc = "$1" ] && grep -qF -- "$2" err && ! grep -qF -- "$3" err
}

mkdir -p s/composefs/images s/composefs/objects
gzip -dc "$from/boot256.img.gz" >boot256
gzip -dc "$from/boot512.img.gz" >boot512
put boot256 "$(digest S)"
put boot512 "$(digest L)"
put boot512 "$(digest W)"
cp boot512 s/outside
ln -s ../../outside "s/composefs/images/$(digest K)"
ln -s ../objects/00/0 "s/composefs/images/$(digest G)"
# The same two faults under names of the length of SHA-256.
wrong=$(printf '%064d' 0 | tr 0 b)
out=$(printf '%064d' 0 | tr 0 d)
put boot512 "$wrong"
ln -s ../../outside "s/composefs/images/$out"
rows names.tsv | sed 's/\(.*\)	\(.*\)/s|\1|\2|g/' >names.sed

# setup WORDS - sets $rc; stderr is in err.
setup()
{
	"$CFS" setup-root -n -v --sysroot=s --config=/dev/null --cmdline="$1" >out 2>err
	rc=$?
}

# check OUTCOME USED WORDS DESC
check()
{
	setup "$3"
	case $1 in
	use) says 0 "using $2" 'not understood' && grep -qxF "cfs setup-root: using $2" err ;;
	none) says 0 'nothing to do' 'using ' ;;
	# The error is the only line.
	bad) says 32 'not understood' 'using ' && [ "$(wc -l <err)" = 1 ] ;;
	missing) says 32 'images' 'using ' ;;
	v2) says 32 'V2' 'using ' ;;
	verdict) [ $rc = 32 ] && ! grep -q "using composefs=$(digest S)" err && ! grep -q 'not understood' err ;;
	*) false ;;
	esac &&
		pass "$1: $4" || fail "$1: $4" "exit $rc
$(cat err)"
}

n=0
tab=$(printf '\t')
rows cmdline.tsv >rows
while IFS=$tab read -r outcome used line; do
	[ "$line" != - ] || line=
	words=$(printf '%s' "$line" | sed -f names.sed)
	# The end of the text counts, too.
	words=$(printf '%bx' "$words")
	words=${words%x}
	used=$(printf '%s' "$used" | sed -f names.sed)
	# A V2 entry is passed over, whatever its algorithm.
	if [ $sha512 = refused ] && echo "$words" | sed 's/=?*v2-[^ ]*//g' | grep -qE '[0-9A-Fa-f]{128}'; then
		outcome=bad
	fi
	n=$((n + 1))
	check "$outcome" "$used" "$words" "$line"
done <rows
is 'the number of rows' "$n" "$(rows cmdline.tsv | wc -l)"

# ---- beyond the rows ------------------------------------------------------
S=$(digest S)
none=$(digest s)
check verdict - "composefs=$wrong composefs=$S" 'an image of another digest ends the boot'
ok 'it says which digest it is' grep -qF "wrong digest: want $wrong, is " err
check verdict - "composefs=$out composefs=$S" 'a link that leads out ends the boot'
check verdict - "composefs.digest=v1-sha256-12:$wrong composefs=$S" 'an old argument does not stand in'
mkdir "s/composefs/images/$(digest Y)"
check verdict - "composefs=$(digest Y) composefs=$S" 'a directory in place of an image ends the boot'
rmdir "s/composefs/images/$(digest Y)"
ln -s "$(digest Y)" "s/composefs/images/$(digest Y)"
check verdict - "composefs=$(digest Y) composefs=$S" 'a link to itself ends the boot'
rm "s/composefs/images/$(digest Y)"
cp boot256 "s/composefs/images/file"
rm "s/composefs/images/$S"
mv s/composefs/images/file "s/composefs/images/$S"
check use "composefs=$S" "composefs=$S" 'a regular file in place of the link'
setup "composefs=$none composefs=$S"
is 'a missing image is one warning' "$(grep -c "composefs=$none: no such image, trying the next" err)" 1
setup "composefs=$none"
is 'one missing image' "$(tail -n 1 err)" "cfs setup-root: s/composefs/images: the image of the kernel command line is not here: $none"
setup "composefs=?$none composefs.digest=v1-sha256-12:$(echo "$none" | tr 0 1)"
is 'two missing images' "$(tail -n 1 err)" \
	"cfs setup-root: s/composefs/images: none of the 2 images of the kernel command line is here (first: $(echo "$none" | tr 0 1))"
setup "composefs.digest=v2-sha256-12:$S"
is 'a V2 image alone' "$(tail -n 1 err)" "cfs setup-root: composefs.digest=v2-sha256-12:$S: V2 images of composefs-rs are not supported"
setup 'quiet'
is 'nothing to do' "$(cat err)" 'cfs setup-root: no composefs argument on the kernel command line: nothing to do'
"$CFS" setup-root -n --sysroot=s --cmdline='quiet' >out 2>err
is 'nothing to do is no message without -v' "$?:$(cat out err)" 0:
for word in from=http://u:secret@h/ timeout=9 prefetch; do
	check bad - "composefs=$S composefs.$word" "composefs.$word"
	is "composefs.$word: the reason" "$(grep -c 'not understood: not in this build' err)" 1
	not_ok "composefs.$word: no password is shown" grep -q secret err
done
setup "composefs.From=http://u:secret@h/"
not_ok 'no password is shown in an unknown word' grep -q secret err
# The first entry that is here is used, though a later one would be as good.
put boot256 "$(echo "$none" | tr 0 2)"
setup "composefs=$S composefs=$(echo "$none" | tr 0 2)"
is 'later entries are not looked at' "$(grep -c "using composefs=$S\$" err):$rc" 1:0
# composefs itself may be missing.
mv s/composefs s/away
setup "composefs=$S"
is 'no composefs directory' "$rc:$(tail -n 1 err)" "32:cfs setup-root: s/composefs/images: the image of the kernel command line is not here: $S"
setup 'ro'
is 'no composefs directory, nothing to do' $rc 0
plan_done

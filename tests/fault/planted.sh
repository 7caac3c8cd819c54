#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Things planted under the name of an object: mkfs never takes or follows them
# (ST-5, ST-6), verify tells of them (VE-1, VE-5), --repair-from replaces them
# and takes none from where it copies (VE-6).
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
need_root
make_fixture
cp -r good from.orig
accepted=0
planted=0

# Names of a large and a small object, and a file outside that must stay as it is.
large=$(cd good && find . -size +2000k -type f | cut -c3-)
small=$(cd good && find . -size 1000c -type f | cut -c3-)
echo outside >outside
mkdir elsewhere

# plant KIND FILE OBJECT - FILE is where OBJECT belongs.
plant()
{
	rm -rf "$2"
	case $1 in
	content)
		cp "good/$3" "$2"
		printf 'X' | dd of="$2" bs=1 seek=500 conv=notrunc status=none
		;;
	first-byte)
		cp "good/$3" "$2"
		printf '\377' | dd of="$2" bs=1 conv=notrunc status=none
		;;
	short) head -c 999 "good/$3" >"$2" ;;
	long)
		cp "good/$3" "$2"
		echo >>"$2"
		;;
	empty) : >"$2" ;;
	symlink-good) ln -s "$PWD/good/$3" "$2" ;;
	symlink-bad) ln -s "$PWD/outside" "$2" ;;
	dangling) ln -s "$PWD/nowhere" "$2" ;;
	directory) mkdir "$2" ;;
	fifo) mkfifo "$2" ;;
	device) mknod "$2" c 1 5 ;;
	socket) perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un($ARGV[0])) or die' "$2" ;;
	setuid)
		cp "good/$3" "$2"
		chmod 4644 "$2"
		;;
	writable)
		cp "good/$3" "$2"
		chmod 666 "$2"
		;;
	esac
}
all='content first-byte short long empty symlink-good symlink-bad dangling directory fifo device socket setuid writable'

# fresh - the full store, and the repair directory.
fresh()
{
	rm -rf store from
	cp -r good store
	cp -r from.orig from
	cp old.img out.img
}

# stays DESC - what is outside is as it was, nothing else was made.
stays()
{
	if [ "$(cat outside)" = outside ] && [ ! -e nowhere ] && [ -z "$(ls elsewhere)" ] &&
		diff -r good from.orig >/dev/null; then
		pass "$1: nothing outside was touched"
	else
		fail "$1: nothing outside was touched"
	fi
}

# count STATUS - whether the planted thing was accepted.
count()
{
	planted=$((planted + 1))
	"$driver" judge - "$1" "$2" >"$tmp/judge" || accepted=$((accepted + 1))
}

# told [KIND] - status, kind and object as verify tells them.
told()
{
	[ $# = 0 ] && echo '0 ' || printf '3 %s\t%s' "$1" "$large"
}

for kind in $all; do
	for object in "$large" "$small"; do
		what="$kind ($([ "$object" = "$large" ] && echo large || echo small))"
		fresh
		plant $kind "store/$object" "$object"
		timeout 20 "$CFS" mkfs --threads=1 --digest-store=store src out.img >stdout 2>stderr
		rc=$?
		if [ $kind = directory ]; then
			is "mkfs: $what is an error" "$rc $(cat stderr)" "1 cfs mkfs: store/$object: is a directory"
			cmp -s out.img old.img || fail "mkfs: $what: the older image"
			rmdir "store/$object"
			cp "good/$object" "store/$object"
			chmod 644 "store/$object"
			"$CFS" mkfs --digest-store=store src out.img
			count store 0
		else
			is "mkfs: $what is told" "$rc $(grep -c "^cfs mkfs: store/$object: .*; replaced" stderr)" '0 1'
			count store 0
			is "mkfs: $what is replaced" "$(cat "$tmp/judge")" ''
		fi
		stays "mkfs: $what"
	done

	# verify tells of it; modes are no fault of the content.
	fresh
	plant $kind "store/$large" "$large"
	timeout 20 "$CFS" verify -q --basedir=store good.img >stdout 2>stderr
	rc=$?
	case $kind in
	content | first-byte) want=wrong-content ;;
	short | long | empty) want=wrong-size ;;
	setuid | writable) want= ;;
	*) want=wrong-type ;;
	esac
	is "verify: $kind" "$rc $(cut -f1,3 stdout)" "$(told $want)"
	# By the name alone: no size is known.
	timeout 20 "$CFS" verify -q --basedir=store >stdout 2>stderr
	rc=$?
	[ "$want" != wrong-size ] || want=wrong-content
	is "verify of the store: $kind" "$rc $(cut -f1,3 stdout)" "$(told $want)"

	for image in good.img ''; do
		[ -n "$want" ] || continue
		fresh
		plant $kind "store/$large" "$large"
		# shellcheck disable=SC2086 # no image is no argument
		timeout 20 "$CFS" verify -q --basedir=store --repair-from=from $image >stdout 2>stderr
		rc=$?
		desc="repair of $kind, ${image:-the whole store}"
		if [ $kind = directory ]; then
			is "$desc: it stays" "$rc $(cut -f1,3 stdout)" "3 wrong-type	$large"
			continue
		fi
		is "$desc" "$rc $(cut -f1,3 stdout)" "0 repaired	$large"
		is "$desc: as it must be" "$(diff -r good store 2>&1; stat -c %a%F "store/$large")" '644regular file'
		stays "$desc"
	done

	# The same where it copies from: not used, and told.
	fresh
	rm "store/$large"
	plant $kind "from/$large" "$large"
	timeout 20 "$CFS" verify -q --basedir=store --repair-from=from good.img >stdout 2>stderr
	rc=$?
	if [ -z "$want" ]; then
		is "repair from a file with other mode bits: $kind" "$rc $(stat -c %a%F "store/$large")" '0 644regular file'
	else
		is "repair from $kind" "$rc $(cut -f1,3 stdout)" "3 missing	$large"
		is "repair from $kind: nothing was made" "$(find store -name '.cfs-tmp*'; ls "store/$large" 2>/dev/null)" ''
	fi
	# And the next directory is tried.
	fresh
	rm "store/$large"
	plant $kind "from/$large" "$large"
	exits "repair from the second directory: $kind" 0 timeout 20 "$CFS" verify -q --basedir=store \
		--repair-from=from:from.orig good.img
	stays "repair from $kind"
done

# ---- the directory of objects is something else
for kind in symlink-good symlink-empty file fifo; do
	fresh
	xx=${large%/*}
	mv "store/$xx" taken
	case $kind in
	symlink-good) ln -s "$PWD/good/$xx" "store/$xx" ;;
	symlink-empty) ln -s "$PWD/elsewhere" "store/$xx" ;;
	file) echo >"store/$xx" ;;
	fifo) mkfifo "store/$xx" ;;
	esac
	timeout 20 "$CFS" mkfs --threads=1 -q --digest-store=store src out.img >stdout 2>stderr
	rc=$?
	planted=$((planted + 1))
	is "mkfs: $kind for xx" "$rc $(wc -l <stderr) $(grep -c "^cfs mkfs: store/$xx" stderr)" '1 1 1'
	ok "mkfs: $kind for xx: the older image" cmp out.img old.img
	timeout 20 "$CFS" verify -q --basedir=store good.img >stdout 2>stderr
	is "verify: $kind for xx" "$? $(cut -f3 stdout | sort -u)" "3 $large"
	timeout 20 "$CFS" verify -q --basedir=store >stdout 2>stderr
	is "verify of the store: $kind for xx" "$? $(cut -f1,3 stdout)" "3 wrong-type	$xx"
	timeout 20 "$CFS" verify -q --basedir=store --repair-from=from good.img >stdout 2>stderr
	rc=$?
	is "repair: $kind for xx: no success" "$([ $rc = 1 ] || [ $rc = 3 ] && echo no)" no
	stays "repair: $kind for xx"
	rm -rf taken
done
echo "planted planted=$planted accepted=$accepted" >"$RESULTS/planted.$FORM"
is "of $planted planted things accepted" $accepted 0
plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs dump and composefs-dump: text of images, images of images (dump format 6 and 7; RI-3, RI-11).
. "$(dirname "$0")/../lib.sh"
need perl

cd "$tmp" || exit 1
cat >text <<'END'
/ 4096 40755 3 0 0 0 5.6 - - - user.root=1
/a 40 40755 2 0 0 0 5.6 - - -
/a/x 9 100644 3 0 0 0 5.6 ab/cd - -
/b 9 @100644 3 0 0 0 5.6 /a/x - -
/c 1 100644 1 0 0 0 -7.999999999 - \x2d - user.=\x3d\n
/d\x20e 3 120777 1 0 0 0 5.6 a\\b - -
END
ok 'mkfs' "$CFS" mkfs --from-file text img
is 'dump' "$("$CFS" dump img | diff text - && echo same)" same
is 'info dump' "$("$CFS" info dump img | cksum)" "$(cksum <text)"
is 'dump of stdin' "$("$CFS" dump - <img | cksum)" "$(cksum <text)"
is 'dump of two' "$("$CFS" dump img img | wc -l)" 12
is 'filter' "$("$CFS" dump --filter=b --filter c img | cut -d' ' -f 1,3,9)" '/ 40755 -
/b 100644 ab/cd
/c 100644 -'
exits 'filter with a slash' 2 "$CFS" dump --filter=/ img
exits 'empty filter' 2 "$CFS" dump --filter= img
exits 'no image' 2 "$CFS" dump
exits '--json' 2 "$CFS" dump --json img

# The text makes the image again, unless another name held the inode.
ok 'mkfs of the dump' sh -c '"$CFS" dump img | "$CFS" mkfs --from-file - img2'
ok 'the same image' cmp img img2
sed 's|^/a/x 9 |/a/x 9 @|; s|ab/cd|/b|; s|^/b 9 @|/b 9 |; s|/a/x - -|ab/cd - -|' text | sort >other
ok 'a link before its file' "$CFS" mkfs --from-file other other.cfs
is 'dump calls the first name the file' "$("$CFS" dump other.cfs | cksum)" "$(cksum <text)"
not_ok 'whose image differs' cmp other.cfs img
ok 'composefs-dump' "$CFS" composefs-dump other.cfs again
ok 'keeps the name that holds the inode' cmp other.cfs again
# Between the two names of w lies no inode, but only the second one's directory is marked.
cat >white <<'END'
/ 0 40755 1 0 0 0 0.0 - - -
/d 0 40755 1 0 0 0 0.0 - - -
/d/sub 0 40755 1 0 0 0 0.0 - - -
/d/sub/w 0 20000 2 0 0 0 0.0 - - -
/d/w 0 @20000 2 0 0 0 0.0 /d/sub/w - -
END
ok 'a whiteout with two names' "$CFS" mkfs --from-file white white.cfs
ok 'composefs-dump of it' "$CFS" composefs-dump white.cfs again
ok 'the directory that holds it is the same' cmp white.cfs again
exits 'composefs-dump with one operand' 2 "$CFS" composefs-dump img
ln -s "$CFS" composefs-dump
ok 'called composefs-dump' sh -c './composefs-dump img - | cmp - img'
ok 'of an image onto itself' "$CFS" composefs-dump img2 img2
ok 'which stays' cmp img img2
for v in 0 1; do
	"$CFS" mkfs --min-version=$v --max-version=$v --from-file text v$v
	ok "version $v" "$CFS" composefs-dump v$v w
	ok "version $v stays" cmp v$v w
done
# spoil FROM TO AT VALUE - a copy with one byte changed.
spoil()
{
	cp "$1" "$2"
	# shellcheck disable=SC2059 # an octal escape is meant
	printf "\\$4" | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}
spoil img v2 12 002
ok 'version 2 is read' "$CFS" dump v2
rm -f w
exits 'version 2 is not written' 1 "$CFS" composefs-dump v2 w
not_ok 'and leaves nothing' test -e w

# Odd images are read; broken ones give nothing but one line.
spoil img odd-flags 8 376
spoil img bad-magic 1024 000
spoil img bad-root 1038 001
head -c -4096 img >bad-cut
is 'an odd image' "$("$CFS" dump odd-flags | cksum)" "$(cksum <text)"
for bad in bad-magic bad-root bad-cut; do
	exits "$bad" 1 "$CFS" dump $bad
	is "$bad: one line" "$(cat stdout)$(wc -l <stderr) $(grep -c "^cfs dump: $bad: " stderr)" '1 1'
	exits "$bad: composefs-dump" 1 "$CFS" composefs-dump $bad w
	not_ok "$bad: nothing is written" test -e w
done
"$CFS" dump img img bad-cut >stdout 2>stderr
is 'the first one that cannot be read ends the run' "$? $(wc -l <stderr)" '1 1'

# 10 000 levels with a stack of 128 KiB.
perl -e '
	my $path = "";
	print "/ 0 40755 1 0 0 0 0.0 - - -\n";
	for (1 .. 10000) { $path .= "/d"; print "$path 0 40755 1 0 0 0 0.0 - - -\n" }
	print "$path/f 100 100644 2 0 0 0 0.0 aa/bb - -\n";
	print "/z 100 \@100644 2 0 0 0 0.0 $path/f - -\n"' >deep
ok 'deep: mkfs' sh -c 'ulimit -s 128; exec "$CFS" mkfs --from-file deep deep.cfs'
ok 'deep: dump' sh -c 'ulimit -s 128; "$CFS" dump deep.cfs >deep2'
is 'deep: dump is whole' "$(cut -d' ' -f 1,3,9 deep2 | cksum)" "$(cut -d' ' -f 1,3,9 deep | cksum)"
is 'deep: ls' "$({ ulimit -s 128; exec "$CFS" info ls deep.cfs; } | wc -l)" 10002
is 'deep: objects' "$(ulimit -s 128; "$CFS" info objects deep.cfs)" aa/bb
ok 'deep: composefs-dump' sh -c 'ulimit -s 128; "$CFS" composefs-dump deep.cfs again && cmp deep.cfs again'
plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One program, several names; what every applet takes; exit statuses; closed
# and full outputs (command line 1 to 4; WI-4, ER-1, ER-2, ER-6, PH-1).
. "$(dirname "$0")/../lib.sh"

exits 'no argument' 0 "$CFS"
ok 'no argument: names the applets' grep -q '^  mkfs  *make an image' "$tmp/stdout"
exits '--help' 0 "$CFS" --help
exits '--version' 0 "$CFS" --version
is '--version: two lines for programs' "$(head -n 2 "$tmp/stdout")" "cfs $(sed -n 's/^VERSION = //p' Makefile)
image format: EROFS, writes 0 1, reads 0 1 2"
is '--version: a third one for people, with the applets' "$(sed -n '3s/;.*//p' "$tmp/stdout")" \
	"built with: $("$CFS" --list | tr '\n' ' ' | sed 's/ $//')"
ok '--version: and components, commit, machine and hash code' \
	sh -c 'sed -n 3p "$1" | grep -qE "; musl.*, bearssl.*, zstd 1\.5\.[0-9]+, zlib.*; commit [^ ]+, [a-z0-9_]+, SHA-256 by .+"' sh "$tmp/stdout"
is '--version: no other' "$(wc -l <"$tmp/stdout")" 3
cp "$tmp/stdout" "$tmp/version"
exits '-V' 0 "$CFS" -V
ok '-V is --version' cmp "$tmp/stdout" "$tmp/version"

# ---- help
"$CFS" --help >"$tmp/help"
ok '--help: usage' grep -q '^Usage: cfs APPLET ' "$tmp/help"
ok '--help: the command that makes an image' grep -q '^  cfs mkfs --digest-store=OBJECTS DIRECTORY IMAGE$' "$tmp/help"
ok '--help: the command that mounts it' grep -q '^  cfs mount -o basedir=OBJECTS IMAGE MOUNTPOINT$' "$tmp/help"
exits 'cfs help' 0 "$CFS" help
ok 'cfs help is cfs --help' cmp "$tmp/stdout" "$tmp/help"
exits 'cfs help of an unknown word' 2 "$CFS" help frob
is 'cfs help of an unknown word: the message' "$(cat "$tmp/stderr")" 'cfs: frob: no such applet'
exits 'cfs help mkcomposefs' 0 "$CFS" help mkcomposefs
is 'cfs help mkcomposefs: usage' "$(head -n 1 "$tmp/stdout")" 'Usage: cfs mkcomposefs [OPTION...] SOURCE IMAGE'
mkdir "$tmp/empty"
for applet in $("$CFS" --list); do
	"$CFS" "$applet" --help >"$tmp/help"
	exits "cfs help $applet" 0 "$CFS" help "$applet"
	ok "cfs help $applet is cfs $applet --help" cmp "$tmp/stdout" "$tmp/help"
	exits "cfs $applet help" 0 sh -c 'cd "$1" && exec "$2" "$3" help' sh "$tmp/empty" "$CFS" "$applet"
	ok "cfs $applet help is cfs $applet --help" cmp "$tmp/stdout" "$tmp/help"
	ok "$applet --help: examples at the end" sh -c 'sed -n "/^Examples:/,\$p" "$1" | grep -q "^  cfs '"$applet"' "' sh "$tmp/help"
done
echo '/ 0 40755 2 0 0 0 0.0 - - -' | "$CFS" mkfs --from-file - "$tmp/empty/help"
is 'a file named help is no request' "$(cd "$tmp/empty" && "$CFS" dump help)" '/ 4096 40755 2 0 0 0 0.0 - - -'

# ---- did you mean
# near WORD... - each misspelling of the last word is answered with that word.
misspelt()
{
	perl -e '
		my ($w, @all) = @ARGV;
		my $n = length $w;
		my %v = map { $_ => 1 } (map { (substr($w, 0, $_) . substr($w, $_ + 1),
			substr($w, 0, $_ + 1) . substr($w, $_), substr($w, 0, $_) . "q" . substr($w, $_ + 1)) } 0 .. $n - 1),
			(map { substr($w, 0, $_) . substr($w, $_ + 1, 1) . substr($w, $_, 1) . substr($w, $_ + 2) } 0 .. $n - 2);
		# The distance of optimal string alignment, by its textbook definition.
		sub d {
			my ($a, $b) = map { [split //] } @_;
			my @d;
			for my $i (0 .. @$a) { for my $j (0 .. @$b) {
				my @c = $i && $j ? ($d[$i-1][$j] + 1, $d[$i][$j-1] + 1, $d[$i-1][$j-1] + ($a->[$i-1] ne $b->[$j-1])) : ($i + $j);
				push @c, $d[$i-2][$j-2] + 1 if $i > 1 && $j > 1 && $a->[$i-1] eq $b->[$j-2] && $a->[$i-2] eq $b->[$j-1];
				($d[$i][$j]) = sort { $a <=> $b } @c;
			} }
			$d[@$a][@$b];
		}
		for my $t (sort keys %v) {
			next if length $t < 3 || grep { $t eq $_ } @all;
			next if grep { $_ ne $w && d($t, $_) <= d($t, $w) } @all;
			print "$t\n";
		}' "$@"
}
if command -v perl >/dev/null; then
	names=$("$CFS" --list; sed -n 's/^\t\.aliases = "\(.*\)",$/\1/p' applets/*.c | tr ' ' '\n')
	wrong=
	for name in $("$CFS" --list); do
		# shellcheck disable=SC2086 # words
		for typed in $(misspelt "$name" $names); do
			[ "$("$CFS" "$typed" 2>&1)" = "cfs: $typed: no such applet; did you mean $name?" ] || wrong="$wrong $typed"
		done
	done
	is 'each misspelt applet is recognized' "$wrong" ''
	options=$("$CFS" mkfs --help | sed -n '/^Options/,/^Examples/s/^  .*--\([a-z][a-z-]*\).*/\1/p')
	wrong=
	for option in print-digest help; do
		# shellcheck disable=SC2086 # words
		for typed in $(misspelt $option $options); do
			[ "$("$CFS" mkfs --$typed 2>&1)" = \
				"cfs mkfs: --$typed: no such option; did you mean --$option? (--help shows them)" ] || wrong="$wrong $typed"
		done
	done
	is 'each misspelt option is recognized' "$wrong" ''
fi
exits '--list' 0 "$CFS" --list
ok '--list is sorted' sort -c "$tmp/stdout"
is '--list names the files in applets/' "$(cat "$tmp/stdout")" \
	"$(find applets -maxdepth 1 -name '*.c' -exec basename {} .c \; | sort)"
exits 'an unknown applet' 2 "$CFS" no-such-applet
is 'an unknown applet: the message' "$(cat "$tmp/stderr")" 'cfs: no-such-applet: no such applet'
exits 'an unknown global option' 2 "$CFS" --frobnicate

# ---- each applet
for applet in $("$CFS" --list); do
	case $applet in mount | setup-root) usage=1 ;; *) usage=2 ;; esac
	exits "$applet --help" 0 "$CFS" "$applet" --help
	ok "$applet --help: usage on stdout" grep -q "^Usage: cfs $applet " "$tmp/stdout"
	is "$applet --help: nothing on stderr" "$(cat "$tmp/stderr")" ''
	"$CFS" "$applet" --help >"$tmp/help"
	exits "$applet --version" 0 "$CFS" "$applet" --version
	exits "$applet: unknown option" $usage "$CFS" "$applet" --frobnicate
	is "$applet: unknown option: the message" "$(cat "$tmp/stderr")" \
		"cfs $applet: --frobnicate: no such option (--help shows them)"
	exits "$applet --help to a full disk" 1 sh -c '"$0" "$1" --help >/dev/full' "$CFS" "$applet"
	exits "$applet --help to a closed stdout" 1 sh -c '"$0" "$1" --help >&-' "$CFS" "$applet"

	# The man page has each option of --help, and no other long option in bold.
	page=$(find applets -maxdepth 1 -name "$applet.[18]")
	if [ -z "$page" ]; then
		fail "$applet: there is a man page"
		continue
	fi
	sed 's/\\-/-/g' "$page" >"$tmp/page"
	sed '/^Examples:/,$d' "$tmp/help" | grep -o '^  .*' | grep -oE -- '--?[a-z][a-z-]*' | sort -u >"$tmp/want"
	missing=$(while read -r o; do grep -qF -- "$o" "$tmp/page" || echo "$o"; done <"$tmp/want")
	is "$applet: the man page has every option" "$missing" ''
	grep -E '^\.(B|BR|Fl|It|OP|TP)' "$tmp/page" | grep -vE 'cfs |ostree ' | grep -oE -- '--[a-z][a-z-]*' | sort -u >"$tmp/there"
	is "$applet: the man page has no other" "$(grep -vxFf "$tmp/want" "$tmp/there")" ''
done
ok 'there is a man page of the program' test -f cfs.1
if command -v groff >/dev/null; then
	is 'man pages: groff has no warning' "$(for p in cfs.1 applets/*.[18]; do groff -man -t -Tutf8 -ww -z "$p" 2>&1; done)" ''
else
	skip 'man pages: groff has no warning' 'no groff here'
fi
if command -v mandoc >/dev/null; then
	is 'man pages: mandoc has no warning' "$(mandoc -T lint -W warning cfs.1 applets/*.[18])" ''
else
	skip 'man pages: mandoc has no warning' 'no mandoc here'
fi
is 'man pages: each has examples' "$(grep -L '^\.SH EXAMPLES' cfs.1 applets/*.[18])" ''

# ---- dispatch by name
mkdir "$tmp/bin"
cp "$CFS" "$tmp/bin/cfs"
exits '--install' 0 "$tmp/bin/cfs" --install "$tmp/bin"
is '--install: the composefs names' "$(cd "$tmp/bin" && echo *)" "$(
	cd "$tmp/bin" && for n in cfs composefs-from-json composefs-info composefs-setup-root mkcomposefs \
		mkfs.composefs mount.composefs; do
		./cfs --install -s . $n 2>/dev/null && echo $n
		[ $n != cfs ] || echo cfs
	done | sort -u | tr '\n' ' ' | sed 's/ $//')"
ok '--install: hard links' test "$tmp/bin/cfs" -ef "$tmp/bin/mkcomposefs"
exits '--install again' 0 "$tmp/bin/cfs" --install "$tmp/bin"
mkdir "$tmp/bin2"
exits '--install -s of a name' 0 "$tmp/bin/cfs" --install -s "$tmp/bin2" dump info
is '--install -s: an absolute link' "$(readlink "$tmp/bin2/dump")" "$tmp/bin/cfs"
ln "$tmp/bin/cfs" "$tmp/bin2/cfs"
exits '--install -s beside cfs' 0 "$tmp/bin2/cfs" --install -s "$tmp/bin2" mkfs
is '--install -s: a relative link' "$(readlink "$tmp/bin2/mkfs")" cfs
echo mine >"$tmp/bin2/composefs-info"
exits '--install over another file' 1 "$tmp/bin/cfs" --install "$tmp/bin2" composefs-info mkcomposefs
is '--install leaves it alone' "$(cat "$tmp/bin2/composefs-info")" mine
ok '--install goes on with the others' test "$tmp/bin/cfs" -ef "$tmp/bin2/mkcomposefs"
exits '--install of an unknown name' 2 "$tmp/bin/cfs" --install "$tmp/bin2" frob
exits '--install without a directory' 2 "$tmp/bin/cfs" --install
exits '--install into what is not there' 1 "$tmp/bin/cfs" --install "$tmp/nowhere"
exits 'by argv[0]' 1 "$tmp/bin/mkcomposefs" --frobnicate
is 'by argv[0]: the message' "$(cat "$tmp/stderr")" 'mkcomposefs: --frobnicate: no such option (--help shows them)'
exits 'as the first word' 2 "$CFS" mkcomposefs --frobnicate
is 'as the first word: the message' "$(cat "$tmp/stderr")" \
	'cfs mkcomposefs: --frobnicate: no such option (--help shows them)'

# ---- options
echo '/ 0 40755 2 0 0 0 0.0 - - -' >"$tmp/dump"
exits 'options behind operands' 0 "$CFS" mkfs "$tmp/dump" "$tmp/img" --from-file
exits 'a value as the next word' 0 "$CFS" mkfs "$tmp/dump" "$tmp/img" --from-file --min-version 1
exits 'the last value wins' 0 "$CFS" mkfs --min-version=1 --min-version=0 --from-file "$tmp/dump" "$tmp/img2"
exits 'a value that is missing' 2 "$CFS" mkfs --from-file "$tmp/dump" "$tmp/img" --min-version
exits 'a value too many' 2 "$CFS" mkfs --from-file=x "$tmp/dump" "$tmp/img"
exits 'no abbreviations' 2 "$CFS" mkfs --from "$tmp/dump" "$tmp/img"
exits 'not a number' 2 "$CFS" mkfs --threads=two "$tmp" "$tmp/img"
exits 'a number out of range' 2 "$CFS" mkfs --threads=1025 "$tmp" "$tmp/img"
exits 'a version out of range' 2 "$CFS" mkfs --max-version=2 --from-file "$tmp/dump" "$tmp/img"
exits '--version=N' 2 "$CFS" mkfs --version=1 --from-file "$tmp/dump" "$tmp/img"
ok '--version=N: names the right option' grep -q -- '--min-version' "$tmp/stderr"
exits '-- ends the options' 1 "$CFS" mkfs --from-file -- --help "$tmp/img"
exits 'short options together' 0 "$CFS" mkfs -qv --from-file "$tmp/dump" "$tmp/img"

# ---- descriptors
exits 'a name that could move the cursor' 1 "$CFS" mkfs --from-file "$(printf 'a\033[2J\n\\b')" "$tmp/x"
is 'is escaped' "$(cat "$tmp/stderr")" 'cfs mkfs: a\x1b[2J\n\\b: open: No such file or directory'
exits 'stdin closed' 1 sh -c '"$0" mkfs --from-file - "$1" <&-' "$CFS" "$tmp/x"
exits 'stdout closed, image to stdout' 1 sh -c '"$0" mkfs --from-file "$1" - >&-' "$CFS" "$tmp/dump"
exits 'stderr closed' 0 sh -c '"$0" mkfs --from-file "$1" "$2" 2>&-' "$CFS" "$tmp/dump" "$tmp/y"
ok 'stderr closed: the image is whole' cmp "$tmp/y" "$tmp/img2"
exits 'dump to a full disk' 1 sh -c '"$0" dump "$1" >/dev/full' "$CFS" "$tmp/y"
is 'dump to a full disk: the message' "$(cat "$tmp/stderr")" 'cfs dump: -: write: No space left on device'
{
	cat "$tmp/dump"
	seq -f '/%07.0f 0 100644 1 0 0 0 0.0 - - -' 20000
} >"$tmp/many"
ok 'a large image' "$CFS" mkfs --from-file "$tmp/many" "$tmp/many.img"
# shellcheck disable=SC2016
is 'a closed pipe ends the run by its signal' \
	"$(bash -c '"$0" dump "$1" | true; echo ${PIPESTATUS[0]}' "$CFS" "$tmp/many.img")" 141
exits 'file size limit, not a signal' 1 bash -c \
	'ulimit -f 8; exec "$0" mkfs --from-file "$1" "$2"' "$CFS" "$tmp/many" "$tmp/z"
is 'file size limit: the message' "$(cat "$tmp/stderr")" "cfs mkfs: $tmp/z: write: File too large"
ok 'file size limit: nothing is left' test ! -e "$tmp/z"

# ---- PH-1: what is const at run time cannot be written
"$CFS" --debug-relro >"$tmp/out" 2>&1
rc=$?
case $CFS in
*san*) skip '.data.rel.ro is read-only' 'the sanitizer build has its own loader' ;;
*) is '.data.rel.ro is read-only' $rc 139 ;;
esac
plan_done

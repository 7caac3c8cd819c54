#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Inputs that are to cost more than they weigh (RI-4, RI-5, RT-6, RT-8, RT-9, RT-12,
# toc 8, tar 8): depth, width, order, equal hashes, chains of links, long lines,
# compression, sizes and counts, for each input format. Each row runs twice, the
# second time with double size, and says what it took. It fails when 3 MiB of input
# (as decompressed, with what is printed) take more than 2 seconds of CPU, when twice
# the input takes more than three times as long, and above the bound of memory that
# its format states. What is too slow is tried three times. More depth: limits.sh.
. "$(dirname "$0")/../lib.sh"
need perl gzip
perl -MDigest::SHA -MCompress::Raw::Zlib -MIO::Compress::Gzip -e1 2>/dev/null || skip_all 'no Digest::SHA, Compress::Raw::Zlib'
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || skip_all 'no compiler'
case $CFS in *san* | */under/*) skip_all 'sanitizers and emulators need more of all' ;; esac
bombs=$TOP/tests/cli/bombs.pl
repo=$TOP/tests/cli/ostree-repo.pl
cd "$tmp" || exit 1

# generate FORMAT KIND N - into ./in; the size of what is in it into $bytes.
generate()
{
	rm -rf in
	case $1 in
	ostree)
		perl "$repo" in archive "$2" "$3" || return
		bytes=$(cat in/objects/*/* | wc -c)
		[ "$2" != large ] || bytes=$(($3 << 20))
		return
		;;
	chunked)
		perl "$bombs" json "${2#*-}" "$3" >text && zstd -q text -o text.zst -f || return
		case $2 in
		short-*) perl "$bombs" chunked true 1000 <text.zst >in ;;
		*) perl "$bombs" chunked "${2%%-*}" "$(wc -c <text)" <text.zst >in ;;
		esac || return
		rm text.zst
		;;
	stargz) perl "$bombs" json "${2#*-}" "$3" >text && perl "$bombs" stargz "${2%%-*}" "$3" <text >in || return ;;
	*.gz) perl "$bombs" "${1%.gz}" "$2" "$3" | tee text | gzip -1 >in || return ;;
	*.zst) perl "$bombs" "${1%.zst}" "$2" "$3" | tee text | zstd -q >in || return ;;
	dir) perl "$bombs" dir "$2" "$3" || return ;;
	made) perl "$bombs" dump "$2" "$3" >text && "$CFS" mkfs --no-sync --from-file text in || return ;;
	*) perl "$bombs" "$1" "$2" "$3" >in || return ;;
	esac
	case $1 in
	*.gz | *.zst | stargz | chunked) bytes=$(wc -c <text) ;;
	dir) bytes=$(($3 * 64)) ;; # what the names take on a disk, at least
	*) bytes=$(wc -c <in) ;;
	esac
	# A directory that a path implies counts as a name, of 32 bytes.
	case $1-$2 in
	json-deep | stargz-true-deep | chunked-true-deep | tar-deep) bytes=$((bytes + $3 * 2046 * 32)) ;;
	esac
	rm -f text
}

# take COMMAND... - run it; its worst status, time and memory are kept.
take()
{
	./peak used "$@" >out 2>err
	rc=$?
	[ $rc -lt 99 ] || echo "$* (exit $rc)" >>why
	[ $rc -gt "$status" ] && status=$rc
	read -r ms k <used
	[ "$ms" -gt "$cpu" ] && cpu=$ms
	[ "$k" -gt "$kib" ] && kib=$k
	k=$(wc -c <out)
	[ "$k" -gt "$written" ] && written=$k
}

# run FORMAT - what reads this format, on ./in.
run()
{
	status=0 cpu=0 kib=0 written=0
	case $1 in
	dump*) take "$CFS" mkfs --from-file --print-digest-only in ;;
	json* | chunked | stargz) take "$CFS" json-convert --print-digest-only in ;;
	tar*) take "$CFS" mkfs --from-tar --print-digest-only in ;;
	dir) take "$CFS" mkfs --print-digest-only in ;;
	ostree) take "$CFS" ostree-convert --print-digest-only in t ;;
	*)
		take "$CFS" verify in
		take "$CFS" info ls in
		take "$CFS" info objects in
		take "$CFS" dump in
		;;
	esac
}

# bound FORMAT KIND N - KiB that an input of $bytes may take.
bound()
{
	case $1-$2 in
	# Neither the line nor what follows is held.
	dump*-line | dump*-blank | json*-blank | json-string | json-number | json-array | json-uid) echo 22528 ;;
	chunked-*short* | chunked-*wrap* | chunked-*length* | chunked-*size* | stargz-offset* | tar-line | tar-size) echo 20480 ;;
	# 512 bytes for a directory that a path implies.
	json-deep | stargz-true-deep | chunked-true-deep) echo $((16384 + $3 * 1152)) ;;
	*-nest*) echo $((16384 + bytes * 8 / 1024)) ;; # refused before anything is made of it
	dump* | json* | chunked-* | stargz-*) echo $((16384 + bytes * 8 / 1024)) ;;
	tar-holes) echo 65536 ;; # 2^20 segments
	tar-deep) echo $((16384 + $3 * 2048)) ;; # a KiB for each member or directory
	tar*) echo $((16384 + $3)) ;;
	dir-*) echo $((16384 + $3)) ;; # a KiB for each name
	ostree-twins | ostree-large) echo 20480 ;;
	ostree-*) echo $((16384 + bytes * 8 / 1024)) ;;
	*) echo $((16384 + bytes * 2 / 1024)) ;;
	esac
}

# bomb done|refused FORMAT KIND N DESC
bomb()
{
	want=$1 format=$2 kind=$3 desc="$2: $5" size=$4
	rm -f why
	try=0
	while :; do
		try=$((try + 1))
		generate "$format" "$kind" "$size" || { fail "$desc" 'no input'; return; }
		run "$format"
		small=$cpu small_bytes=$bytes
		generate "$format" "$kind" $((2 * size)) || { fail "$desc" 'no input'; return; }
		run "$format"
		# Below 100 ms a ratio says nothing.
		slow=
		[ "$cpu" -le $((3 * small * (bytes / 2 + 1) / small_bytes + 100)) ] || slow="more than three times"
		[ "$cpu" -le $((2000 * (1 + (bytes + written) / 3145728))) ] || slow="more than 2 seconds for 3 MiB"
		[ -n "$slow" ] && [ $try -lt 3 ] || break
	done
	limit=$(bound "$format" "$kind" $((2 * size)))
	told="$small, then $cpu ms; $kib KiB of $limit, for $((bytes / 1024)) KiB"
	case $want-$status in
	done-0 | refused-[13]) ;;
	*) slow="exit $status, not $want" ;;
	esac
	[ "$kib" -le "$limit" ] || slow="more than $limit KiB"
	if [ -z "$slow" ] && [ ! -s why ]; then
		pass "$desc: $told"
	else
		fail "$desc: $told" "$slow
$(cat why err 2>/dev/null)"
	fi
}

bomb done dump deep 1400 'directories in each other'
bomb done dump wide 100000 'names in one directory'
bomb done dump reverse 100000 'names in reverse order'
bomb done dump random 100000 'names in random order'
bomb done dump breadth 40000 'directories first, in breadth'
bomb done dump links 200000 'hard links to one file'
bomb done dump targets 100000 'hard links to a file each'
bomb refused dump same 200000 'the same name again, in a directory that was looked into'
bomb refused dump same-first 200000 'the same name again, before somebody looks'
bomb done dump chain 100000 'a chain of hard links, backwards'
bomb refused dump cycle 100000 'a cycle of hard links'
bomb done dump aliases 100000 'hard links to a file of 300 xattrs'
bomb done dump values 100000 'different xattr values'
bomb done dump sets 400 'large sets of xattrs'
bomb done dump shared 500 'one set of 250 shared xattrs'
for hash in times31 times33 sum; do
	bomb done dump $hash-values 30000 "xattr values of one hash ($hash)"
	bomb done dump $hash-keys 30000 "xattr names of one hash ($hash)"
	bomb done dump $hash-names 30000 "names of one hash ($hash)"
	bomb done dump $hash-paths 30000 "backing paths of one hash ($hash)"
	bomb done json $hash-names 30000 "names of one hash ($hash)"
	bomb done json $hash-keys 30000 "keys of one hash ($hash)"
	bomb done tar $hash-names 30000 "names of one hash ($hash)"
done
bomb refused dump line 32 'a line of 32 MiB'
bomb refused dump blank 32 'nothing but NUL'
bomb done dump sizes 20000 'files of 2^53 bytes, numbers at their limits'
bomb done dump.gz wide 100000 'names, from gzip'
bomb refused dump.gz line 256 'a line of 256 MiB, from gzip'

bomb refused json nest 250000 'a path of directories'
bomb done json deep 200 'paths of 2048 directories'
bomb refused json nested 200000 'arrays in each other'
bomb done json reverse 500000 'names in reverse order'
bomb done json links 50000 'hard links to one file'
bomb done json chain 50000 'a chain of hard links, backwards'
bomb refused json cycle 50000 'a cycle of hard links'
bomb done json same 50000 'the same entry again'
bomb done json keys 250000 'keys of an unknown object'
bomb done json string 26215 'a long string that is skipped'
bomb done json number 26215 'a long number that is skipped'
bomb done json array 26215 'a long array that is skipped'
bomb refused json name 16 'a long name'
bomb refused json uid 16 'a long number'
bomb done json sizes 20000 'files of 2^52 bytes'
bomb refused json.gz blank 128 'nothing but blanks, from gzip'

bomb done stargz true-reverse 100000 'names in reverse order'
bomb done stargz true-deep 200 'paths of 2048 directories'
bomb refused stargz true-nest 250000 'a path of directories'
bomb refused stargz true-blank 40 'nothing but blanks'
bomb refused stargz size-blank 1 'a table of 2^60 bytes'
bomb refused stargz offset-blank 1 'an offset of 2^64 - 1'

bomb refused tar nest 250000 'a pax path of directories'
bomb refused tar nest-long 250000 'a GNU long name of directories'
bomb refused tar.gz nest 250000 'a pax path of directories, from gzip'
bomb done tar deep 200 'paths of 2048 directories'
bomb done tar reverse 50000 'names in reverse order'
bomb done tar links 50000 'hard links to one member'
bomb done tar chain 50000 'a chain of hard links, backwards'
bomb refused tar cycle 50000 'a cycle of hard links'
bomb done tar same 50000 'the same member again'
bomb done tar turns 30000 'a file that becomes a directory, and back'
bomb done tar pax 20 'extension headers of 1 MiB'
bomb done tar xattrs 20 'large xattrs of members that are replaced'
bomb refused tar line 16 'an extension header above 1 MiB'
bomb refused tar size 1 'a member of 2^40 bytes that are not there'
bomb done tar holes 200000 'a map of empty segments'
bomb done tar islands 3000 'blocks of data between holes of a TiB'
bomb done tar.gz big 64 'one large member, from gzip'

bomb done dir deep 1400 'directories in each other'
bomb done dir wide 20000 'names in one directory'

bomb done made deep 1400 'directories in each other'
bomb done made wide 100000 'names in one directory'
bomb done made aliases 20000 'names of one inode with 300 xattrs'
bomb done made shared 500 'inodes with the same 250 shared xattrs'
bomb done made sizes 10000 'files of 2^53 bytes'
bomb refused image blocks 4000 'directories that share their blocks'
bomb refused image xattrs 4000 'inodes that share their xattrs'
bomb refused image loop 4000 'directories in a ring'
bomb refused image counts 4 'counts at their limits'
bomb refused image size 4 'a directory of 2 GiB that is not there'

bomb done ostree deep 1000 'directories in each other'
bomb refused ostree deep 2500 'more than 2048 directories in each other'
bomb done ostree names 50000 'names in one directory'
bomb done ostree collide 30000 'names of one hash'
bomb refused ostree reverse 50000 'names in reverse order'
bomb refused ostree twins 30 '2^30 names of 30 objects'
bomb refused ostree line 16 'a long name'
bomb done ostree large 64 'a file of zeros'

if command -v zstd >/dev/null; then
	bomb done dump.zst reverse 100000 'names in reverse order, from zstd'
	bomb refused dump.zst line 256 'a line of 256 MiB, from zstd'
	bomb done tar.zst big 64 'one large member, from zstd'
	bomb done chunked true-reverse 100000 'names in reverse order'
	bomb done chunked true-deep 200 'paths of 2048 directories'
	bomb refused chunked true-nest 250000 'a path of directories'
	bomb refused chunked true-blank 80 'more than 150 MiB of blanks'
	bomb refused chunked short-blank 60 'more than the footer says'
	bomb refused chunked wrap-blank 1 'an offset that wraps'
	bomb refused chunked length-blank 1 'a length of 2^64 - 1'
	bomb refused chunked size-blank 1 'a table of 2^64 - 1 bytes'
else
	skip 'the same from zstd; zstd:chunked blobs' 'no zstd here'
fi
plan_done

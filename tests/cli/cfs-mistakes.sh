#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Typical mistakes of a new user: the exit status, and a message of one line that names the
# object, the cause and, where there is one, the remedy.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
mkdir tree objects mnt
head -c 3000 "$TOP/LICENSE" >tree/file
echo small >tree/small
"$CFS" mkfs -q --digest-store=objects tree image.cfs
"$CFS" dump image.cfs >dump.txt
tar cf layer.tar tree
gzip -c layer.tar >layer.tar.gz
echo text >notes.txt
head -c 1000 image.cfs >cut.cfs
gzip -c image.cfs >image.cfs.gz
digest=$("$CFS" info measure-file image.cfs)

# Each row: status, the command, the message, an extended regular expression without the
# name in front. "|" separates them.
while IFS='|' read -r status command message; do
	[ -n "$status" ] || continue
	# shellcheck disable=SC2086 # words
	"$CFS" $command >stdout 2>stderr </dev/null
	rc=$?
	if [ "$rc" != "$status" ]; then
		fail "cfs $command" "exit $rc, not $status: $(cat stderr)"
	elif [ "$(wc -l <stderr)" != 1 ] || ! grep -qE "^cfs( [a-z-]+)?: $message\$" stderr; then
		fail "cfs $command" "$(cat stderr)"
	else
		pass "cfs $command"
	fi
done <<END
2|mkfz tree image.cfs|mkfz: no such applet; did you mean mkfs\?
2|mkfs-composefs tree x|mkfs-composefs: no such applet; did you mean mkfs\.composefs\?
2|list|list: no such applet
2|--lists|--lists: no such option; did you mean --list\? \(--help shows them\)
2|--completion tcsh|--completion: bash, zsh or fish expected
2|mkfs|an operand is missing; usage: cfs mkfs \[OPTION\.\.\.\] SOURCE IMAGE \(--help shows more\)
2|mkfs tree|IMAGE: missing; only --print-digest-only and --print-dump need none
2|mkfs tree a.cfs b.cfs|b\.cfs: unexpected operand
2|mkfs --digest-stor=objects tree x|--digest-stor: no such option; did you mean --digest-store\? \(--help shows them\)
2|mkfs --digest-store= tree x|--digest-store: the value is empty: give DIR
2|mkfs tree x --digest-store|--digest-store: needs a value: DIR
2|mkfs --threads=many tree x|--threads: "many" is not a decimal number
2|mkfs --min-version=2 tree x|--min-version: 2 is not in the range 0 to 1
2|mkfs --from-file=dump.txt x|--from-file: takes no value
2|mkfs --version=1 tree x|--version: takes no value; --min-version sets the format version
1|mkfs layer.tar x|layer\.tar: not a directory; to read a tar archive use --from-tar
1|mkfs layer.tar.gz x|layer\.tar\.gz: not a directory; to read a tar archive use --from-tar
1|mkfs dump.txt x|dump\.txt: not a directory; to read a dump use --from-file
1|mkfs image.cfs tree|image\.cfs: not a directory but an image; are SOURCE and IMAGE swapped\?
1|mkfs notes.txt x|notes\.txt: not a directory
1|mkfs tre x|tre: .*No such file or directory
1|mkfs tree missing/x|missing/x: .*No such file or directory
1|mkfs --from-file layer.tar x|layer\.tar: not a dump; to read a tar archive use --from-tar
1|mkfs --from-file image.cfs x|image\.cfs: not a dump but an image; cfs dump prints it as one
1|mkfs --from-file tree x|tree: is a directory; to read it leave out --from-file
1|mkfs --from-tar tree x|tree: is a directory; to read it leave out --from-tar
1|mkfs --from-tar dump.txt x|dump\.txt: .*
1|mkfs --from-tar layer.tar layer.tar.gz|layer\.tar\.gz: exists and is neither empty nor a composefs image.*
1|dump layer.tar|layer\.tar: .*not a composefs image.*
1|dump cut.cfs|cut\.cfs: truncated: needs [0-9]+ bytes, has 1000
1|dump tree|tree: .*directory.*
2|info image.cfs|image\.cfs: no such sub-command.*
2|info lss image.cfs|lss: no such sub-command; did you mean ls\? \(--help shows them\)
2|info missing-objects image.cfs|--basedir: is needed for missing-objects
1|info cat image.cfs nothing|image\.cfs: .*nothing.*
1|info ls missing.cfs|missing\.cfs: .*No such file or directory
2|verify|.*
2|verify --digest=abc image.cfs|--digest: .*
1|mount image.cfs|usage: .*DIRECTORY is missing
1|mount -f nodir.cfs|usage: .*DIRECTORY is missing
1|mount -f -o basdir=objects image.cfs mnt|basdir: unknown option; did you mean basedir\?
1|mount -f -o compress=zstd image.cfs mnt|compress: unknown option; see cfs mount --help
1|mount -f -o basedir= image.cfs mnt|basedir: empty name in list
1|mount -f -o basedir image.cfs mnt|basedir: empty name in list
1|mount -f -o verity=1 image.cfs mnt|verity: takes no value
1|mount -f -o verity_check=3 image.cfs mnt|verity_check: 0, 1 or 2 expected
1|mount -f -o digest=abc image.cfs mnt|digest: 64 or 128 hex digits expected
1|mount -f -o backend=kernel image.cfs mnt|backend: auto, kmod, erofs, fuse, fuse-plain or fuse-overlay expected
1|mount -f -o upperdir=mnt image.cfs mnt|upperdir: needs workdir
1|mount -f -t erofs image.cfs mnt|-t erofs: unsupported file system type
1|mount -f image.cfs mnt|basedir: not given, but image\.cfs refers to objects \(first: /file\)
32|mount -f -o basedir=object image.cfs mnt|basedir object: No such file or directory
32|mount -f -o basedir=dump.txt image.cfs mnt|basedir dump\.txt: not a directory
32|mount -f -o basedir=objects mising.cfs mnt|mising\.cfs: No such file or directory
32|mount -f -o basedir=objects image.cfs mount|mount: mount point: No such file or directory; create the directory first
32|mount -f -o basedir=objects image.cfs dump.txt|dump\.txt: mount point: not a directory
32|mount -f -o basedir=objects mnt image.cfs|image\.cfs: mount point: not a directory; are IMAGE and DIRECTORY swapped\?
32|mount -f -o basedir=objects tree mnt|tree: is a directory, not an image; cfs mkfs makes an image of it
32|mount -f -o basedir=objects layer.tar mnt|layer\.tar: not a composefs image \(no EROFS superblock\); cfs mkfs makes one
32|mount -f -o basedir=objects image.cfs.gz mnt|image\.cfs\.gz: compressed with gzip: decompress it first \(gzip -d\)
32|mount -f -o basedir=objects cut.cfs mnt|cut\.cfs: truncated: needs [0-9]+ bytes, has 1000
1|setup-root --sysroot=tree --cmdline=composefs=abc now|now: unexpected operand; usage: cfs setup-root \[OPTION\.\.\.\] \(--help shows more\)
32|setup-root --sysroot=tree --cmdline=composefs=abc|composefs=abc: not understood: 64 or 128 hex digits expected
32|setup-root --sysroot=nowhere --cmdline=composefs=$digest|nowhere: No such file or directory
32|setup-root --sysroot=tree --cmdline=composefs=$digest|tree/composefs/images: the image of the kernel command line is not here: $digest
1|mount --verbos image.cfs mnt|--verbos: no such option; did you mean --verbose\? \(--help shows them\)
END
exits 'a wrong digest' 3 "$CFS" verify --digest="$(echo "$digest" | tr 0-9a-f f0-9a-e)" image.cfs
plan_done

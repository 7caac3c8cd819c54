#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests 1, 2, 18 of mount.md 21: option lists, messages and exit statuses, the
# number of system calls. MO-1, MO-3. Nothing is mounted.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
need_root
make_fixture
mark
cd "$tmp" || exit 1
d=$digest
mkdir small
echo hi >small/f
"$CFS" mkfs small small.img
cp small.img none.img

m()
{
	"$CFS" mount "$@"
}

# option DESC TEXT LIST - a wrong list: exit 1 with that text, before the image
# is even looked for.
option()
{
	refused "$1" 1 "cfs mount: $2" m -o "$3" nowhere nothing
}

# ---- wrong invocations ----------------------------------------------------
refused 'no operands' 1 'cfs mount: usage: ' m
refused 'IMAGE is named' 1 'IMAGE is missing' m
refused 'DIRECTORY is named' 1 'DIRECTORY is missing' m img
refused 'three operands' 1 'more: unexpected operand' m img mnt more
refused 'unknown letter' 1 '-x: no such option' m -x img mnt
refused 'another type' 1 '-t erofs: unsupported file system type' m -t erofs img mnt
option 'unknown option' 'nosuchopt: unknown option; see cfs mount --help' nosuchopt
option 'unknown option with a value' 'nosuch: unknown option' ro,nosuch=1
option 'value that is not taken' 'ro: takes no value' ro=1
option 'value that is not taken, verity' 'verity: takes no value' verity=1
option 'value missing' 'upperdir: needs a value' upperdir
option 'value empty' 'upperdir: empty value' upperdir=,workdir=x
option 'basedir empty' 'basedir: empty name in list' basedir=
option 'basedir without value' 'basedir: empty name in list' basedir
option 'empty piece' 'basedir: empty name in list' basedir=a::b
option 'trailing colon' 'basedir: empty name in list' basedir=a:
option 'leading colon' 'basedir: empty name in list' basedir=:a
option 'empty quotes' 'basedir: empty name in list' 'basedir=""'
option 'quote left open' 'basedir: a quote is left open' 'basedir="a,ro'
option 'bad escape' 'basedir: a backslash stands' 'basedir=a\x'
option 'backslash at the end' 'basedir: a backslash stands' 'basedir=a\'
option 'octal NUL' 'basedir: a backslash stands' 'basedir=a\000'
option 'octal in quotes' 'basedir: a backslash stands' 'basedir="a\054"'
list=$(seq -s: 1 65)
option '65 basedirs' 'basedir: 65 directories given, at most 64' "basedir=$list"
option 'bad level' 'verity_check: 0, 1 or 2 expected' verity_check=3
option 'level with more digits' 'verity_check: 0, 1 or 2 expected' verity_check=01
option 'empty level' 'verity_check: 0, 1 or 2 expected' verity_check=
option 'bad back end' 'backend: auto, kmod, erofs, fuse, fuse-plain or fuse-overlay expected' backend=zfs
option 'bad digest' 'digest: 64 or 128 hex digits expected' digest=12
option 'empty digest' 'digest: 64 or 128 hex digits expected' digest=
option 'digest without value' 'digest: 64 or 128 hex digits expected' digest
option 'digest too long' 'digest: 64 or 128 hex digits expected' "digest=${d}0"
option 'digest too short' 'digest: 64 or 128 hex digits expected' "digest=${d%?}"
option 'digest not hex' 'digest: 64 or 128 hex digits expected' "digest=${d%?}g"
option 'SHA-512 without enough digits' 'digest: sha512: 128 hex digits expected' "digest=sha512:$d"
option 'a good digest in front of a bad one' 'digest: 64 or 128 hex digits expected' "digest=$d,digest="
option 'upper without work' 'upperdir: needs workdir' upperdir=x
option 'work without upper' 'workdir: needs upperdir' workdir=x
option 'volatile alone' 'volatile: needs upperdir' volatile

# ---- right ones -----------------------------------------------------------
dry()
{
	ok "$1" m -f -o "$2" img mnt
}

mkdir 'a,b' 'c:d' 'e"f' 'g\h' 'i j' 'k
l'
cp -a obj 'a,b/o'
dry 'quoted comma' 'basedir="a,b",ro'
dry 'quote inside' 'basedir=a","b,ro'
dry 'escaped comma' 'basedir=a\,b,ro'
dry 'octal comma' 'basedir=a\054b,ro'
dry 'quoted colon' 'basedir="c:d"'
dry 'escaped colon' 'basedir=c\:d'
dry 'octal colon' 'basedir=c\072d'
dry 'quote and colon' 'basedir="a,b":"c:d"'
dry 'escaped quote' 'basedir=e\"f'
dry 'quote in quotes' 'basedir="e\"f"'
dry 'backslash' 'basedir=g\\h'
dry 'backslash in quotes' 'basedir="g\\h"'
dry 'octal backslash' 'basedir=g\134h'
dry 'space' 'basedir=i j'
dry 'octal space' 'basedir=i\040j'
dry 'newline' 'basedir=k
l'
dry 'the last basedir wins' basedir=nowhere,basedir=obj
dry 'the last level wins' basedir=obj,verity_check=2,verity_check=0
dry 'what mount programs pass on' 'rw,nofail,_netdev,user,users,noauto,auto,owner,group,comment=a b,x-a=1,X-b,ro,basedir=obj'
dry 'flags' basedir=obj,nosuid,nodev,noexec,noatime,nodiratime,relatime,strictatime,nosymfollow,suid,dev,exec,atime,diratime,symfollow,defaults
dry 'empty pieces between commas' ,basedir=obj,,ro,
dry 'an upper case digest' "basedir=obj,noverity,digest=$(echo "$d" | tr a-f A-F)"
dry 'sha256:' "basedir=obj,noverity,digest=sha256:$d"
dry 'v1-sha256-12:' "basedir=obj,noverity,digest=v1-sha256-12:$d"
refused 'one prefix only' 1 'hex digits expected' m -o "digest=sha256:v1-sha256-12:$d" img mnt
ok 'operands first' m img mnt -f -o basedir=obj
ok 'several lists' m -f -o ro -o basedir=nowhere -o basedir=obj,ro img mnt
ok '-s drops what is unknown' m -fs -o basedir=obj,nosuchopt,other=1 img mnt
refused '-s does not drop what is wrong' 1 'digest: 64 or 128 hex' m -fs -o digest=,basedir=obj img mnt
ok 'all letters' m -fnrsv -t composefs -o basedir=obj img mnt
ok 'a sub-type' m -f -t composefs.x -o basedir=obj img mnt
ok '--' m -f -o basedir=obj -- img mnt
ok 'help' m --help
ln -s "$CFS" mount.composefs
ok 'the other name' ./mount.composefs img mnt -f -o rw,basedir=obj
ok 'the other name: surplus operands' ./mount.composefs -f -o basedir=obj img mnt more
ok 'the other name: verity=1' ./mount.composefs -f -o basedir=obj,noverity=1,ro=1,verity_check=0 img mnt
cp -a obj 'o"bj'
ok 'the other name: a quote in a name' ./mount.composefs -f -o 'basedir=o"bj' img mnt
refused 'the usual name: a quote left open' 1 'basedir: a quote is left open' m -f -o 'basedir=o"bj' img mnt
dry 'what only a writable file system needs' \
	basedir=obj,sync,async,dirsync,lazytime,nolazytime,silent,loud,iversion,noiversion,mand,nomand
exits 'nofail and no image' 0 m -o basedir=obj,nofail none mnt
is 'nofail and no image: not a word' "$(cat stdout stderr)" ''
refused 'no image without nofail' 32 'none: No such file' m -o basedir=obj none mnt
refused 'nofail and no basedir' 32 'basedir none: No such file' m -f -o basedir=none,nofail img mnt
refused 'nofail and no target' 32 'none: mount point: No such file' m -f -o basedir=obj,nofail none none
refused 'nofail and a directory' 32 'is a directory, not an image' m -f -o basedir=obj,nofail tree mnt
refused 'messages have that name' 1 'mount.composefs: x: unknown option; see mount.composefs --help' \
	./mount.composefs img mnt -f -o x
exits '-fv is a dry run' 0 m -fv -o basedir=obj img mnt
ok 'which says the back end' grep -q 'back end: ' "$tmp/stderr"
exits 'without -v nothing is said' 0 m -f -o basedir=obj img mnt
is 'nothing at all' "$(cat stdout stderr)" ''

# ---- levels (mount 7), whatever the order ---------------------------------
# A store without fs-verity: level 2 and 1 are refused, 0 is not. The object that
# is looked at is that of the first file, directory by directory.
first=$("$CFS" dump img | awk '$1 == "/dir/again" { print $9 }')
level()
{
	if [ "$2" = 0 ]; then
		ok "$1" m -f -o "basedir=obj,$3" img mnt
	else
		refused "$1" 32 "cfs mount: basedir obj: objects have no fs-verity (first: $first); enable it, or use noverity" \
			m -f -o "basedir=obj,$3" img mnt
	fi
}
fsverity enable --hash-alg=sha256 img 2>/dev/null && verity=1
if [ -n "${verity:-}" ]; then
	skip 'levels' 'this file system has fs-verity'
else
	level 'default' 0 ro
	level 'verity' 2 verity
	level 'verity_check=1' 2 verity_check=1
	level 'verity, noverity' 0 verity,noverity
	level 'noverity, verity' 2 noverity,verity
	level 'verity_check beats noverity' 2 verity_check=2,noverity
	level 'verity_check=0 beats verity' 0 verity_check=0,verity
	level 'digest' 2 "digest=$d"
	level 'digest, noverity' 0 "digest=$d,noverity"
	level 'noverity, digest' 0 "noverity,digest=$d"
	level 'digest beats tryverity' 2 "tryverity,digest=$d"
	# The kernel can check: then verification is required, as upstream's helper has it.
	level 'tryverity' 2 tryverity
	level 'tryverity, noverity' 0 tryverity,noverity
fi
exits 'a level below 2 with a digest' 0 m -f -o "basedir=obj,digest=$d,noverity" img mnt
is 'is a warning' "$(cat stderr)" \
	'cfs mount: verity_check=0: file contents are not verified, only the image is'

# ---- sources and targets --------------------------------------------------
mkfifo fifo
: >empty
head -c 100 /dev/zero >zeros
refused 'target missing' 32 'cfs mount: none: mount point: No such file or directory' m -f -o basedir=obj img none
refused 'target is a file' 32 'cfs mount: img: mount point: not a directory' m -f -o basedir=obj img img
refused 'image missing' 32 'cfs mount: none: No such file or directory' m -f -o basedir=obj none mnt
refused 'image is a directory' 32 'cfs mount: tree: is a directory, not an image' m -f -o basedir=obj tree mnt
refused 'image is a FIFO' 32 'cfs mount: fifo: is a FIFO, not an image' m -f -o basedir=obj fifo mnt
refused 'image is a character device' 32 '/dev/null: is a character device' m -f -o basedir=obj /dev/null mnt
refused 'fd that is not open' 32 'cfs mount: fd:77: Bad file descriptor' m -f -o basedir=obj fd:77 mnt
refused 'fd that is no number' 1 'cfs mount: fd:x: not the number' m -f -o basedir=obj fd:x mnt
write_only()
{
	"$CFS" mount -f -o basedir=obj fd:5 mnt 5>>img
}
echo key >key
refused 'a statement is judged for a target fd:N, too' 32 'nosuch.signed: No such file or directory' \
	m -o backend=fuse,basedir=obj,key=key,signature=nosuch.signed img fd:9
refused 'fd that cannot be read' 32 'cfs mount: fd:5: not open for reading' write_only
cp img ./-
ok './- is a file' m -f -o basedir=obj ./- mnt
refused 'empty file' 32 'cfs mount: empty: not a composefs image (no EROFS superblock)' m -f -o basedir=obj empty mnt
refused 'zeros' 32 'zeros: not a composefs image (no EROFS superblock)' m -f -o basedir=obj zeros mnt

# patched OFFSET HEXBYTES - img with other bytes at an offset.
patched()
{
	cp img patched
	printf "$2" | dd of=patched bs=1 seek="$1" conv=notrunc status=none
}
patched 0 '\0'
refused 'no composefs header' 32 'patched: not a composefs image (EROFS without composefs header)' \
	m -f -o basedir=obj patched mnt
patched 1024 '\0'
refused 'no EROFS superblock' 32 'patched: not a composefs image (no EROFS superblock)' m -f -o basedir=obj patched mnt
patched 1104 '\200'
refused 'newer format' 32 'patched: uses EROFS feature 0x80, unknown to this program' m -f -o basedir=obj patched mnt
patched 1036 '\011'
refused 'block size' 32 'patched: damaged: block size other than 4096 (at byte 1036)' m -f -o basedir=obj patched mnt
patched 1038 '\377\377'
refused 'root elsewhere' 32 'patched: damaged: ' m -f -o basedir=obj patched mnt
size=$(stat -c %s img)
head -c 8192 img >cut
refused 'truncated' 32 "cut: truncated: needs $size bytes, has 8192" m -f -o basedir=obj cut mnt

head -c 1100 img >cut
refused 'truncated in the superblock' 32 'cut: truncated: needs 1152 bytes, has 1100' m -f -o basedir=obj cut mnt
printf '\50\265\57\375 and more' >img.zst
refused 'an image that is compressed' 32 \
	'img.zst: compressed with zstd: decompress it first (zstd -d)' m -f -o basedir=obj img.zst mnt
gzip -c img >img.gz
refused 'compressed with gzip' 32 'img.gz: compressed with gzip: decompress it first (gzip -d)' \
	m -f -o basedir=obj img.gz mnt

# ---- basedirs -------------------------------------------------------------
refused 'no basedir' 1 'basedir: not given, but img refers to objects (first: /' m -f img mnt
refused 'basedir missing' 32 'cfs mount: basedir nowhere: No such file or directory' m -f -o basedir=nowhere img mnt
refused 'basedir is a file' 32 'cfs mount: basedir img: not a directory' m -f -o basedir=img img mnt
mkdir empty.dir
exits 'a basedir without the objects' 0 m -f -o basedir=empty.dir img mnt
is 'is a warning at level 0' "$(cat stderr)" \
	"cfs mount: basedir empty.dir: has none of the first objects of img (first: $first of /dir/again), so their files will not open: check that it is the right directory"
exits 'a second basedir with the objects' 0 m -f -o basedir=empty.dir:obj img mnt
is 'is none' "$(cat stderr)" ''
exits 'an image without objects' 0 m -f -o basedir=empty.dir none.img mnt
is 'is none either' "$(cat stderr)" ''
mkdir -p obj/in/side
refused 'nested' 32 'cfs mount: basedir obj/in/side: lies inside basedir obj' m -f -o basedir=obj:obj/in/side img mnt
refused 'nested, the other way' 32 'cfs mount: basedir obj/in/side: lies inside basedir obj' \
	m -f -o basedir=obj/in/side:obj img mnt
rmdir obj/in/side obj/in
ok 'twice is once' m -f -o "basedir=obj:./obj:$tmp/obj" img mnt
ok 'an image without objects needs none' m -f small.img mnt

# ---- digests, back ends, idmap, upper -------------------------------------
other=$(echo "$d" | tr 0-9a-f f0-9a-e)
refused 'wrong digest' 32 "img: wrong digest: want $other, is $d" m -f -o "basedir=obj,digest=$other" img mnt
truncate -s 300M large
head -c 4096 img | dd of=large conv=notrunc status=none
refused 'too large to copy' 32 \
	'large: no fs-verity and too large to copy to memory (300 MiB, at most 256): enable fs-verity on it' \
	m -f -o "basedir=obj,digest=$d" large mnt
if "$CFS" mount -f -o basedir=obj,backend=fuse img mnt 2>/dev/null; then
	skip 'a back end that was not built' 'fuse is in this build'
else
	refused 'a back end that was not built' 32 'cfs mount: fuse: not in this build' \
		m -f -o basedir=obj,backend=fuse img mnt
fi
if grep -qw composefs /proc/filesystems || modprobe -n composefs 2>/dev/null; then
	skip 'kmod' 'the module is here'
else
	refused 'kmod' 32 'kmod: composefs: not in this kernel; load composefs.ko' m -f -o basedir=obj,backend=kmod img mnt
	refused 'native' 32 'kmod: composefs: not in this kernel' m -f -o basedir=obj,backend=native img mnt
fi
ok 'overlay' m -f -o basedir=obj,backend=overlay img mnt
refused 'idmap missing' 32 'idmap nowhere: No such file or directory' m -f -o basedir=obj,idmap=nowhere img mnt
refused 'idmap is no namespace' 32 'idmap img: not a user namespace' m -f -o basedir=obj,idmap=img img mnt
refused 'another namespace' 32 'idmap /proc/self/ns/mnt: not a user namespace' \
	m -f -o basedir=obj,idmap=/proc/self/ns/mnt img mnt
[ "$(stat -L -c %i /proc/self/ns/user)" != 4026531837 ] ||
	refused 'the initial one' 32 'idmap /proc/self/ns/user: the initial namespace cannot be used' \
		m -f -o basedir=obj,idmap=/proc/self/ns/user img mnt
refused '-N of what is none' 32 '-N img: not a mount namespace' m -f -N img -o basedir=obj img mnt
clean 'after all refusals'

# ---- system calls before the first of the mount interface (16.4) ----------
if traced; then
	strace -o trace "$CFS" mount -f -o basedir=obj small.img mnt
	count=$(awk '/^execve\(/ { n = 0; next } /^(fsopen|open_tree|mount)\(/ { print n; exit } { n++ }' trace)
	ok "at most 28 system calls before fsopen ($count)" test "$count" -le 28
	is '-f mounts nothing' "$(grep -cE '^(fsmount|move_mount|mount)\(' trace)" 0
	strace -o trace "$CFS" mount -o nosuch img mnt 2>/dev/null
	is 'a wrong list opens nothing' "$(grep -cE '^open' trace)" 0
else
	skip 'system calls' 'no strace here, or a sanitizer'
fi
ok 'the program is at most 640 KiB' test "$(stat -c %s "$TOP/cfs")" -le 655360
if command -v zstd >/dev/null && command -v cpio >/dev/null && [ -f "$TOP/cfs" ]; then
	cp "$TOP/cfs" cfs
	size=$(echo cfs | cpio -o -H newc 2>/dev/null | zstd -19 -q | wc -c)
	ok "and at most 320 KiB in an initramfs ($size)" test "$size" -le 327680
else
	skip 'weight in an initramfs' 'no zstd or cpio here'
fi

plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Where an image may go: links, fifos, devices, files that cannot be replaced
# (command line 3 "Files"; WI-1, WI-8, WI-9). What is written in place is
# complete before its first byte is written.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
mkdir tree
echo small >tree/small
head -c 100000 "$CFS" >tree/large
touch -h -d @1000000000 tree/* tree
"$CFS" mkfs tree want || exit 1
"$CFS" mkfs --print-dump tree >dump
mkdir other
"$CFS" mkfs other old || exit 1
echo '/ 0 4075' >bad

# made DESC OUTPUT [STDERR] - exit 0, that on stderr, and the right image behind the name.
made()
{
	exits "$1" 0 "$CFS" mkfs tree "$2"
	is "$1: what it says" "$(cat stderr)" "${3:-}"
	ok "$1: the image" cmp "$2" want
}
# refused DESC OUTPUT MESSAGE - exit 1 and that message.
refused()
{
	exits "$1" 1 timeout 10 "$CFS" mkfs tree "$2"
	is "$1: the message" "$(cat stderr)" "cfs mkfs: $2: $3"
}
nothing_left()
{
	is "$1: nothing is left" "$(find . -name '.cfs-tmp*')" ''
}

# ---- modes: a new image follows the umask, as upstream's does
for mask in 022 002 077 0 027; do
	rm -f new
	(umask $mask && "$CFS" mkfs tree new && : >reference)
	is "umask $mask: the mode of a new image" "$(stat -c %a new)" "$(stat -c %a reference)"
	rm reference
done
chmod 640 new
(umask 0 && "$CFS" mkfs tree new)
is 'a replaced image keeps its mode' "$(stat -c %a new)" 640
(umask 077 && "$CFS" mkfs --digest-store=store tree new)
is 'the modes of a store do not follow the umask' "$(find store -mindepth 1 -printf '%y%m\n' | sort -u | tr '\n' ' ')" 'd755 f644 '

# ---- what is not replaced unless --force
echo precious >file
for from in 'tree' '--from-file dump' '--from-tar tar'; do
	[ "$from" != '--from-tar tar' ] || tar -cf tar tree
	# shellcheck disable=SC2086 # a list
	exits "a file that is no image, $from" 1 "$CFS" mkfs $from file
	is "the message, $from" "$(cat stderr)" \
		'cfs mkfs: file: exists and is neither empty nor a composefs image: use --force to replace it'
	is "the file is there, $from" "$(cat file)" precious
done
head -c 2000 want >cut
refused 'a part of an image is replaced' nowhere/cut 'open of its directory: No such file or directory'
exits 'the start of an image' 0 "$CFS" mkfs tree cut
: >empty
made 'an empty file' empty
ln -s file guarded
exits 'behind a link' 1 "$CFS" mkfs tree guarded
is 'behind a link: it is there' "$(cat file)" precious
exits '--force' 0 "$CFS" mkfs --force tree file
ok '--force: the image' cmp file want
for name in mkcomposefs mkfs.composefs; do
	ln -sf "$CFS" $name
	echo precious >file
	exits "$name replaces it, as upstream does" 0 ./$name tree file
	ok "$name: the image" cmp file want
done

# ---- an image in its own source, and the line at the end
mkdir -p own/sub
exits 'an image in its source' 0 "$CFS" mkfs own own/sub/image
is 'is told what it does to the digest' "$(cat stderr)" 'cfs mkfs: own/sub/image: is written into its own source own: this changes the mtime of its directory, so the next image will have another digest'
exits 'not with --use-epoch' 0 "$CFS" mkfs --use-epoch own own/sub/image
is 'where the mtime does not count' "$(grep -c 'another digest' stderr)" 0
exits 'beside the source' 0 "$CFS" mkfs own/sub own/image
is 'nothing is said' "$(cat stderr)" ''
if has_terminal; then
	# terminal COMMAND... - what it writes to a terminal.
	terminal()
	{
		script -qec "$*" /dev/null </dev/null | tr -d '\r'
	}
	line=$(terminal "$CFS" mkfs --digest-store=objects tree new)
	is 'a terminal gets a summary' "$(echo "$line" | sed 's/[0-9]*\.[0-9] s/T s/')" \
		"cfs mkfs: new: 3 names, 97 KiB, 1 new object, 0 found, T s, digest $("$CFS" info measure-file new)"
	line=$(terminal "$CFS" mkfs --digest-store=objects tree new)
	is 'objects that were there' "$(echo "$line" | sed 's/.*KiB, //; s/, [0-9.]* s.*//')" '0 new objects, 1 found'
	is 'none with -q' "$(terminal "$CFS" mkfs -q tree new)" ''
	is 'none by the name mkcomposefs' "$(terminal ./mkcomposefs tree new)" ''
	is 'none without an image' "$(terminal "$CFS" mkfs --print-digest-only tree)" "$("$CFS" info measure-file new)"
	is 'of a dump, too' "$(terminal "$CFS" mkfs --from-file dump new | sed 's/, [0-9.]* s.*//')" \
		'cfs mkfs: new: 3 names, 97 KiB'
else
	skip 'the summary' 'no script(1), or no pseudo-terminal'
fi

# ---- symbolic links
mkdir dir
cp old dir/target
chmod 600 dir/target
ln -s dir/target link
inode=$(stat -c %i dir/target)
made 'a link' link
is 'a link: it stays one' "$(readlink link)" dir/target
is 'a link: the target is replaced' "$([ "$(stat -c %i dir/target)" != "$inode" ] && stat -c %a dir/target)" 600
ln -s ../link dir/again
made 'a link to a link' dir/again
ln -s "$tmp/dir/new" absolute
made 'a link to nothing yet' absolute
is 'a link to nothing yet: a file now' "$(stat -c %F dir/new)" 'regular file'
ln -s dir dirlink
made 'a link on the way' dirlink/through
cp old dir/target
exits 'a link: bad input' 1 "$CFS" mkfs --from-file bad link
ok 'a link: the older image survives' cmp dir/target old
ln -s loop2 loop1
ln -s loop1 loop2
refused 'a loop' loop1 'too many levels of symbolic links'
ln -s dir to-dir
refused 'a link to a directory' to-dir 'is a directory'
ln -s none/x to-none
refused 'a link into nowhere' to-none 'open of its directory: No such file or directory'
ln -s /dev/stdout to-stdout
"$CFS" mkfs tree to-stdout >got
ok 'a link to stdout' cmp got want
ln -s /proc/self/fd/7 to-seven
"$CFS" mkfs tree to-seven 7>got
ok 'a link to a descriptor' cmp got want
is 'the digest goes to stderr then' "$("$CFS" mkfs --print-digest tree to-stdout 2>&1 >got)" "$("$CFS" info measure-file want)"
nothing_left links

# ---- what another user may have planted
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	mkdir sticky
	chmod 1777 sticky
	chmod 755 "$tmp"
	cp old victim
	ln -s "$tmp/victim" sticky/link
	chown -h 65534 sticky/link
	refused 'a link of another user in a sticky directory' sticky/link \
		'symbolic link of another user in a sticky directory that everybody may write to'
	ok 'its target is as it was' cmp victim old
	mkfifo sticky/fifo
	chown 65534 sticky/fifo
	refused 'a fifo of another user there' sticky/fifo \
		'fifo of another user in a sticky directory that everybody may write to'
	ln -s "$tmp/victim" sticky/mine
	made 'a link of our own there' sticky/mine
	chown 65534 sticky
	made 'a link of the owner of the directory' sticky/link

	# ---- a writable file in a directory that is not writable
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	mkdir closed
	cp old closed/image
	chown 65534 closed/image
	inode=$(stat -c %i closed/image)
	exits 'a file in a directory that is not writable' 0 $as "$CFS" mkfs tree closed/image
	is 'is written in place' "$(cat stderr) $(stat -c %i closed/image)" \
		"cfs mkfs: closed/image: written in place, which is not atomic: its directory is not writable $inode"
	ok 'and is right' cmp closed/image want
	head -c 1000000 /dev/urandom >closed/image
	exits 'a longer one' 0 $as "$CFS" mkfs --force -q tree closed/image
	ok 'is cut' cmp closed/image want
	is 'without a word with -q' "$(cat stderr)" ''
	cp old closed/image
	exits 'bad input' 1 $as "$CFS" mkfs --from-file bad closed/image
	ok 'changes nothing' cmp closed/image old
	exits 'a new file there' 1 $as "$CFS" mkfs tree closed/new
	is 'is refused' "$(cat stderr)" 'cfs mkfs: closed/new: open of a new file: Permission denied'
	chmod 444 closed/image
	exits 'a file that is not writable either' 1 $as "$CFS" mkfs tree closed/image
	is 'is refused, too' "$(cat stderr)" 'cfs mkfs: closed/image: open for writing: Permission denied'
	chmod 644 closed/image
	chmod 711 closed
	exits 'a directory that is not readable either' 0 $as "$CFS" mkfs -q tree closed/image
	ok 'the image there' cmp closed/image want
	mkdir dropbox
	chmod 733 dropbox
	exits 'a directory that is writable, not readable' 0 $as "$CFS" mkfs tree dropbox/new
	ok 'the new image there' cmp dropbox/new want
else
	skip 'what another user may have planted' 'needs root and setpriv'
	skip 'a directory that is not writable' 'needs root and setpriv'
fi

# ---- fifos and character devices
mkfifo fifo
timeout 10 cat fifo >got &
exits 'a fifo' 0 timeout 10 "$CFS" mkfs tree fifo
wait $!
ok 'a fifo: the image' cmp got want
timeout 10 cat fifo >got &
exits 'a fifo: bad input' 1 timeout 10 "$CFS" mkfs --from-file bad fifo
wait $!
is 'a fifo: nothing comes out' "$(wc -c <got)" 0
exits '/dev/null' 0 "$CFS" mkfs tree /dev/null
ok '/dev/null is what it was' test -c /dev/null
if [ -w /dev/full ]; then
	refused '/dev/full' /dev/full 'write: No space left on device'
else
	skip '/dev/full' 'it is not here'
fi
if perl -MSocket -e 1 2>/dev/null; then
	perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("socket")) or die'
	refused 'a socket' socket 'is a socket'
else
	skip 'a socket' 'no perl'
fi
refused 'a directory' dir 'is a directory'

# ---- mount points and block devices
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	cp old bound
	cp old mounted
	inode=$(stat -c %i bound)
	cat >inside <<-'END'
		mount --bind bound mounted || exit 99
		"$CFS" mkfs tree mounted
	END
	exits 'a file that is a mount point' 0 env CFS="$CFS" unshare -m --propagation private sh inside
	is 'is written in place, too' "$(cat stderr)" \
		'cfs mkfs: mounted: written in place, which is not atomic: it is a mount point'
	ok 'through the mount' cmp bound want
	ok 'not below it' cmp mounted old
	is 'the same file' "$(stat -c %i bound)" "$inode"
	nothing_left 'a mount point'
else
	skip 'a file that is a mount point' 'needs root and a mount namespace'
fi
loop=
if [ "$(id -u)" = 0 ] && command -v losetup >/dev/null; then
	size=$(wc -c <want)
	truncate -s 1m disk
	loop=$(losetup -f --show disk 2>/dev/null)
fi
if [ -n "$loop" ]; then
	trap 'losetup -d "$loop" 2>/dev/null; rm -rf --one-file-system "$tmp"' EXIT
	exits 'a block device' 0 "$CFS" mkfs tree "$loop"
	is 'a block device: what it says' "$(cat stderr)" ''
	ok 'a block device: the image' cmp -n "$size" disk want
	exits 'a block device: bad input' 1 "$CFS" mkfs --from-file bad "$loop"
	ok 'a block device: is as it was' cmp -n "$size" disk want
	if command -v mke2fs >/dev/null && truncate -s 8m disk2 && mke2fs -q -F disk2 && loop2=$(losetup -f --show disk2); then
		cat >inside <<-'END'
			mkdir -p mnt && mount "$loop2" mnt || exit 99
			timeout 10 "$CFS" mkcomposefs tree "$loop2"
		END
		exits 'a block device that is mounted' 1 env CFS="$CFS" loop2="$loop2" unshare -m --propagation private sh inside
		is 'is refused' "$(cat stderr)" "cfs mkcomposefs: $loop2: block device is in use: mounted, or held by another program"
		losetup -d "$loop2"
	else
		skip 'a block device that is mounted' 'no mke2fs, or no second loop device'
	fi
	exits 'a block device that still holds an image' 0 "$CFS" mkfs tree "$loop"
	truncate -s 1m disk3
	echo something | dd of=disk3 bs=1 seek=500000 conv=notrunc status=none
	loop3=$(losetup -f --show disk3)
	refused 'a block device with something else' "$loop3" \
		'block device holds something other than a composefs image: use --force to overwrite it'
	exits 'with --force' 0 "$CFS" mkfs --force tree "$loop3"
	ok 'with --force: the image' cmp -n "$size" disk3 want
	losetup -d "$loop3"
	losetup -d "$loop"
	truncate -s 4096 small
	loop=$(losetup -f --show small)
	refused 'a block device that is too small' "$loop" \
		"block device is too small: the image has $size bytes, the device 4096"
	ok 'nothing was written to it' cmp -n 4096 small /dev/zero
	losetup -d "$loop"
	loop=$(losetup -r -f --show disk)
	refused 'a read-only block device' "$loop" 'block device is read-only'
	losetup -d "$loop"
else
	skip 'block devices' 'no loop devices here'
fi
plan_done

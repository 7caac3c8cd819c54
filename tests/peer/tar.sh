#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Archives of other programs: what GNU tar extracts from them is the tree that
# --from-tar makes, where no hard links are involved.
. "$(dirname "$0")/../lib.sh"
need_root
need tar
cd "$tmp" || exit 1

mkdir -p src/dir/sub src/empty
head -c 100000 "$CFS" >src/dir/large
head -c 64 "$CFS" >src/dir/small
: >src/empty-file
ln -s dir/large src/symlink
mkfifo src/fifo
mknod src/null c 1 3
mknod src/disk b 8 1
chmod 4711 src/dir/large
chmod 1777 src/empty
chown 1000:100 src/dir/small
truncate -s 300000 src/sparse
printf x | dd of=src/sparse bs=1 seek=200000 conv=notrunc 2>/dev/null
long=$(printf '%0120d' 7)
mkdir "src/$long"
echo 1 >"src/$long/$long"
ln -s "$long/$long/$long" src/longlink
find src -exec touch -h -d '2023-11-14 22:13:20' {} +
xattrs=
if setfattr -n user.test -v value src/dir/small 2>/dev/null; then
	xattrs='--xattrs --xattrs-include=*'
fi

# same DESC ARCHIVE [BSDTAR] - the tree of the archive and that of what GNU tar, or
# bsdtar, extracts from it. (GNU tar loses times of directories that bsdtar wrote.)
same()
{
	rm -rf out
	mkdir out
	# shellcheck disable=SC2086 # options
	if [ $# = 3 ]; then
		bsdtar -x -p --xattrs --numeric-owner -f "$2" -C out 2>err
	else
		tar -x -p $xattrs --numeric-owner -f "$2" -C out 2>err
	fi || { fail "$1" "$(cat err)"; return; }
	# The archive has no entry for the directory above src.
	"$CFS" mkfs --print-dump out | sed 1d >want
	"$CFS" mkfs -q --from-tar --print-dump "$2" | sed 1d >got
	if [ -s got ] && diff want got >diff; then
		pass "$1"
	else
		fail "$1" "$(cat diff)"
	fi
}
for format in posix gnu oldgnu; do
	# shellcheck disable=SC2086
	tar -c $xattrs --format=$format --numeric-owner -f $format.tar src 2>err
	[ $format = posix ] || { tar -c --format=$format --numeric-owner -f $format.tar src; }
	xattrs_was=$xattrs
	[ $format = posix ] || xattrs=
	same "GNU tar, $format" $format.tar
	xattrs=$xattrs_was
done
for version in 0.0 0.1 1.0; do
	tar -c -S --format=posix --sparse-version=$version --numeric-owner -f sparse.tar src
	same "GNU tar, sparse $version" sparse.tar
done
tar -c -S --format=gnu --numeric-owner -f sparse.tar src
same 'GNU tar, sparse of GNU' sparse.tar
rm -rf out
# Names, ACLs: the archive gives the image of the directory, whoever wrote it.
mkdir rights
mkdir rights/dir
echo 1 >rights/names
echo 2 >rights/acl
if setfattr -n user.a=b -v 1 rights/names 2>/dev/null && setfacl -m u:1234:r,u:0:rw,g:4321:rwx rights/acl 2>/dev/null; then
	setfattr -n user.50% -v 2 rights/names
	setfattr -n user.c%3Dd -v 3 rights/names
	setfattr -n user.none rights/names
	setfacl -m u:1234:r rights/dir
	setfacl -d -m u:1234:r,g:4321:rx rights/dir
	"$CFS" mkfs --print-dump rights | sed 1d | sort >want
	# from_archive DESC COMMAND... - it writes the archive rights.tar of rights.
	from_archive()
	{
		desc=$1
		shift
		ok "$desc: written" "$@"
		"$CFS" mkfs -q --from-tar --print-dump rights.tar | sed -n 's|^/rights/|/|p' | sort >got
		is "$desc: the directory" "$(diff want got)" ''
	}
	from_archive 'GNU tar, ACLs and names' tar -c --format=posix --xattrs --acls --numeric-owner -f rights.tar rights
	from_archive 'GNU tar, ACLs as attributes too' \
		tar -c --format=posix --xattrs --xattrs-include='*' --acls --numeric-owner -f rights.tar rights
	if command -v bsdtar >/dev/null; then
		from_archive 'bsdtar, ACLs and names' bsdtar -c --format pax --acls --xattrs --numeric-owner -f rights.tar rights
	else
		skip 'bsdtar, ACLs and names' 'no bsdtar here'
	fi
else
	skip 'ACLs and names of attributes' 'no user xattrs or ACLs here, or no setfacl'
fi

# A sparse file of 1.2 TiB in every form.
mkdir huge
if truncate -s 1319413953331 huge/f 2>/dev/null; then
	printf head | dd of=huge/f conv=notrunc 2>/dev/null
	printf middle | dd of=huge/f bs=4096 seek=183500803 conv=notrunc 2>/dev/null
	printf x | dd of=huge/f bs=1 seek=1319413953330 conv=notrunc 2>/dev/null
	"$CFS" mkfs --print-dump huge | grep '^/f ' >want
	# huge DESC COMMAND... - it writes the archive huge.tar.
	huge()
	{
		desc=$1
		shift
		ok "$desc: written" "$@"
		"$CFS" mkfs -q --from-tar --print-dump huge.tar | sed -n 's|^/huge/f |/f |p' >got
		is "$desc: 1.2 TiB" "$(cut -d' ' -f1-7,9- got)" "$(cut -d' ' -f1-7,9- want)"
	}
	for format in gnu oldgnu; do
		huge "GNU tar, sparse of $format" tar -cS --format=$format --numeric-owner -f huge.tar huge
	done
	for version in 0.0 0.1 1.0; do
		huge "GNU tar, sparse $version" \
			tar -cS --format=posix --sparse-version=$version --numeric-owner -f huge.tar huge
	done
	if command -v bsdtar >/dev/null; then
		huge 'bsdtar, sparse' bsdtar -c --numeric-owner -f huge.tar huge
	else
		skip 'bsdtar, sparse' 'no bsdtar here'
	fi
else
	skip 'a sparse file of 1.2 TiB' 'the file system has none'
fi

mkdir short
cp -a src/dir src/empty src/symlink src/fifo short
for format in ustar v7; do
	tar -c --format=$format --exclude=fifo --numeric-owner -f $format.tar short
	same "GNU tar, $format" $format.tar
done
for program in gzip zstd; do
	if command -v $program >/dev/null; then
		$program -q -c posix.tar >packed
		is "packed by $program" "$("$CFS" mkfs --from-tar --print-digest-only packed)" \
			"$("$CFS" mkfs --from-tar --print-digest-only posix.tar)"
	else
		skip "packed by $program" "no $program here"
	fi
done
if command -v bsdtar >/dev/null; then
	for format in pax ustar gnutar; do
		bsdtar -c --format $format --exclude "$long" -f bsd.tar src
		same "bsdtar, $format" bsd.tar bsdtar
	done
else
	skip bsdtar 'no bsdtar here'
fi
if command -v busybox >/dev/null && busybox tar --help >/dev/null 2>&1; then
	busybox tar -c -f box.tar src
	same 'busybox tar' box.tar
else
	skip 'busybox tar' 'no busybox with tar here'
fi
if command -v cpio >/dev/null; then
	find short | cpio -o -H ustar --quiet >cpio.tar
	same 'cpio -H ustar' cpio.tar
else
	skip 'cpio -H ustar' 'no cpio here'
fi
# umoci and skopeo: one layer, and the table that skopeo puts into its blob.
if command -v umoci >/dev/null && command -v skopeo >/dev/null; then
	umoci init --layout img && umoci new --image img:a && umoci insert --image img:a src / &&
		skopeo copy -q --dest-compress-format zstd:chunked --dest-compress oci:img:a oci:packed-img:a
	blob=$(find packed-img/blobs -type f -size +20k | head -n 1)
	is 'skopeo: the table says what the archive says' \
		"$("$CFS" json-convert --print-dump "$blob" | cut -d' ' -f1-8)" \
		"$("$CFS" mkfs -q --from-tar --print-dump "$blob" | cut -d' ' -f1-8)"
else
	skip 'skopeo: the table says what the archive says' 'no umoci and skopeo here'
fi
plan_done

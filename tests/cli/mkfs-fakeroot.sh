#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Faked owners (fakeroot, pseudo): the static program refuses to record owners that
# it cannot see, and the dynamic one (make LINK=dynamic) records the faked ones.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
unset FAKEROOTKEY LD_PRELOAD

mkdir -p tree/dir objects
head -c 3000 "$TOP/LICENSE" >tree/dir/file
echo small >tree/small
"$CFS" mkfs --print-dump tree >dump
"$CFS" mkfs tree image
tar cf layer.tar tree

# ---- the static program
refused()
{
	refused_desc=$1
	shift
	rm -f made
	exits "$refused_desc: refused" 1 env "$@" "$CFS" mkfs tree made
	is "$refused_desc: one line that names the remedy" "$(grep -c '^cfs mkfs: tree: .*make LINK=dynamic.*user namespace' stderr)" 1
	ok "$refused_desc: nothing is written" test ! -e made
}
accepted()
{
	accepted_desc=$1
	shift
	exits "$accepted_desc: accepted" 0 env "$@" "$CFS" mkfs tree made
	ok "$accepted_desc: the image" cmp made image
}
if [ "$CFS" = "$TOP/cfs" ]; then
	refused FAKEROOTKEY FAKEROOTKEY=123456
	refused libfakeroot LD_PRELOAD=libfakeroot-sysv.so
	refused 'libfakeroot with its folder' LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libfakeroot/libfakeroot-tcp.so
	refused 'libpseudo behind another' "LD_PRELOAD=libeatmydata.so libpseudo.so"
	refused 'libpseudo behind a colon' LD_PRELOAD=/lib/libeatmydata.so:/usr/lib/pseudo/lib64/libpseudo.so
	refused 'uid_wrapper' LD_PRELOAD=libuid_wrapper.so
	accepted libeatmydata LD_PRELOAD=libeatmydata.so
	accepted 'a folder of that name' LD_PRELOAD=/opt/libfakeroot/libother.so
	accepted 'an empty list' LD_PRELOAD=
	# Dumps and archives carry their owners themselves.
	exits 'a dump' 0 env FAKEROOTKEY=1 "$CFS" mkfs --from-file dump made
	exits 'an archive' 0 env FAKEROOTKEY=1 "$CFS" mkfs --from-tar layer.tar made
	exits 'other applets' 0 env FAKEROOTKEY=1 "$CFS" dump image
	if command -v ostree >/dev/null; then
		for mode in bare archive; do
			ostree init --repo=$mode --mode=$mode
			ostree commit --repo=$mode -b main -s subject tree >/dev/null
		done
		exits 'an OSTree commit in mode bare' 1 env FAKEROOTKEY=1 "$CFS" ostree-convert --out=made bare main
		exits 'an OSTree commit in mode archive' 0 env FAKEROOTKEY=1 "$CFS" ostree-convert --out=made archive main
	else
		skip 'an OSTree commit' 'no ostree here'
	fi
fi

# ---- the dynamic program
dynamic=$(build_variant LINK) || {
	fail 'make LINK=dynamic'
	plan_done
}
ok 'it has an interpreter' sh -c 'readelf -lW "$1" | grep -q INTERP' sh "$dynamic"
ok 'the same image' sh -c '"$1" mkfs tree made && cmp made image' sh "$dynamic"
ok 'the same image from a dump' sh -c '"$1" mkfs --from-file dump made && cmp made image' sh "$dynamic"
exits 'FAKEROOTKEY alone is refused' 1 env FAKEROOTKEY=123456 "$dynamic" mkfs tree made
if ! command -v fakeroot >/dev/null || ! fakeroot true 2>/dev/null; then
	skip 'under fakeroot' 'no fakeroot here'
	plan_done
fi

# facts DUMP - name, mode and owner of each line.
facts()
{
	cut -d' ' -f1,3,5-7 "$1"
}
# As the packages of distributions are built: an ordinary user who gives files away.
fakeroot sh -c 'chown -R 0:0 tree && chown 12:34 tree/small && chmod 4755 tree/dir/file &&
	mknod tree/null c 1 3 && chown 0:5 tree/null &&
	"$1" mkfs --threads=2 --digest-store=objects tree faked && "$1" dump faked >faked.dump' sh "$dynamic" 2>err
is 'mkfs under fakeroot: no message' "$(cat err)" ''
is 'the image has the faked modes, owners and devices' "$(facts faked.dump)" '/ 40755 0 0 0
/dir 40755 0 0 0
/dir/file 104755 0 0 0
/null 20644 0 5 259
/small 100644 12 34 0'
rm -f tree/null

# The call of RAUC: tar and mkcomposefs share one environment of fakeroot.
ln -s "$dynamic" mkcomposefs
mkdir -p src/etc src/bin bundle/tree.tar.extracted bundle/tree.tar.cfs
head -c 5000 "$TOP/LICENSE" >src/bin/prog
echo config >src/etc/config
tar --owner=0 --group=0 --mode=4750 -cf tree.tar -C src bin/prog
tar --owner=33 --group=44 --mode=640 -rf tree.tar -C src etc/config
: >environment
rauc()
{
	fakeroot -s "$tmp/environment" -i "$tmp/environment" -- "$@"
}
ok 'RAUC: tar' rauc tar --numeric-owner -xf "$tmp/tree.tar" -C "$tmp/bundle/tree.tar.extracted"
ok 'RAUC: mkcomposefs' rauc ./mkcomposefs --digest-store="$tmp/bundle/.rauc-cfs-store" --skip-xattrs \
	"$tmp/bundle/tree.tar.extracted" "$tmp/bundle/tree.tar.cfs/image.cfs"
"$CFS" dump bundle/tree.tar.cfs/image.cfs >dump
is 'RAUC: owners and modes of the archive' "$(facts dump | grep -E '/(prog|config) ')" '/bin/prog 104750 0 0 0
/etc/config 100640 33 44 0'
is 'RAUC: the object' "$(cd bundle/.rauc-cfs-store && find . -type f | sed 's|^\./||')" \
	"$("$CFS" info objects bundle/tree.tar.cfs/image.cfs)"
plan_done

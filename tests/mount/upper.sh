#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests 12 and 13 of mount.md 21: writable layers, right and wrong; idmap; levels
# on a store without fs-verity. MO-4, MO-8.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
need getfattr
make_fixture
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
mark

# fresh - empty layers.
fresh()
{
	rm -rf u w
	mkdir u w
}

m()
{
	"$CFS" mount -o "basedir=obj,$1" img mnt
}

# alike - but for the root, which is upperdir's.
alike()
{
	same tree/usr mnt/usr && same tree/etc mnt/etc && same tree/dir mnt/dir
}

# ---- 12: right ------------------------------------------------------------
for path in '' ,debug=B ,debug=C ,debug=D; do
	fresh
	ok "writable$path" m "upperdir=u,workdir=w$path"
	ok "is the tree$path" alike
	ok "write$path" sh -c 'echo new >mnt/etc/new && rm mnt/dir/fifo && chmod 600 mnt/usr/bin/sh'
	ok "the content stays$path" cmp tree/usr/bin/sh mnt/usr/bin/sh
	umount mnt
	ok "again$path" m "upperdir=u,workdir=w$path"
	is "what was written is there$path" "$(cat mnt/etc/new; stat -c %a mnt/usr/bin/sh; ls mnt/dir)" \
		"new
600
again
deep
link
null"
	umount mnt
	ok "ro with a layer$path" m "upperdir=u,workdir=w,ro$path"
	not_ok "cannot be written$path" touch mnt/x
	umount mnt
done
clean 'writable'
fresh
ok 'volatile' m upperdir=u,workdir=w,volatile
ok 'volatile: write' touch mnt/x
umount mnt
mkdir -p w/work/incompat/volatile
refused 'volatile left over' 32 'workdir w: left over from a volatile mount that was not unmounted; discard upperdir and workdir' \
	m upperdir=u,workdir=w
# A transient layer: on a tmpfs.
mkdir t
mount -t tmpfs tmpfs t
mkdir t/u t/w t/o t/o/l t/o/u t/o/w t/o/m
mark
ok 'transient' m upperdir=t/u,workdir=t/w
ok 'transient: is the tree' alike
# A container's overlay above, and one more.
ok 'an overlay on top' mount -t overlay overlay -o "lowerdir=mnt,upperdir=t/o/u,workdir=t/o/w" t/o/m
ok 'on top: the content is there' cmp tree/usr/bin/sh t/o/m/usr/bin/sh
ok 'on top: write' sh -c 'echo >>t/o/m/usr/bin/sh'
mkdir t/b t/x
not_ok 'a third is one too many' mount -t overlay overlay -o lowerdir=t/o/m:t/b t/x
umount t/o/m
umount mnt
clean 'transient'
# A store on an overlay of an overlay.
mkdir t/1 t/2 t/e t/e2
mount -t overlay overlay -o "lowerdir=obj:t/e" t/1
mount -t overlay overlay -o "lowerdir=t/1:t/e2" t/2
mark
refused 'too deep' 32 'overlay: more than two stacked file systems (is a basedir on an overlay?)' \
	"$CFS" mount -o basedir=t/2 img mnt
refused 'too deep, B' 32 'overlay: more than two stacked file systems' "$CFS" mount -o basedir=t/2,debug=B img mnt
refused 'too deep, D' 32 'overlay: more than two stacked file systems' "$CFS" mount -o basedir=t/2,debug=D img mnt
ok 'one overlay below is allowed' "$CFS" mount -o basedir=t/1 img mnt
ok 'one overlay below: is the tree' same tree mnt
umount mnt
clean 'depth'

# ---- 12: wrong ------------------------------------------------------------
fresh
refused 'no such upperdir' 32 'upperdir nowhere: No such file or directory' m upperdir=nowhere,workdir=w
refused 'no such workdir' 32 'workdir nowhere: No such file or directory' m upperdir=u,workdir=nowhere
refused 'upperdir is a file' 32 'upperdir img: Not a directory' m upperdir=img,workdir=w
refused 'the same' 32 'workdir u: the same directory as upperdir' m upperdir=u,workdir=u
mkdir u/w w/u
refused 'work below upper' 32 'workdir u/w: lies inside upperdir u' m upperdir=u,workdir=u/w
refused 'upper below work' 32 'upperdir w/u: lies inside workdir w' m upperdir=w/u,workdir=w
fresh
: >w/file
refused 'work is not empty' 32 'workdir w: not empty (file)' m upperdir=u,workdir=w
fresh
refused 'on two file systems' 32 'workdir t/w: not on the same mount as upperdir u' m upperdir=u,workdir=t/w
mkdir -p bound
mount --bind . bound
refused 'on two mounts' 32 'workdir bound/w: not on the same mount as upperdir u' m upperdir=u,workdir=bound/w
mount -o remount,bind,ro bound
refused 'on a read-only mount' 32 'upperdir bound/u: lies on a read-only mount' m upperdir=bound/u,workdir=bound/w
umount bound
mkdir t/1w t/1u t/1m
mount -t overlay overlay -o "lowerdir=obj,upperdir=t/1u,workdir=t/1w" t/1m
mkdir t/1m/u t/1m/w
refused 'on an overlay' 32 'upperdir t/1m/u: lies on an overlay' m upperdir=t/1m/u,workdir=t/1m/w
umount t/1m
mkdir obj/u obj/w
refused 'below a basedir' 32 'upperdir obj/u: lies inside basedir obj' m upperdir=obj/u,workdir=obj/w
rmdir obj/u obj/w
"$CFS" mount -o basedir=obj,upperdir=u,workdir=w img mnt
mkdir -p mnt2
refused 'in use' 32 'upperdir u: in use by another mount' "$CFS" mount -o basedir=obj,upperdir=u,workdir=w img mnt2
umount mnt
mark
clean 'wrong layers'

# ---- idmap ----------------------------------------------------------------
unshare -U sleep 60 &
ns=$!
sleep 0.3
if echo '0 100000 65536' >/proc/$ns/uid_map 2>/dev/null && echo '0 100000 65536' >/proc/$ns/gid_map; then
	for path in '' ,debug=loop ,debug=B ,debug=D; do
		ok "idmap$path" m "idmap=/proc/$ns/ns/user$path"
		is "owners$path" "$(stat -c %u:%g mnt/etc/small)" 100007:100008
		ok "content$path" cmp tree/usr/bin/sh mnt/usr/bin/sh
		umount mnt
	done
	clean 'idmap'
else
	skip 'idmap' 'no mapping can be set'
fi
kill $ns
wait $ns 2>/dev/null

# ---- 13: levels without fs-verity -----------------------------------------
mark
if "$CFS" mount -f -o basedir=obj,verity img mnt 2>/dev/null; then
	skip 'a store without fs-verity' 'this one has it'
else
	for level in verity verity_check=1 verity_check=2 tryverity "digest=$digest"; do
		refused "$level" 32 'basedir obj: objects have no fs-verity (first: ' m "$level"
	done
	# A kernel that cannot check: overlayfs does not know the option.
	if traced; then
		exits 'tryverity where the kernel cannot' 0 strace -qq -o /dev/null -e trace=fsconfig \
			-e inject=fsconfig:error=EINVAL:when=3 "$CFS" mount -o backend=erofs,basedir=obj,tryverity img mnt
		is 'goes on with a notice' "$(cat "$tmp/stderr")" \
			'cfs mount: tryverity: no back end of this kernel can check objects; they are not checked'
		ok 'files open' same tree mnt
		umount mnt
	else
		skip 'tryverity where the kernel cannot' 'no strace here, or a sanitizer'
	fi
fi
# An image that records no digest.
"$CFS" dump img | awk '{ $11 = "-"; print }' >dump
sed -i 's/^\([^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]*\) - .*/\1 -/' dump
if "$CFS" mkfs --from-file dump nodigest 2>/dev/null; then
	refused 'no digest recorded' 32 'has no recorded digest; use verity_check=1' \
		"$CFS" mount -o basedir=obj,verity nodigest mnt
	ok 'level 1 goes on' "$CFS" mount -o basedir=obj,verity_check=1 nodigest mnt
	ok 'and it opens' cmp tree/usr/bin/sh mnt/usr/bin/sh
	umount mnt
	refused 'tryverity, no digest recorded' 32 'has no recorded digest; use verity_check=1' \
		"$CFS" mount -o basedir=obj,tryverity nodigest mnt
else
	skip 'no digest recorded' 'no such image could be made'
fi
clean 'levels'
umount -l t

plan_done

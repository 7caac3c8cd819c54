# SPDX-License-Identifier: GPL-2.0-only
# SHA-512: levels, objects of every kind and the digest of the image, by the module and by
# EROFS with overlayfs; an image with digests of both algorithms; a sealed repository.
. /t/lib

s=/d/store
mkdir -p $s/aa /m
cd $s/aa || exit 1
for f in right right256 other-algorithm algorithm256 unsealed; do bytes 10000 >$f; done
bytes 10000 other >other-content
works 4 'objects sealed in several ways' sh -c \
	'guest enable sha512 right other-content algorithm256 && guest enable other-algorithm right256'
long=$(guest measure right)
short=$(guest measure right256)
is 4 'the digest that the kernel measures is the one that cfs computes' \
	"$(cfs info measure-file --hash-alg=sha512 unsealed | awk '{ print $1 }')" "$long"
one_off=$(echo "$long" | tr 0-9a-f 1-9a-f0)

# name, object, digest that the image records, and what opening gives at level 0, 1 and 2
cat >/tmp/cases <<END
a-right right $long ok ok ok
other-algorithm other-algorithm $long ok EIO EIO
other-content other-content $long ok EIO EIO
unsealed unsealed $long ok EIO EIO
one-digit-off right $one_off ok EIO EIO
absent absent $long ENOENT ENOENT ENOENT
END
# Those of /data/both, an image with digests of both algorithms (tests/kmod/both)
cat >/tmp/both <<END
first-half right - ok EIO EIO
a-long right - ok ok ok
long-other other-algorithm - ok EIO EIO
short right256 - ok ok ok
short-other algorithm256 - ok EIO EIO
wrong right - ok EIO EIO
END

{
	echo '/ 4096 40755 2 0 0 0 0.0 - - -'
	while read -r name object digest _; do
		echo "/$name 10000 100644 1 0 0 0 0.0 aa/$object - $digest"
	done </tmp/cases | sort
} >/tmp/dump
works 4 'an image with SHA-512 digests' cfs mkfs -q --from-file /tmp/dump /d/image
cp /d/image /d/by256
cp /d/image /d/plain
works 5 'the image is sealed' guest enable sha512 /d/image
works 5 'a copy is sealed with SHA-256' guest enable /d/by256
image=$(guest measure /d/image)
is 5 'and has the digest that cfs computes' "$(cfs info measure-file --hash-alg=sha512 /d/plain | awk '{ print $1 }')" "$image"
wrong=$(echo "$image" | tr 0-9a-f 1-9a-f0)

# opened FILE: ok or the errno of open
opened() { r=$(guest read "$1"); case $r in open:*) echo "${r#open:}" ;; *) echo ok ;; esac; }

# e OPTIONS IMAGE: mount with EROFS; the exit status, what is said in /tmp/log
e()
{
	cfs mount -o "backend=erofs${1:+,$1}" "$2" /m >/tmp/log 2>&1
	echo $?
	sed 's/^/# /' /tmp/log >&2
}

# look WHAT LEVEL FILE: each case at this level
look()
{
	while read -r name _ _ l0 l1 l2; do
		eval want=\$l$2
		# Overlayfs of 6.1 looks up an object together with its file.
		[ "$kernel $1 $want" != '6.1 erofs ENOENT' ] || want=EIO
		is 4 "$1, level $2: $name: $want" "$(opened /m/$name)" $want
	done <"$3"
	u /m >/dev/null
}

levels='0 1 2'
for level in $levels; do
	is 4 "module: mounts at level $level" \
		"$(m /d/image /m "digest=$image,basedir=$s,verity_check=$level")" ok
	look module $level /tmp/cases
	is 4 "module: both algorithms, level $level" "$(m /data/both /m "basedir=$s,verity_check=$level")" ok
	look "module, both algorithms" $level /tmp/both
done
m /d/image /m "basedir=$s,digest=$(echo "$image" | tr a-f A-F)" >/dev/null
is 5 'module: digest= as shown' "$(grep ' /m ' /proc/mounts)" \
	"/d/image /m composefs ro,relatime,basedir=$s,verity_check=2,digest=$image 0 0"
u /m >/dev/null
is 5 'module: a wrong digest' "$(m /d/image /m digest=$wrong)" EINVAL
is 5 'module: an image without fs-verity' "$(m /d/plain /m digest=$image)" ENODATA
is 5 'module: an image sealed with the other algorithm' \
	"$(guest fsmount composefs /m source=/d/by256 digest=$image >/tmp/log; head -n 1 /tmp/log; grep -c 'is not SHA-512' /tmp/log)" "EINVAL
1"
is 5 'module: 127 digits' "$(m /d/image /m digest=${image%?})" EINVAL
is 5 'module: 129 digits' "$(m /d/image /m digest=${image}0)" EINVAL

# Without fs-verity in overlayfs, level 1 and 2 are refused, and digest= implies level 2.
if [ "$kernel" = 6.1 ]; then
	levels=0
	is 4 'erofs: level 2 is refused here' "$(e "basedir=$s,verity" /d/image)" 32
	is 4 'erofs: level 1 is refused here' "$(e "basedir=$s,verity_check=1" /d/image)" 32
	is 5 'erofs: so is digest= alone' "$(e "basedir=$s,digest=$image" /d/image)" 32
fi
for level in $levels; do
	is 4 "erofs: mounts at level $level" "$(e "digest=sha512:$image,basedir=$s,verity_check=$level" /d/image)" 0
	look erofs $level /tmp/cases
	is 4 "erofs: both algorithms, level $level" "$(e "basedir=$s,verity_check=$level" /data/both)" 0
	look "erofs, both algorithms" $level /tmp/both
done
is 4 'verify finds an image with both odd' "$(cfs verify -q /data/both | grep -c 'digests of two algorithms')" 1
for form in '' sha512: sha512-12: v1-sha512-12: fsverity-sha512-12:; do
	is 5 "digest=${form}HEX" "$(e "digest=$form$image,noverity,basedir=$s" /d/image)" 0
	u /m >/dev/null
done
for form in sha256: v1-sha256-12: v2-sha512-12: v0-sha512-12: fsverity-sha512-16:; do
	is 5 "digest=${form}HEX is refused" "$(e "digest=$form$image,noverity,basedir=$s" /d/image)" 1
done
for what in image by256 plain; do
	is 5 "erofs: $what with the right digest" "$(e "digest=$image,noverity,basedir=$s" /d/$what)" 0
	is 5 "erofs: $what: opens" "$(opened /m/a-right)" ok
	u /m >/dev/null
	is 5 "erofs: $what with a wrong digest" \
		"$(e "digest=$wrong,noverity,basedir=$s" /d/$what) $(grep -c 'wrong digest: want' /tmp/log)" '32 1'
done
by256=$(guest measure /d/by256)
is 5 'erofs: the SHA-256 digest of an image with SHA-512 digests' "$(e "digest=$by256,noverity,basedir=$s" /d/by256)" 0
u /m >/dev/null
is 5 'module: the same' "$(m /d/by256 /m "digest=$by256,basedir=$s")" ok
u /m >/dev/null

# What the objects may be replaced by.
m /d/plain /m "basedir=$s,verity_check=2" >/dev/null
is 3 'before it is replaced' "$(opened /m/a-right)" ok
cp right /d/copy
guest enable /d/copy
ln right /d/was
mv -f /d/copy right
is 3 'replaced by the same content with the other algorithm' "$(opened /m/a-right)" EIO
mv -f /d/was right
is 3 'put back' "$(opened /m/a-right)" ok
is 3 'FS_IOC_MEASURE_VERITY through the mount' "$(guest measure /m/a-right)" "$long"
u /m >/dev/null

# A store, and a repository, as cfs makes them.
mkdir /d/src /d/objects
for n in 65 100 4095 4096 4097 8192 65536 262143 262144 262145 1048577; do bytes $n >/d/src/$n; done
works 3 'mkfs seals what it stores' \
	cfs mkfs -q --hash-alg=sha512 --digest-store=/d/objects --require-verity /d/src /d/src.cfs
is 3 'the kernel measures the names of all objects' "$(cd /d/objects && for o in */*; do
	[ "$(guest measure $o)" = "$(echo $o | tr -d /)" ] || echo "$o"
done)" ''
is 3 'module: all open at level 2' "$(m /d/src.cfs /m basedir=/d/objects,verity_check=2) $(guest read /m/* | grep -c :)" 'ok 0'
is 3 'and have the digests that cfs computes' "$(guest measure /m/* | grep -c .)" 11
u /m >/dev/null
works 3 'a repository is sealed' cfs mkfs -q --repo=/d/repo --hash-alg=sha512 --require-verity --name=x /d/src
works 3 'and verified' cfs verify -q --repo=/d/repo
is 3 'its description is sealed with SHA-512' "$(guest measure /d/repo/meta.json | wc -c)" 129
is 3 'all of its objects are' "$(find /d/repo/objects -type f | xargs guest measure | grep -cv '^[0-9a-f]*$')" 0
o=$(cd /d/repo/objects && find . -type f -size +10 | head -n 1)
cp /d/repo/objects/$o /d/copy && mv -f /d/copy /d/repo/objects/$o
is 3 'an object without fs-verity' "$(cfs verify -q --repo=/d/repo >/tmp/log; echo "$? $(grep -c '^no-verity' /tmp/log)")" '3 1'
works 3 'is sealed again' cfs verify -q --repo=/d/repo --enable-verity
cp /d/repo/objects/$o /d/copy && guest enable /d/copy && mv -f /d/copy /d/repo/objects/$o
is 3 'an object with SHA-256' "$(cfs verify -q --repo=/d/repo >/tmp/log; echo "$? $(grep -c '^no-verity' /tmp/log)")" '3 1'
works 3 'is replaced by a sealed copy' cfs verify -q --repo=/d/repo --enable-verity
works 3 'and all is well' cfs verify -q --repo=/d/repo
finish

# SPDX-License-Identifier: GPL-2.0-only
# Mount options, the errors of mounting with their sentences, remount, several
# basedirs, who may do what (KM-10).
. /t/lib

mkdir -p /m /d/s/aa "/d/a:b/aa" '/d/c\d/aa' /d/e,f/aa
bytes 100 >/d/s/aa/one
bytes 100 two >/d/a:b/aa/two
bytes 100 three >'/d/c\d/aa/three'
bytes 100 three >/d/e,f/aa/four
bytes 100 >/d/s/aa/both
bytes 100 second >/d/a:b/aa/both
cat >/tmp/dump <<'END'
/ 4096 40755 2 0 0 0 0.0 - - -
/both 100 100644 1 0 0 0 0.0 aa/both - -
/four 100 100644 1 0 0 0 0.0 aa/four - -
/one 100 100644 1 0 0 0 0.0 aa/one - -
/three 100 100644 1 0 0 0 0.0 aa/three - -
/two 100 100644 1 0 0 0 0.0 aa/two - -
END
cfs mkfs -q --from-file /tmp/dump /d/i.cfs
bad() # TEXT ERRNO SENTENCE-PART fsmount-argument...
{
	t=$1 e=$2 w=$3
	shift 3
	guest fsmount composefs - "$@" >/tmp/log
	is 5 "refused: $t" "$(head -n 1 /tmp/log) $(grep -c -- "$w" /tmp/log | sed 's/^[1-9].*/said/')" "$e said"
}
S=source=/d/i.cfs
bad 'no source' EINVAL 'no source' basedir=/d/s
bad 'unknown option' EINVAL 'nknown' $S huh=1
bad 'verity_check=3' EINVAL 'is 0, 1 or 2' $S verity_check=3
bad 'verity_check=x' EINVAL . $S verity_check=x
bad 'empty piece' EINVAL 'empty name' $S basedir=/d/s::/d/s
bad 'empty piece at the end' EINVAL 'empty name' $S basedir=/d/s:
bad 'empty digest' EINVAL . $S digest=
bad 'a directory as source' EINVAL 'neither a regular' source=/d
bad 'source not found' ENOENT . source=/d/not-there
bad 'basedir not found' ENOENT . $S basedir=/d/not-there
bad 'basedir is a file' ENOTDIR . $S basedir=/d/i.cfs
bad 'basedir by descriptor is a file' ENOTDIR . $S fd:basedir+=/d/i.cfs
mkdir -p /unb
mount -t tmpfs none /unb
mount --make-unbindable /unb 2>/dev/null || busybox mount --make-unbindable none /unb
bad 'unbindable basedir' EINVAL 'private mount' $S basedir=/unb
bad 'verity on a basedir without' EOPNOTSUPP 'has fs-verity' $S basedir=/tmp verity_check=1
umount /unb
head -c 1000 /d/i.cfs >/tmp/short
bad 'short image' EINVAL 'shorter than' source=/tmp/short
head -c 8192 /dev/zero >/tmp/zero
bad 'zeros' EINVAL 'not a composefs image' source=/tmp/zero
head -c $(($(stat -c %s /d/i.cfs) - 4096)) /d/i.cfs >/tmp/cut
bad 'cut image' EUCLEAN 'shorter than the' source=/tmp/cut
set --
i=0
while [ $i -lt 501 ]; do
	set -- "$@" basedir+=/d/s
	i=$((i + 1))
done
bad '501 basedirs' EINVAL 'more than 500' $S "$@"

# Lists
x=$(guest read /d/s/aa/one)
reads() { guest read /m/one /m/two /m/three /m/four | sed 's/^[0-9].*/ok/' | tr '\n' ' '; }
is 9 'escapes, order' "$(m /d/i.cfs /m 'basedir=/d/s:/d/a\:b:/d/c\\d') $(reads)" 'ok ok ok ok open:ENOENT '
is 9 'the first directory wins' "$(guest read /m/both)" "$(guest read /d/s/aa/both)"
is 9 'as shown' "$(sed -n 's/.* composefs \([^ ]*\) .*/\1/p' /proc/mounts)" \
	'ro,relatime,basedir=/d/s:/d/a\134:b:/d/c\134\134d'
shown=$(sed -n 's/.* composefs ro,relatime,\([^ ]*\) .*/\1/p' /proc/mounts | sed 's/\\134/\\/g')
is 13 'remount with what is shown' "$(guest remount /m 1 "$shown")" ok
is 13 'remount without options' "$(guest remount /m 0)" ok
is 13 'and it is still read-only' "$(sed -n 's/.* composefs \(r.\),.*/\1/p' /proc/mounts)" ro
is 13 'remount to another basedir' "$(guest remount /m 1 basedir=/d/s)" EINVAL
is 13 'remount to a level' "$(guest remount /m 1 verity_check=1)" EINVAL
is 13 'remount to the level it has' "$(guest remount /m 1 verity_check=0)" ok
is 13 'remount to a digest' "$(guest remount /m 1 digest=$(bytes 64 a | tr -d '\n' | head -c 64))" EINVAL
u /m >/dev/null
is 9 'the other order' "$(m /d/i.cfs /m 'basedir=/d/a\:b:/d/s') $(guest read /m/both)" "ok $(guest read /d/a:b/aa/both)"
u /m >/dev/null
is 9 'basedir+ by name and descriptor, no escapes there' \
	"$(guest fsmount composefs /m $S 'basedir+=/d/a:b' fd:basedir+=/d/s 'basedir+=/d/c\d' basedir+=/d/e,f) $(reads)" \
	'ok ok ok ok ok '
is 9 'descriptors are shown as paths' "$(sed -n 's/.* composefs \([^ ]*\) .*/\1/p' /proc/mounts)" \
	'ro,relatime,basedir=/d/a\134:b:/d/s:/d/c\134\134d:/d/e\054f'
u /m >/dev/null
is 9 'the source by descriptor' "$(guest fsmount composefs /m fd:source=/d/i.cfs basedir=/d/s) $(grep -c '^/d/i.cfs /m' /proc/mounts)" 'ok 1'
u /m >/dev/null
is 9 'given again: replaces' "$(guest fsmount composefs /m $S basedir=/d/nowhere basedir=/d/s) $(reads)" \
	'ok ok open:ENOENT open:ENOENT open:ENOENT '
u /m >/dev/null
is 9 'relative names' "$(cd /d && m i.cfs /m basedir=s) $(sed -n 's/\(.*\) composefs \([^ ]*\) .*/\1 \2/p' /proc/mounts)" \
	'ok /d/i.cfs /m ro,relatime,basedir=/d/s'
u /m >/dev/null
is 9 'no basedir at all' "$(m /d/i.cfs /m) $(reads)" 'ok open:ENOENT open:ENOENT open:ENOENT open:ENOENT '
is 9 'statfs without one' "$(guest statfs /m | cut -d' ' -f1-4)" "d078629a 4096 $(($(stat -c %s /d/i.cfs) / 4096)) 255"
u /m >/dev/null
mkdir -p /d/empty
set --
i=1
while [ $i -lt 500 ]; do
	set -- "$@" basedir+=/d/empty
	i=$((i + 1))
done
is 9 'the five hundredth' "$(guest fsmount composefs /m $S "$@" basedir+=/d/s) $(guest read /m/one)" "ok $x"
u /m >/dev/null
mkdir -p /gone
mount -t tmpfs none /gone
mkdir /gone/aa
cp /d/s/aa/one /gone/aa/one
m /d/i.cfs /m basedir=/gone >/dev/null
umount /gone
is 9 'the original was unmounted' "$(guest read /m/one)" "$x"
mkdir -p /bind
u /m >/dev/null
mkdir -p /d/no/aa
chmod 0 /d/no/aa
chmod 700 /d/s
is 14 'the store is only for root' "$(m /d/i.cfs /m basedir=/d/s)" ok
is 14 'a user reads what the image allows' "$(guest asuser 1000 /bin/guest read /m/one)" "$x"
is 14 'but not the store' "$(guest asuser 1000 /bin/guest read /d/s/aa/one)" open:EACCES
is 14 'after root had it open as well' "$(guest read /m/one; guest asuser 1000 /bin/guest read /m/one)" "$x
$x"
u /m >/dev/null
cat >/tmp/dump <<'END'
/ 4096 40755 2 0 0 0 0.0 - - -
/acl 5 100640 1 0 0 0 0.0 - hello - system.posix_acl_access=\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x04\x00\xe9\x03\x00\x00\x04\x00\x00\x00\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff
/badacl 5 100640 1 0 0 0 0.0 - hello - system.posix_acl_access=\x02\x00\x00\x00\x01\x00\x06
/dir 4096 40750 1 0 0 0 0.0 - - - system.posix_acl_access=\x02\x00\x00\x00\x01\x00\x07\x00\xff\xff\xff\xff\x02\x00\x05\x00\xe9\x03\x00\x00\x04\x00\x00\x00\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff system.posix_acl_default=\x02\x00\x00\x00\x01\x00\x07\x00\xff\xff\xff\xff\x04\x00\x05\x00\xff\xff\xff\xff\x20\x00\x05\x00\xff\xff\xff\xff
/dir/x 5 100644 1 0 0 0 0.0 - hello - trusted.t=1 user.u=2
/mode 5 100640 1 0 0 0 0.0 - hello -
END
works 14 'image with ACLs' cfs mkfs -q --from-file /tmp/dump /d/acl.cfs
mkdir -p /e
mount -t erofs -o ro,loop /d/acl.cfs /e
m /d/acl.cfs /m >/dev/null
for u in 0 1000 1001; do
	for f in acl badacl mode dir/x; do
		is 14 "user $u reads $f as with erofs" "$(guest asuser $u /bin/guest read /m/$f)" \
			"$(guest asuser $u /bin/guest read /e/$f)"
	done
done
is 14 'ACLs as with erofs' "$(guest xattr /m/acl /m/dir /m/dir/x /m/mode)" "$(guest xattr /e/acl /e/dir /e/dir/x /e/mode)"
is 14 'trusted is for root' "$(guest asuser 1000 /bin/guest xattr /m/dir/x; guest asuser 1001 /bin/guest xattr /m/dir/x; guest asuser 1001 /bin/guest getx /m/dir/x trusted.t)" \
	"list:EACCES
user.u=1,$(guest xattr /m/dir/x | sed 's/.*user.u=1,//')
ENODATA"
umount /e
mkdir -p /idm
is 14 'idmapped mount' "$(guest idmap /m /idm 100000) $(stat -c '%u %g' /idm/mode) $(guest asuser 100000 /bin/guest read /idm/mode | cut -d' ' -f1)" \
	'ok 100000 100000 5'
u /idm >/dev/null
u /m >/dev/null
chmod 755 /d/s
is 14 'idmapped mount with objects' "$(m /d/i.cfs /m basedir=/d/s) $(guest idmap /m /idm 100000) $(guest read /idm/one)" "ok ok $x"
u /idm >/dev/null
u /m >/dev/null
is 14 'only the superuser mounts' "$(guest asuser 1000 /bin/guest mnt composefs /d/i.cfs /m 0)" EPERM
works 14 'nor the root of a user namespace' sh -c \
	'unshare -rm guest mnt composefs /d/i.cfs /m 0 | grep EPERM'
finish

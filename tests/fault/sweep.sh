#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each system call fails, alone and with all later ones of its kind (tests/README.md
# 5.3): ST-4, WI-1, WI-3, WI-4, VE-6, ER-2, ER-3. The run ends with exit 0 and
# the right result, or with exit 1 and one line.
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
make_fixture

# What is repaired is read from a directory of its own, which must stay as it is.
cp -r good from
drive 'mkfs with a store' sweep sweep-store store $FORM \
	"$CFS" mkfs -q --threads=1 --print-digest --digest-store=store src out.img
drive 'mkfs --from-file' sweep sweep-text image $FORM "$CFS" mkfs --from-file text out.img
ln -s out.img link
drive 'mkfs --from-file, to a link' sweep sweep-link image $FORM "$CFS" mkfs --from-file text link
# A name that is a mount point is written in place: until the first byte the
# older image survives (WI-1).
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	cp old.img out.img
	: >bound
	echo 'mount --bind out.img bound && exec "$@"' >bind
	INSIDE='unshare -m --propagation private sh ./bind'
	drive 'mkfs --from-file, in place' sweep sweep-place place $FORM "$CFS" mkfs -q --from-file text bound
	INSIDE=
else
	skip 'mkfs --from-file, in place' 'needs root and a mount namespace'
fi
drive 'dump' sweep sweep-dump output $FORM "$CFS" dump good.img
drive 'info objects' sweep sweep-objects output $FORM "$CFS" info objects good.img
drive 'verify --repair-from' sweep sweep-repair repair $FORM \
	"$CFS" verify --threads=1 --basedir=store --repair-from=from good.img
[ -z "$CFS_LONG" ] || {
	drive 'mkfs into a damaged store' sweep sweep-damaged damaged $FORM \
		"$CFS" mkfs --threads=1 -q --digest-store=store src out.img
	drive 'mkfs into a full store' sweep sweep-again again $FORM \
		"$CFS" mkfs --threads=1 -q --digest-store=store src out.img
	drive 'info unused-objects' sweep sweep-unused output $FORM \
		"$CFS" info --basedir=good unused-objects old.img
}
is 'the repair read only' "$(diff -r good from)" ''
plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The source changes while it is read, and so do the directories of a repair
# (tests/README.md 5.7): SC-1, SC-2, SC-3, SC-4, ST-1, ST-2, ST-6, VE-6. Every entry
# of the image is as before or as after the change, or the run fails and names
# the path; nothing from outside, no wrong object, no hang.
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
need_root
make_fixture
mv src src.orig
cp -a src.orig src

# The same names with other contents, of which nothing must be seen.
mkdir -p outside/dir/sub
"$driver" bytes - 2200000 91 >outside/dir/large
"$driver" bytes - 1000 92 >outside/dir/small
"$driver" bytes - 150000 93 >outside/dir/medium
echo SECRET >outside/dir/inline
for n in 1 2 3 4 5; do
	"$driver" bytes - $((3000 + n * 700)) $((n + 80)) >outside/dir/sub/$n
done
(cd good && find . -type f) | while read -r o; do
	mkdir -p "outside/${o%/*}"
	echo SECRET >"outside/$o"
done
cp -a outside outside.orig
"$CFS" mkfs --digest-store=secret outside secret.img || exit 1
mkdir replacement
echo replaced >replacement/inline
"$driver" bytes - 5000 94 >replacement/large
find replacement -exec touch -h -d @1100000000 {} +
cp -r good from.orig
cp -r good from

drive 'mkfs of a tree that changes' change change-mkfs mkfs $FORM \
	"$CFS" mkfs --threads=1 -q --digest-store=store src out.img
drive 'verify --repair-from of directories that change' change change-repair repair $FORM \
	"$CFS" verify --threads=1 --basedir=store --repair-from=from good.img
plan_done

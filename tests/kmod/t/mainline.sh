# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's own erofs says of images that cfs accepts (tests/second/mainline.sh).
mkdir -p /m
find /data/images -type f | xargs -n 50 /data/walk /m | sed 's/^/WALK /'
exit 0

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Leaving the emergency shell tries again: without the composefs root the boot must
# not go on, because it would go on from a disk that nobody verified.
until cfs setup-root --sysroot "$NEWROOT"; do
	emergency_shell 'composefs root: cfs setup-root failed; leaving this shell tries again'
	sleep 1
done

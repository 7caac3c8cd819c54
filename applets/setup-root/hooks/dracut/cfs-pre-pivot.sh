#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
cfs setup-root --sysroot "$NEWROOT" || emergency_shell "composefs root"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests are one program; it prints TAP itself.
exec "${CFS_BUILD:-build}/unit" "$@"

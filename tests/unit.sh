#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests are one program; it prints TAP itself.
# shellcheck disable=SC2086 # a command
exec ${UNDER-} "${CFS_BUILD:-build}/unit" "$@"

// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/platform.h"
#include "tests/unit/unit.h"

/* Rank of a platform that is there for one that is wanted (OCI 3.2); -1: it does not fit. */
static const struct {
	const char *wanted, *there;
	int rank;
} rows[] = {
	{ "linux/amd64", "linux/amd64", 0 },
	{ "linux/x86_64", "linux/amd64/v1", 0 },
	{ "linux/amd64/v3", "linux/amd64/v2", 1 },
	{ "linux/amd64/v3", "linux/amd64", 2 },
	{ "linux/amd64", "linux/amd64/v2", -1 },
	{ "linux/amd64/2", "linux/x86-64/v2", 0 },
	{ "linux/arm64", "linux/aarch64/v8", 0 },
	{ "linux/arm64/v9", "linux/arm64", 1 },
	{ "linux/arm", "linux/armhf", 0 },
	{ "linux/arm", "linux/armel", 1 },
	{ "linux/armel", "linux/arm/v7", -1 },
	{ "linux/armhf/v6", "linux/arm/v6", 0 },
	{ "linux/arm/v5", "linux/arm/v6", -1 },
	{ "linux/386", "linux/i686", 0 },
	{ "linux/riscv64", "linux/riscv64", 0 },
	{ "linux/ppc64le", "linux/ppc64le/power9", 1 },
	{ "linux/ppc64le/power8", "linux/ppc64le/power9", -1 },
	{ "windows/amd64", "linux/amd64", -1 },
	{ "linux/amd64", "linux/arm64", -1 },
};

void unit_source_oci_platform(void)
{
	static const char *const bad[] = {
		"",          "linux",          "linux/",       "/amd64",       "linux/amd64/",
		"linux//v1", "linux/arm/v7/x", "lin ux/amd64", "linux/amd64\n"
	};
	struct oci_platform wanted, there;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(oci_platform_parse(&wanted, rows[i].wanted) &&
			      oci_platform_parse(&there, rows[i].there),
		      "row %zu", i);
		CHECK(oci_platform_rank(&wanted, &there) == rows[i].rank, "row %zu: %d", i,
		      oci_platform_rank(&wanted, &there));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!oci_platform_parse(&wanted, bad[i]), "\"%s\"", bad[i]);
	there = (struct oci_platform){ 0 };
	oci_platform_own(&wanted);
	CHECK(oci_platform_rank(&wanted, &there) == -1, "none fits nothing");
	CHECK(oci_platform_rank(&wanted, &wanted) == 0, "one fits itself");
}

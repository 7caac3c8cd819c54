// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/platform.h"
#include "base/text.h"

#if defined __x86_64__
#define OWN "amd64"
#elif defined __aarch64__
#define OWN "arm64"
#elif defined __arm__
#define OWN "arm"
#elif defined __i386__
#define OWN "386"
#elif defined __powerpc64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN "ppc64le"
#elif defined __powerpc64__
#define OWN "ppc64"
#elif defined __s390x__
#define OWN "s390x"
#elif defined __riscv && __riscv_xlen == 64
#define OWN "riscv64"
#elif defined __loongarch64
#define OWN "loong64"
#elif defined __mips64 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN "mips64le"
#else
#define OWN "unknown"
#endif

#if defined __ARM_ARCH && !defined __aarch64__ && __ARM_ARCH == 6
#define OWN_VARIANT "v6"
#elif defined __ARM_ARCH && !defined __aarch64__ && __ARM_ARCH < 6
#define OWN_VARIANT "v5"
#endif

bool oci_word_is(const struct oci_word *w, const char *s)
{
	return w->s && w->len == strlen(s) && !memcmp(w->s, s, w->len);
}

static void set(struct oci_word *w, const char *s)
{
	*w = (struct oci_word){ s, strlen(s) };
}

static bool is_same(const struct oci_word *a, const struct oci_word *b)
{
	return !a->s == !b->s && a->len == b->len && (!a->s || !memcmp(a->s, b->s, a->len));
}

/* "v7" or "7": 7; anything else: -1. */
static int number_of(const struct oci_word *w)
{
	size_t skip = w->len && w->s[0] == 'v';
	u64 n;

	if (!w->s || !text_number(w->s + skip, w->len - skip, 10, 1000, &n))
		return -1;
	return (int)n;
}

static bool has_levels(const struct oci_platform *p)
{
	return oci_word_is(&p->architecture, "amd64") || oci_word_is(&p->architecture, "arm64") ||
	       oci_word_is(&p->architecture, "arm");
}

void oci_platform_settle(struct oci_platform *p)
{
	static const struct {
		const char *other, *word, *variant;
	} words[] = {
		{ "x86_64", "amd64", NULL },  { "x86-64", "amd64", NULL },
		{ "aarch64", "arm64", NULL }, { "i386", "386", NULL },
		{ "i686", "386", NULL },      { "armhf", "arm", "v7" },
		{ "armel", "arm", "v6" },
	};
	static const char *const levels[] = { "v0", "v1", "v2", "v3", "v4",
					      "v5", "v6", "v7", "v8", "v9" };
	int level;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!oci_word_is(&p->architecture, words[i].other))
			continue;
		set(&p->architecture, words[i].word);
		if (!p->variant.s && words[i].variant)
			set(&p->variant, words[i].variant);
	}
	if (!has_levels(p))
		return;
	if (!p->variant.s) {
		set(&p->variant, "v1");
		if (oci_word_is(&p->architecture, "arm64"))
			set(&p->variant, "v8");
		else if (oci_word_is(&p->architecture, "arm"))
			set(&p->variant, "v7");
	}
	level = number_of(&p->variant);
	if (level >= 0 && level < 10 && p->variant.s[0] != 'v')
		set(&p->variant, levels[level]);
}

void oci_platform_own(struct oci_platform *p)
{
	*p = (struct oci_platform){ 0 };
	set(&p->os, "linux");
	set(&p->architecture, OWN);
#ifdef OWN_VARIANT
	set(&p->variant, OWN_VARIANT);
#endif
	oci_platform_settle(p);
}

static bool part(const char **s, struct oci_word *w)
{
	size_t len = 0;
	const char *at = *s;

	while ((at[len] >= 'a' && at[len] <= 'z') || (at[len] >= 'A' && at[len] <= 'Z') ||
	       (at[len] >= '0' && at[len] <= '9') || (at[len] && strchr("._-", at[len])))
		len++;
	*w = (struct oci_word){ at, len };
	*s = at + len;
	return len > 0;
}

bool oci_platform_parse(struct oci_platform *p, const char *s)
{
	*p = (struct oci_platform){ 0 };
	if (!part(&s, &p->os) || *s++ != '/' || !part(&s, &p->architecture))
		return false;
	if (*s == '/' && (s++, !part(&s, &p->variant)))
		return false;
	if (*s)
		return false;
	oci_platform_settle(p);
	return true;
}

int oci_platform_rank(const struct oci_platform *wanted, const struct oci_platform *there)
{
	int high = number_of(&wanted->variant), low = number_of(&there->variant);

	if (!wanted->os.s || !wanted->architecture.s || !is_same(&wanted->os, &there->os) ||
	    !is_same(&wanted->architecture, &there->architecture))
		return -1;
	if (is_same(&wanted->variant, &there->variant))
		return 0;
	if (has_levels(wanted))
		return high >= 0 && low >= 0 && low < high ? high - low : -1;
	return wanted->variant.s ? -1 : 1;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * signature/key.c: the DER form of keys. Three keys that openssl made, every prefix and every
 * changed byte of each, and RSA keys of every form of length, made by an encoder of this test.
 */
#include "signature/key.h"
#include "core/digest.h"
#include "tests/unit/unit.h"

/* clang-format off */
static const char p256[] =
	"3059301306072a8648ce3d020106082a8648ce3d03010703420004fcb71437630de408cb61e1a587"
	"36e7585e4c71b0b4e5713e52c3907c635d45db9a4ec2305e1f081abcab8c1b8d5a6ac6bada4d1c79"
	"759f95689ef351a83c423f";
static const char p384[] =
	"3076301006072a8648ce3d020106052b81040022036200042bde6977a695d52e55a98dd6ec1522fb"
	"cd74fe73ff21de5eb4aee110424e2b1c7fc3250f3dd7318507a12e1038210a836de5bcaa8cd6f417"
	"3fa82d50de401e94bfdfe2a99846ef869cbc49ab70deaccaa5ef1d4c8de37f2be0cf1352741048b2";
static const char rsa2048[] =
	"30820122300d06092a864886f70d01010105000382010f003082010a02820101009ec8f287f1618e"
	"80a632f07a20ab670b2d5180c522d8e3db3447d3dce47156a1c31cadf45d8574fc35e68855f07ab0"
	"08ec6d63d030d355a39b4696ca0889f53bfe517abc3931e457247fd852e08b6d5efb62c13d4857b1"
	"e3e83201b0c78da6a7e13c95dbd2dedc5b7a2364a3279c0e11710b3f1b01a6da0300d4d9c3915c2c"
	"75811223d0abf134211619f42a2f352019a2da09510c1426ec9034c40fb27a4139e17aa57bb2a038"
	"96e8504e54f8ae6d0a3eb4a74d51d930c47f591cadc10525edc34ab63717de4281c1b62ee8f69cf1"
	"a9d1c0aef0dcd4c3dedce07d4c54cfd9f9805baaf656b826b478888514f5d5cbd37fabf6beebcd1e"
	"3ce9cf271aa63221f70203010001";
/* clang-format on */

static size_t from_hex(const char *hex, u8 *der)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		const char digits[3] = { hex[2 * i], hex[2 * i + 1] };

		der[i] = (u8)strtoul(digits, NULL, 16);
	}
	return len;
}

/* Tag and length in the shortest form. */
static size_t put_head(u8 *to, u8 tag, size_t len)
{
	size_t n = 0;

	to[n++] = tag;
	if (len >= 0x100) {
		to[n++] = 0x82;
		to[n++] = (u8)(len >> 8);
	} else if (len >= 0x80) {
		to[n++] = 0x81;
	}
	to[n++] = (u8)len;
	return n;
}

/* A positive INTEGER; @b has no zeros in front. */
static size_t put_number(u8 *to, const u8 *b, size_t len)
{
	size_t zero = b[0] >> 7, n = put_head(to, 0x02, len + zero);

	if (zero)
		to[n++] = 0;
	memcpy(to + n, b, len);
	return n + len;
}

/* SubjectPublicKeyInfo of an RSA key. */
static size_t put_rsa(u8 *to, const u8 *modulus, size_t len, const u8 *e, size_t e_len)
{
	static const u8 algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	u8 pair[1200], bits[1200], all[1200];
	size_t n = put_number(pair, modulus, len), at;

	n += put_number(pair + n, e, e_len);
	at = put_head(bits, 0x30, n);
	memcpy(bits + at, pair, n);
	n += at;
	memcpy(all, algorithm, sizeof(algorithm));
	at = sizeof(algorithm) + put_head(all + sizeof(algorithm), 0x03, n + 1);
	all[at++] = 0;
	memcpy(all + at, bits, n);
	n += at;
	at = put_head(to, 0x30, n);
	memcpy(to + at, all, n);
	return at + n;
}

/* What a decoded RSA key is written as. */
static size_t rsa_again(u8 *to, const struct public_key *key)
{
	size_t zeros = 0;

	while (zeros < 3 && !key->exponent[zeros])
		zeros++;
	return put_rsa(to, key->bytes, key->len, key->exponent + zeros, 4 - zeros);
}

/*
 * Every prefix is refused. Of the changed bytes so many are other good keys as a key of this
 * kind can have, and each of them is a key that is written as these bytes.
 */
static void check_key(const char *name, const char *hex, enum key_kind kind, u32 len,
		      unsigned int others)
{
	u8 der[600], again[600];
	size_t n = from_hex(hex, der);
	unsigned int good = 0;
	struct public_key key;

	CHECK(key_decode(&key, der, n) && key.kind == kind && key.len == len, "%s", name);
	for (size_t cut = 0; cut < n; cut++) {
		u8 *exact = malloc(cut + !cut); /* a byte too far is seen by the sanitizers */

		memcpy(exact, der, cut);
		CHECK(!key_decode(&key, exact, cut), "%s: the first %zu bytes", name, cut);
		free(exact);
	}
	der[n] = 0;
	CHECK(!key_decode(&key, der, n + 1), "%s: a byte behind it", name);
	for (size_t i = 0; i < n * 256; i++) {
		const u8 was = der[i / 256];

		der[i / 256] = (u8)i;
		if (der[i / 256] != was && key_decode(&key, der, n)) {
			good++;
			if (key.kind == KEY_RSA)
				CHECK(rsa_again(again, &key) == n && !memcmp(again, der, n),
				      "%s: byte %zu is %zu", name, i / 256, i % 256);
			else
				CHECK(key.kind == kind && !memcmp(key.bytes, der + n - len, len) &&
					      key.bytes[0] == 4,
				      "%s: byte %zu is %zu", name, i / 256, i % 256);
		}
		der[i / 256] = was;
	}
	CHECK(good == others, "%s: %u changed bytes are good keys, not %u", name, good, others);
}

/* Sizes of a modulus with its top bit set or not, and exponents. */
static void check_numbers(void)
{
	/* clang-format off */
	static const struct {
		size_t len;
		u8 top;
		u8 e[5];
		size_t e_len;
		bool good;
	} rows[] = {
		{ 256, 0x80, { 1, 0, 1 }, 3, true },
		{ 256, 0x7f, { 1, 0, 1 }, 3, false },
		{ 255, 0xff, { 1, 0, 1 }, 3, false },
		{ 257, 0x80, { 1, 0, 1 }, 3, true },
		{ 384, 0xc0, { 1, 0, 1 }, 3, true },
		{ 512, 0xff, { 1, 0, 1 }, 3, true },
		{ 513, 0x80, { 1, 0, 1 }, 3, false },
		{ 512, 0x7f, { 1, 0, 1 }, 3, false },
		{ 256, 0x80, { 3 }, 1, true },
		{ 256, 0x80, { 1 }, 1, false },
		{ 256, 0x80, { 2 }, 1, false },
		{ 256, 0x80, { 0x80 }, 1, false },
		{ 256, 0x80, { 0x81 }, 1, true },
		{ 256, 0x80, { 0xff, 0xff, 0xff, 0xff }, 4, true },
		{ 256, 0x80, { 0xff, 0xff, 0xff, 0xfe }, 4, false },
		{ 256, 0x80, { 1, 0, 0, 0, 1 }, 5, false },
	};
	/* clang-format on */
	u8 modulus[513], der[700];
	struct public_key key;

	memset(modulus, 0x5b, sizeof(modulus));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		modulus[0] = rows[i].top;
		CHECK(key_decode(&key, der,
				 put_rsa(der, modulus, rows[i].len, rows[i].e, rows[i].e_len)) ==
			      rows[i].good,
		      "row %zu: modulus of %zu bytes", i, rows[i].len);
	}
}

/* The first length of the RSA key in other spellings. */
static void check_lengths(void)
{
	/* clang-format off */
	static const struct {
		u8 head[5];
		size_t n;
	} rows[] = {
		{ { 0x30, 0x80 }, 2 },                   /* indefinite */
		{ { 0x30, 0x81, 0x22 }, 3 },             /* fits the short form */
		{ { 0x30, 0x82, 0x00, 0x22 }, 4 },       /* fits one byte */
		{ { 0x30, 0x83, 0x00, 0x01, 0x22 }, 5 }, /* three bytes */
		{ { 0x30, 0x82, 0x01, 0x21 }, 4 },       /* too short */
		{ { 0x30, 0x82, 0x01, 0x23 }, 4 },       /* too long */
		{ { 0x30, 0x84, 0xff, 0xff, 0xff }, 5 },
		{ { 0x30, 0xff, 0xff, 0xff, 0xff }, 5 },
		{ { 0x31, 0x82, 0x01, 0x22 }, 4 },       /* another tag */
	};
	/* clang-format on */
	u8 der[600], other[600];
	size_t n = from_hex(rsa2048, der);
	struct public_key key;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memcpy(other, rows[i].head, rows[i].n);
		memcpy(other + rows[i].n, der + 4, n - 4);
		CHECK(!key_decode(&key, other, n - 4 + rows[i].n), "length %zu", i);
	}
}

void unit_signature_key(void)
{
	check_key("P-256", p256, KEY_P256, 65, 64 * 255);
	check_key("P-384", p384, KEY_P384, 97, 96 * 255);
	/*
	 * The modulus: 127 first bytes with the top bit, 255 bytes free. The exponent 01 00 01: 126
	 * first bytes below 0x80, one byte free, 127 odd last bytes.
	 */
	check_key("RSA", rsa2048, KEY_RSA, 256, 127 + 255 * 255 + 126 + 255 + 127);
	check_numbers();
	check_lengths();
}

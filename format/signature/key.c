// SPDX-License-Identifier: GPL-2.0-only
#include "signature/key.h"
#include <bearssl_ec.h>
#include <bearssl_rsa.h>
#include <stdlib.h>
#include "signature/pem.h"

/* Everything in front of the coordinates of a point: the last byte says "uncompressed". */
static const u8 p256_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
static const u8 p384_head[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
				0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
				0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04 };

/* AlgorithmIdentifier: rsaEncryption with NULL parameters. */
static const u8 rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				    0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

/* DER that is left to read. */
struct der {
	const u8 *p;
	size_t len;
};

/* An element with this tag at the front of @d; *@d is what follows it. Shortest lengths only. */
static bool der_take(struct der *d, u8 tag, struct der *inside)
{
	size_t len, head = 2;

	if (d->len < 2 || d->p[0] != tag)
		return false;
	len = d->p[1];
	if (len >= 0x80) {
		size_t bytes = len & 0x7f;

		head += bytes;
		if (!bytes || bytes > 2 || d->len < head)
			return false;
		len = 0;
		for (size_t i = 0; i < bytes; i++)
			len = len << 8 | d->p[2 + i];
		if (len < 0x80 || (bytes == 2 && len < 0x100))
			return false;
	}
	if (len > d->len - head)
		return false;
	*inside = (struct der){ d->p + head, len };
	d->p += head + len;
	d->len -= head + len;
	return true;
}

/* A positive INTEGER as its shortest big endian form. */
static bool der_take_number(struct der *d, struct der *number)
{
	if (!der_take(d, 0x02, number) || !number->len || number->p[0] & 0x80)
		return false;
	if (number->p[0])
		return true;
	number->p++;
	number->len--;
	return number->len && number->p[0] & 0x80;
}

static bool decode_point(struct public_key *key, enum key_kind kind, const u8 *der, size_t len,
			 const u8 *head, size_t head_len, u32 coordinates)
{
	if (len != head_len + coordinates || memcmp(der, head, head_len))
		return false;
	key->kind = kind;
	key->len = coordinates + 1;
	memcpy(key->bytes, der + head_len - 1, key->len);
	return true;
}

static bool decode_rsa(struct public_key *key, const u8 *der, size_t len)
{
	struct der all = { der, len }, info, bits, pair, n, e;

	if (!der_take(&all, 0x30, &info) || all.len || info.len < sizeof(rsa_algorithm) ||
	    memcmp(info.p, rsa_algorithm, sizeof(rsa_algorithm)))
		return false;
	info.p += sizeof(rsa_algorithm);
	info.len -= sizeof(rsa_algorithm);
	if (!der_take(&info, 0x03, &bits) || info.len || !bits.len || bits.p[0])
		return false;
	bits.p++;
	bits.len--;
	if (!der_take(&bits, 0x30, &pair) || bits.len || !der_take_number(&pair, &n) ||
	    !der_take_number(&pair, &e) || pair.len)
		return false;
	if (n.len < 256 || n.len > sizeof(key->bytes) || !(n.p[0] & 0x80) || e.len > 4 ||
	    !(e.p[e.len - 1] & 1) || (e.len == 1 && e.p[0] < 3))
		return false;
	key->kind = KEY_RSA;
	key->len = (u32)n.len;
	memcpy(key->bytes, n.p, n.len);
	memset(key->exponent, 0, sizeof(key->exponent));
	memcpy(key->exponent + sizeof(key->exponent) - e.len, e.p, e.len);
	return true;
}

bool key_decode(struct public_key *key, const u8 *der, size_t len)
{
	return decode_point(key, KEY_P256, der, len, p256_head, sizeof(p256_head), 64) ||
	       decode_point(key, KEY_P384, der, len, p384_head, sizeof(p384_head), 96) ||
	       decode_rsa(key, der, len);
}

static bool label_ends(const struct pem_block *block, const char *end)
{
	size_t len = strlen(end);

	return block->label_len >= len && !memcmp(block->label + block->label_len - len, end, len);
}

/* Block @number of a file, decoded in @room. */
static int add_block(struct keys *keys, const struct pem_block *block, unsigned int number,
		     u8 *room, struct error *err)
{
	struct public_key key;
	ssize_t len;

	if (label_ends(block, "PRIVATE KEY"))
		return error_set(err, EINVAL,
				 "holds a private key; give the public one: openssl pkey -pubout");
	if (label_ends(block, "CERTIFICATE"))
		return error_set(err, EINVAL,
				 "holds a certificate; take its key: openssl x509 -noout -pubkey");
	len = pem_decode(block, room);
	if (len < 0)
		return error_set(err, EINVAL, "damaged PEM");
	if (block->label_len != strlen("PUBLIC KEY") || !label_ends(block, "PUBLIC KEY") ||
	    !key_decode(&key, room, (size_t)len))
		return error_set(err, EINVAL,
				 "key %u: not ECDSA P-256 or P-384 nor RSA of 2048 to 4096 bits",
				 number);
	if (keys->n < KEYS_MAX)
		keys->v[keys->n] = key;
	keys->n++;
	return 0;
}

int keys_add(struct keys *keys, const char *text, size_t len, struct error *err)
{
	struct pem pem = { text, len };
	struct pem_block block;
	unsigned int number = 0;
	enum pem_next next;
	u8 *room = malloc(len + 1);
	int rc = 0;

	if (!room)
		return error_nomem(err);
	while (!rc && (next = pem_next(&pem, &block)) != PEM_END)
		rc = next == PEM_BLOCK ? add_block(keys, &block, ++number, room, err)
				       : error_set(err, EINVAL, "damaged PEM");
	free(room);
	if (!rc && !number)
		return error_set(err, EINVAL, "no public key (PEM \"PUBLIC KEY\") in it");
	return rc;
}

/* Whether a signature is r and s in the shortest DER form. BearSSL reads others as well. */
static bool is_plain_der(const u8 *signature, size_t len)
{
	u8 again[SIGNATURE_MAX];
	size_t raw;

	if (len > 8 + 2 * 49) /* of P-384 */
		return false;
	memcpy(again, signature, len);
	raw = br_ecdsa_asn1_to_raw(again, len);
	return raw && br_ecdsa_raw_to_asn1(again, raw) == len && !memcmp(again, signature, len);
}

static bool verify_ecdsa(const struct public_key *key, const u8 hash[32], const u8 *signature,
			 size_t len)
{
	u8 point[97];
	const br_ec_public_key pk = {
		.curve = key->kind == KEY_P256 ? BR_EC_secp256r1 : BR_EC_secp384r1,
		.q = point,
		.qlen = key->len,
	};

	memcpy(point, key->bytes, key->len); /* the library wants it writable */
	return is_plain_der(signature, len) &&
	       br_ecdsa_i31_vrfy_asn1(&br_ec_prime_i31, hash, 32, &pk, signature, len);
}

static bool verify_rsa(const struct public_key *key, const u8 hash[32], const u8 *signature,
		       size_t len)
{
	u8 n[sizeof(key->bytes)], e[sizeof(key->exponent)], signed_hash[32];
	const br_rsa_public_key pk = { n, key->len, e, sizeof(e) };

	if (len != key->len)
		return false;
	memcpy(n, key->bytes, key->len);
	memcpy(e, key->exponent, sizeof(e));
	return br_rsa_i31_pkcs1_vrfy(signature, len, BR_HASH_OID_SHA256, sizeof(signed_hash), &pk,
				     signed_hash) &&
	       !memcmp(signed_hash, hash, sizeof(signed_hash));
}

bool key_verify(const struct public_key *key, const u8 hash[32], const u8 *signature, size_t len)
{
	if (!len || len > SIGNATURE_MAX)
		return false;
	return key->kind == KEY_RSA ? verify_rsa(key, hash, signature, len)
				    : verify_ecdsa(key, hash, signature, len);
}

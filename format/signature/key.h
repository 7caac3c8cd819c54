/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Public keys and the signatures they verify. Beside TLS, key.c is the only file
 * that knows the public-key functions of BearSSL.
 */
#ifndef CFS_SIGNATURE_KEY_H
#define CFS_SIGNATURE_KEY_H

#include "base/error.h"

#define KEYS_MAX 8
#define KEY_FILE_MAX 65536 /* bytes of a file with keys */
#define SIGNATURE_MAX 512  /* bytes of a signature that any key can verify */

enum key_kind {
	KEY_P256, /* ECDSA; bytes holds an uncompressed point */
	KEY_P384,
	KEY_RSA, /* PKCS#1 v1.5; bytes holds the modulus */
};

struct public_key {
	enum key_kind kind;
	u32 len;
	u8 exponent[4]; /* of an RSA key, big endian */
	u8 bytes[512];
};

struct keys {
	struct public_key v[KEYS_MAX];
	unsigned int n; /* all that were found; only the first KEYS_MAX are kept */
};

/*
 * Decode a SubjectPublicKeyInfo: ECDSA with P-256 or P-384, a named curve and an
 * uncompressed point, or RSA with a modulus of 2048 to 4096 bits in whole bytes and
 * an odd exponent from 3 to 2^32 - 1, in the shortest DER form. False for anything
 * else.
 */
bool key_decode(struct public_key *key, const u8 *der, size_t len);

/*
 * Add the keys of a PEM file. One block that cannot be used refuses the file, since
 * to skip it would hide a mistake. -1 and a text without the name of the file.
 */
int keys_add(struct keys *keys, const char *text, size_t len, struct error *err);

/*
 * Whether @key made the signature of a message with this SHA-256 hash. An ECDSA
 * signature has to be DER as one writes it: no other spelling of r and s counts.
 */
bool key_verify(const struct public_key *key, const u8 hash[32], const u8 *signature, size_t len);

#endif

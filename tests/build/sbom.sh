#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# BS-4: make sbom is an SPDX 2.3 document that names all the linker took in, with
# version and licence.
. "$(dirname "$0")/../lib.sh"
[ "$CFS" = "$TOP/cfs" ] || skip_all 'about the release build only'
command -v dpkg-query >/dev/null || skip_all 'versions are known from dpkg'
spdx=$TOP/build/cfs.spdx

ok 'make sbom' make -s sbom
cp "$spdx" "$tmp/first"
ok 'make sbom again' make -s sbom
ok 'the same document' cmp "$spdx" "$tmp/first"
is 'the fields of a document, once each' "$(for field in SPDXVersion DataLicense SPDXID DocumentName \
	DocumentNamespace Creator Created; do sed '/^PackageName/,$d' "$spdx" | grep -c "^$field: .";
	done | tr '\n' ' ')" '1 1 1 1 1 1 1 '
is 'its date' "$(grep -cE '^Created: [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$' "$spdx")" 1
packages=$(grep -c '^PackageName: ' "$spdx")
for field in SPDXID PackageVersion PackageDownloadLocation FilesAnalyzed PackageLicenseConcluded \
	PackageLicenseDeclared PackageCopyrightText Relationship; do
	is "$field of each package" "$(sed '1,/^$/d' "$spdx" | grep -c "^$field: .")" "$packages"
done
is 'every version is known' "$(grep -c '^PackageVersion: NOASSERTION' "$spdx")" 0
is 'every licence is known' "$(grep -c '^PackageLicense.*: NOASSERTION' "$spdx")" 0
is 'identifiers are of letters, digits, points and dashes' \
	"$(sed -n 's/^SPDXID: //p' "$spdx" | grep -cvE '^SPDXRef-[A-Za-z0-9.-]+$')" 0
is 'relations are between what is there' "$(sed -n 's/^Relationship: //p' "$spdx" | tr ' ' '\n' | grep '^SPDXRef-' |
	sort -u | while read -r id; do grep -qxF "SPDXID: $id" "$spdx" || echo "$id"; done)" ''

# What the linker loaded, by the package it belongs to.
is 'everything that is linked has its package' "$(sed -n 's/^LOAD //p' build/cfs.map | sed '
	s|^build/zstd/.*|zstd|
	s|^build/.*|cfs|
	s|.*/libz\.a$|zlib|
	s|.*/libbearssl\.a$|bearssl|
	s|.*-musl/.*|musl|
	s|.*/gcc/.*/[^/]*$|libgcc|' | sort -u | while read -r name; do
	grep -qxF "PackageName: $name" "$spdx" || echo "$name"; done)" ''
is 'and nothing else but headers is listed' "$(sed -n 's/^Relationship: SPDXRef-cfs STATIC_LINK SPDXRef-//p' "$spdx" |
	sort | tr '\n' ' ')" 'bearssl libgcc musl zlib zstd '
plan_done

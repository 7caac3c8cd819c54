#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Container images beyond the known answers (OCI 1 to 7, 10): the same image as from the
# layers themselves, what must not be followed in a layout, operands, damage of every
# document, publication.
# needs: mkfs dump verify
. "$(dirname "$0")/../lib.sh"
need sha256sum tar gzip
cd "$tmp" || exit 1

sum()
{
	sha256sum <"$1" | cut -c1-64
}

# blob FILE - put it into the layout l; its digest.
blob()
{
	cp "$1" "l/blobs/sha256/$(sum "$1")"
	sum "$1"
}

size()
{
	wc -c <"$1"
}

# Two layers: a file is removed, one gets a second name, one is stored as an object.
mkdir -p a/etc a/bin b/etc l/blobs/sha256
head -c 5000 /dev/urandom >a/bin/tool
echo old >a/etc/old
echo new >b/etc/new
: >b/etc/.wh.old
tar --sort=name --mtime=@1700000000 --owner=0 --group=0 -cf a.tar -C a etc bin
tar --sort=name --mtime=@1700000000 --owner=0 --group=0 -cf b.tar -C b etc
gzip -nk b.tar
printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s","sha256:%s"]}}' \
	"$(sum a.tar)" "$(sum b.tar)" >config
media=application/vnd.oci.image
printf '{"schemaVersion":2,"config":{"mediaType":"%s.config.v1+json","digest":"sha256:%s","size":%d},"layers":[{"mediaType":"%s.layer.v1.tar","digest":"sha256:%s","size":%d},{"mediaType":"%s.layer.v1.tar+gzip","digest":"sha256:%s","size":%d}]}' \
	$media "$(blob config)" "$(size config)" $media "$(blob a.tar)" "$(size a.tar)" \
	$media "$(blob b.tar.gz)" "$(size b.tar.gz)" >manifest
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json","digest":"sha256:%s","size":%d,"annotations":{"org.opencontainers.image.ref.name":"v1"}}]}' \
	$media "$(blob manifest)" "$(size manifest)" >l/index.json
printf '{"imageLayoutVersion":"1.0.0"}' >l/oci-layout

"$CFS" mkfs --from-tar --digest-store=want.obj a.tar b.tar.gz want.cfs
ok 'a layout' "$CFS" mkfs --from-oci --digest-store=obj --config-out=c.json l:v1 got.cfs
ok 'the image is that of its layers' cmp want.cfs got.cfs
is 'so are the objects' "$(cd obj && find . -type f | sort)" "$(cd want.obj && find . -type f | sort)"
ok 'and the config is there byte for byte' cmp config c.json
ok 'which verifies' "$CFS" verify -q --basedir=obj got.cfs
ok 'an archive' sh -c 'tar -cf l.tar -C l . && "$0" mkfs --from-oci l.tar:v1 got2.cfs && cmp want.cfs got2.cfs' "$CFS"
ok 'a pipe' sh -c 'cat l.tar | "$0" mkfs --from-oci -:v1 got3.cfs && cmp want.cfs got3.cfs' "$CFS"
ok 'a compressed pipe' sh -c 'gzip <l.tar | "$0" mkfs --from-oci - got4.cfs && cmp want.cfs got4.cfs' "$CFS"
ok 'into a repository' "$CFS" mkfs --from-oci --repo=r --name=app/v1 l
ok 'which verifies, too' "$CFS" verify -q --repo=r

# refused STATUS TEXT OPERAND... - what mkfs --from-oci says; nothing is written.
refused()
{
	status=$1
	text=$2
	shift 2
	rm -f x.cfs
	got=$("$CFS" mkfs --from-oci "$@" x.cfs 2>&1 </dev/null)
	is "$text" "$? $(printf %s "$got" | grep -c "$text") $(ls x.cfs x.json 2>/dev/null)" "$status 1 "
}
refused 2 'the path is empty' :v1
refused 2 'the name behind the colon is empty' l:
refused 1 'no image is named v2; there are: v1' l:v2
refused 3 'does not have the digest' "l:v1@sha256:$(sum config)"
refused 1 'the image is for linux/amd64' --platform=linux/arm64 l
refused 3 'the manifest has no seal for sha256' --require-sealed l
refused 2 'is none of plain, composefs-rs' --oci-rules=x l
refused 2 'excludes --from-file and --from-tar' --from-tar l
refused 2 'only "apply" goes with' --whiteouts=keep l
refused 2 'a file expected' --config-out=- l

# A changed copy of the layout.
changed()
{
	rm -rf m
	cp -r l m
}
layer=blobs/sha256/$(sum b.tar.gz)
changed && rm "m/$layer" && ln -s "$PWD/b.tar.gz" "m/$layer"
refused 1 'open: ' m
changed && rm "m/$layer" && mkfifo "m/$layer"
refused 1 'is not a regular file' m
changed && rm "m/$layer" && mkdir "m/$layer"
refused 1 'is not a regular file' --digest-store=obj m
changed && mv m/blobs/sha256 elsewhere && ln -s "$PWD/elsewhere" m/blobs/sha256
refused 1 'open: ' m
changed && mv m/index.json moved && ln -s "$PWD/moved" m/index.json
refused 1 'index.json: open: ' m
changed && printf x >>"m/$layer"
refused 3 'has more than the' m
changed && head -c 100 "l/$layer" >"m/$layer"
refused 3 'has less than the' m
changed && rm "m/$layer"
refused 1 'layer 2 (sha256:' --config-out=x.json m

# Every prefix and every changed byte of a document: a refusal or the same image.
"$CFS" mkfs --from-oci --print-digest-only l >want.digest
changed
ok 'prefixes and changed bytes of the documents' perl -e '
	my ($cfs, @files) = @ARGV;
	my ($runs, $bad) = (0, 0);
	for my $file (@files) {
		open my $f, "<", "l/$file" or die;
		my $data = do { local $/; <$f> };
		my $len = length $data;
		for my $i (0 .. 2 * $len - 1) {
			my $copy = $i < $len ? substr($data, 0, $i) : $data;
			substr($copy, $i - $len, 1) ^= "\x20" if $i >= $len;
			open my $t, ">", "m/$file" or die;
			print $t $copy;
			close $t;
			my $rc = system "$cfs mkfs --from-oci --print-digest-only m >out 2>err </dev/null";
			$runs++;
			next if $rc == 256 || $rc == 768 || (!$rc && `cat out` eq `cat want.digest`);
			print "# $file $i: $rc\n";
			$bad++;
		}
		open my $t, ">", "m/$file" or die;
		print $t $data;
		close $t;
	}
	exit($bad || $runs < 400 ? 1 : 0);
' "$CFS" oci-layout index.json
plan_done

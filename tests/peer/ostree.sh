#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's ostree writes one commit in all four modes: one image, with the names,
# modes, owners, xattrs and checksums that `ostree ls` prints (ostree 5, 9).
. "$(dirname "$0")/../lib.sh"
need ostree perl setfattr
need_root
cd "$tmp" || exit 1

mkdir -p tree/dir/sub tree/usr tree/empty
echo hello >tree/dir/file
ln tree/dir/file tree/dir/again
head -c 100000 "$CFS" >tree/usr/large
: >tree/usr/none
printf 'x' >"tree/dir/a \"b\"
$(printf '\303\244')"
ln -s ../dir/file tree/usr/link
ln -s "$(printf '%01000d' 0)" tree/usr/long
chmod 4755 tree/usr/large
chmod 1777 tree/empty
chown 70000:80000 tree/dir/file
setfattr -n user.one -v 1 tree/dir/sub 2>/dev/null || skip_all 'no user xattrs here'
setfattr -n user.two -v "$(printf '%0300d' 0)" tree/dir/file
setfattr -n user.none -v '' tree/usr/large

# convert REPO [REV]
convert()
{
	"$CFS" ostree-convert --out=img "$1" "${2:-x/main}"
}

for mode in bare bare-user archive; do
	ostree init --repo=$mode --mode=$mode || exit 1
	ostree commit --repo=$mode -b x/main -s subject --timestamp='2023-11-14 22:13:20 +0000' \
		tree >$mode.commit 2>err || {
		fail "ostree commit in mode $mode" "$(cat err)"
		continue
	}
	is "$mode: the same commit" "$(ostree rev-parse --repo=$mode x/main)" "$(ostree rev-parse --repo=bare x/main)"
	ok "$mode: converted" convert $mode
	[ $mode != bare ] || cp img want
	ok "$mode: the same image" cmp img want
done

# Abbreviated checksums mean what they mean to ostree.
sum=$(ostree rev-parse --repo=archive x/main)
for n in 2 5 16 63; do
	short=$(echo "$sum" | cut -c1-$n)
	is "$n digits: ostree" "$(ostree rev-parse --repo=archive "$short" 2>/dev/null)" "$sum"
	ok "$n digits" convert archive "$short"
	ok "$n digits: the same image" cmp img want
done

# bare-user-only: owners and xattrs are not there, modes are those it allows.
ostree commit --repo=bare -b x/plain --owner-uid=0 --owner-gid=0 --no-xattrs --canonical-permissions tree >/dev/null
ostree init --repo=only --mode=bare-user-only
ostree pull-local --repo=only bare x/plain >/dev/null 2>err || note "$(cat err)"
ok 'bare: the plain commit' convert bare x/plain
cp img plain
ok 'bare-user-only: converted' convert only x/plain
ok 'bare-user-only: the same image' cmp img plain

# What ostree ls says, against the table of contents: mode, owner, size or target, checksum, name.
"$CFS" ostree-convert --print-json archive x/main >json
ostree ls --repo=archive -R -C x/main / >ls
# shellcheck disable=SC2016
perl -MJSON::PP -e '
	my %added = map { $_ => 1 } qw(etc boot var sysroot);
	local $/;
	open my $f, "<", "json";
	for my $e (@{decode_json(<$f>)->{entries}}) {
		next if $added{$e->{name}} || $e->{name} =~ /\n/;
		my $path = $e->{name} eq "." ? "/" : "/$e->{name}";
		my $sum = ($e->{"x-payload"} // "") =~ s/\.file$//r =~ s|/||r;
		my $size = $e->{type} eq "reg" ? $e->{size} : 0;
		$path .= " -> $e->{linkName}" if $e->{type} eq "symlink";
		printf "%s%05o %d %d %d %s %s\n", {qw(dir d reg - symlink l)}->{$e->{type}}, $e->{mode} & 07777,
			$e->{uid}, $e->{gid}, $size, $sum, $path;
	}' | sort >ours
perl -ne '
	chomp;
	my ($mode, $uid, $gid, $size, $rest) = /^(.\d+) +(\d+) +(\d+) +(\d+) (.*)$/ or next;
	my @sums;
	push @sums, $1 while $rest =~ s/^([0-9a-f]{64}) +//;
	my $sum = $mode =~ /^-/ && $size ? $sums[0] : "";
	$rest =~ s/^ +//;
	next if $rest =~ /a "b"/;
	$size = 0 unless $mode =~ /^-/;
	print "$mode $uid $gid $size $sum $rest\n"' ls | sort >theirs
is 'names, modes, owners, sizes, targets, checksums as ostree ls prints them' "$(diff ours theirs)" ''
is 'there are as many' "$(wc -l <ours)" 11
plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The borders of format/README.md: which layer includes which, circles, names, licences, casts
# (RI-2), and whether each citation leads to a section of a document.
. "$(dirname "$0")/../lib.sh"

# files PATTERN - our files of a name pattern, none that was built or unpacked.
files()
{
	find . \( -path ./.git -o -path ./build -o -path ./components -o -path ./debian \) -prune -o \
		-type f -name "$1" -print | sed 's|^\./||' | sort
}

# bad_includes FOLDER ALLOWED - quoted includes in FOLDER whose path does not
# begin with one of the ALLOWED layers.
bad_includes()
{
	[ -d "$1" ] || return 0
	grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.[ch]' "$1" |
		grep -vE "include[[:space:]]*\"($2)/[^\"]*\"" || :
}

# The layers of format/README.md, lowest first: each folder and what it may include.
while read -r folder allowed; do
	is "$folder/ includes nothing above it" \
		"$(bad_includes "format/$folder" "$(echo "$folder $allowed" | tr ' ' '|')")" ''
done <<-'END'
	core
	base core
	files core base
	verity core base files
	signature core base files verity
	store core base files verity
	tree core base
	dump core base files tree
	image core base files verity tree dump
	source core base files verity store tree
	repo core base files verity source
END
is 'applets/ includes the layers and applets/' \
	"$(bad_includes applets 'core|base|files|verity|store|tree|dump|image|source|repo|signature|applets')" ''
is 'an include path does not climb' \
	"$(grep -rn 'include.*\.\./' --include='*.[ch]' cfs.c format applets tests/unit 2>/dev/null)" ''

# A module includes its own header first, so that the header needs nothing else;
# one that has none, or shares one, begins with FOLDER_inside.h.
first_include()
{
	find format -name '*.c' | sort | while read -r c; do
		h=${c%.c}.h
		[ -f "$h" ] || continue
		got=$(sed -n 's/^#include "\(.*\)"/\1/p; /^#include </{s/.*<\(.*\)>.*/\1/p;}' "$c" | head -n 1)
		case $got in
		"${h#format/}" | */*_inside.h) ;;
		*) echo "$c: $got" ;;
		esac
	done
}
is 'a module includes its own header first' "$(first_include)" ''

# Bytes of an image are copied out, never looked at through a cast pointer.
is 'no cast of image bytes to an on-disk type' \
	"$(grep -rnE '\((const )?(struct (erofs|lcfs|cfs_disk)_[a-z0-9_]*|le(16|32|64)) \*\)' \
		--include='*.[ch]' format applets kmod 2>/dev/null)" ''

is '__KERNEL__ is known to core/port.h alone' \
	"$(grep -rl '__KERNEL__' --include='*.[ch]' format applets cfs.c 2>/dev/null |
		grep -vx 'format/core/port.h')" ''

# The modules of format/ form no circle: x.c, x.h and x_inside.h are the module x. tsort names
# the modules of a circle.
circles()
{
	tsort 2>&1 >/dev/null | sed 's/^tsort: //'
}

module_includes()
{
	grep -rE '^#include "' --include='*.[ch]' format |
		sed -n 's|^format/\(.*\)\.[ch]:#include "\(.*\)\.h".*|\1 \2|p' | sed 's/_inside\>//g' |
		awk '$1 != $2' | sort -u
}

# "module module" for each call or other use of a symbol, from the objects of the build.
module_calls()
{
	find format -name '*.c' | sort | sed "s|^\(.*\)\.c|$CFS_BUILD/\1.o|" | xargs nm -A |
		sed -n "s|^$CFS_BUILD/format/\\(.*\\)\\.o:[0-9a-f ]*\\([A-Z]\\) \\(.*\\)|\\1 \\2 \\3|p" |
		awk '$2 != "U" { home[$3] = $1; next }
			{ from[++n] = $1; use[n] = $3 }
			END { for (i = 1; i <= n; i++)
				if (use[i] in home && home[use[i]] != from[i]) print from[i], home[use[i]] }' | sort -u
}
is 'no circle of includes between the modules of format/' "$(module_includes | circles)" ''
if [ -d "$CFS_BUILD/format" ] && command -v nm >/dev/null; then
	is 'no circle of calls between the modules of format/' "$(module_calls | circles)" ''
else
	skip 'no circle of calls between the modules of format/' 'nm or the objects of a build are missing'
fi

# Every file we can put a line into says its licence near its top.
no_spdx()
{
	{
		find . \( -path ./.git -o -path ./build -o -path ./components -o \
			-path ./debian \) -prune -o -type f \
			! -name '*.*' ! -name LICENSE -exec awk 'FNR == 1 && /^#!/ { print FILENAME }
				FNR == 1 { nextfile }' {} + | sed 's|^\./||'
		files '*.[ch]'
		files '*.sh'
		files '*.py'
		files '*.[1-8]'
		files '*.md'
		echo Makefile
	} | sort -u | xargs awk 'FNR == 1 && NR > 1 && !has { print last }
		FNR == 1 { has = 0; last = FILENAME }
		FNR <= 3 && /SPDX-License-Identifier: / { has = 1 }
		FNR == 3 { nextfile }
		END { if (!has) print last }'
}
is 'every file begins with its licence' "$(no_spdx)" ''

unlisted()
{
	find . -mindepth 1 -maxdepth 1 -type d ! -name .git ! -name build ! -name components ! -name debian |
		sed 's|^\./||' | sort | while read -r d; do
		grep -q "^ *$d/" LICENSE || echo "$d"
	done
}
is 'LICENSE says what each folder is under' "$(unlisted)" ''

is 'core/ is GPL-2.0-only or compatible with it' \
	"$(grep -rLE 'SPDX-License-Identifier: .*(GPL-2.0|MIT|BSD-[23]-Clause)' format/core kmod 2>/dev/null)" ''

# A conditional expression inside another one is an if or a function of its own. Comments, strings
# and characters are blanked first; a comma and a bracket each begin an expression of its own.
nested_conditionals()
{
	# shellcheck disable=SC2046 # no name of ours has a space
	perl -e '
		for my $file (@ARGV) {
			open(my $f, "<", $file) or die "$file: $!";
			local $/;
			my ($text, $line, @open) = (<$f>, 1, 0);
			$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27)}
				{ $1 =~ tr/\n//cdr }gse;
			for my $c (split //, $text) {
				if ($c eq "\n") { $line++ }
				elsif ($c =~ /[(\[]/) { push @open, 0 }
				elsif ($c =~ /[)\]]/) { pop @open if @open > 1 }
				elsif ($c =~ /[{};]/) { @open = (0) }
				elsif ($c eq ",") { $open[-1] = 0 }
				elsif ($c eq "?") {
					print "$file:$line\n" if grep { $_ } @open;
					$open[-1]++;
				}
			}
		}' $({ files '*.c' && files '*.h'; } | sort)
}
is 'no conditional expression inside another one' "$(nested_conditionals)" ''

# shellcheck disable=SC2046 # no name of ours has a space
is 'every cited section, property and document exists' "$(perl tests/build/citations.pl $({
	for pattern in '*.[ch]' '*.sh' '*.p[lm]' '*.[1-8]' '*.md'; do files "$pattern"; done
	find Makefile .ci tests -type f ! -name '*.*' -exec grep -Il '^#!' {} +
} | sort -u | grep -v '^CHANGELOG.md$'))" ''

plan_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Few descriptors (SC-6), standard descriptors that are closed (ER-6), and a
# stdout that takes nothing (WI-4).
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
make_fixture
cp -r good from

# ---- 64 descriptors, 10 000 levels, an object at every hundredth
perl -e '
	mkdir "deep" or die; chdir "deep" or die;
	for my $i (1 .. 10000) {
		mkdir "d" or die "$!"; chdir "d" or die;
		next if $i % 100;
		open my $f, ">", "file" or die; print $f "$i " x 2000; close $f;
	}' || exit 1
for threads in 1 2 8; do
	exits "64 descriptors, 10 000 levels, $threads threads" 0 sh -c 'ulimit -n 64; exec "$@"' sh \
		"$CFS" mkfs --threads=$threads --digest-store=deep.store$threads deep deep$threads.img
done
exits 'without a limit' 0 "$CFS" mkfs --digest-store=deep.store deep deep.img
for threads in 1 2 8; do
	ok "the same image, $threads threads" cmp deep.img deep$threads.img
	is "the same store, $threads threads" "$(diff -r deep.store deep.store$threads)" ''
done
exits 'verify with 64 descriptors' 0 sh -c 'ulimit -n 64; exec "$@"' sh "$CFS" verify --threads=8 --basedir=deep.store deep.img
find deep.store -type f | sed -n 'p;n' | xargs rm
exits 'repair with 64 descriptors' 0 sh -c 'ulimit -n 64; exec "$@"' sh \
	"$CFS" verify --threads=8 --basedir=deep.store --repair-from=deep.store1 deep.img
is 'the store is whole again' "$(diff -r deep.store deep.store1)" ''
# So few that it cannot work: an error, nothing else.
for n in 3 4 5 6 8 10 12; do
	rm -rf store
	cp old.img out.img
	(ulimit -n $n && "$CFS" mkfs --threads=1 --digest-store=store src out.img) >stdout 2>stderr
	rc=$?
	if [ $rc = 0 ]; then
		is "$n descriptors suffice" "$("$driver" judge - store 0)" ''
	else
		is "$n descriptors: exit 1, one line, the older image" "$rc $(wc -l <stderr) $("$driver" judge - store 1)" '1 1 '
	fi
done

# ---- closed descriptors: the result is right or exit 1, and nothing lands in a file that is open
for closed in 0 1 2 01 02 12 012; do
	rm -rf store
	cp old.img out.img
	(
		case $closed in *0*) exec <&- ;; esac
		case $closed in *2*) exec 2>&- ;; *) exec 2>stderr ;; esac
		case $closed in *1*) exec >&- ;; *) exec >stdout ;; esac
		exec "$CFS" mkfs --threads=1 --digest-store=store src out.img
	)
	is "closed $closed: mkfs" "$? $("$driver" judge - store 0)" '0 '
	# A message must not end up in the image, nor output.
	(
		case $closed in *0*) exec <&- ;; esac
		case $closed in *2*) exec 2>&- ;; *) exec 2>stderr ;; esac
		case $closed in *1*) exec >&- ;; *) exec >stdout ;; esac
		exec "$CFS" mkfs --threads=1 -v --progress --print-digest --digest-store=store src out.img
	)
	rc=$?
	case $closed in *1*) want='1 ' ;; *) want='0 ' ;; esac
	is "closed $closed: mkfs --print-digest" "$rc $("$driver" judge - store 0)" "$want"
	(
		case $closed in *0*) exec <&- ;; esac
		case $closed in *2*) exec 2>&- ;; *) exec 2>stderr ;; esac
		case $closed in *1*) exec >&- ;; *) exec >stdout ;; esac
		exec "$CFS" dump good.img
	)
	rc=$?
	case $closed in
	*1*) is "closed $closed: dump" $rc 1 ;;
	*) is "closed $closed: dump" "$rc $(cmp stdout good.dump)" '0 ' ;;
	esac
	(
		case $closed in *0*) exec <&- ;; esac
		case $closed in *2*) exec 2>&- ;; *) exec 2>stderr ;; esac
		case $closed in *1*) exec >&- ;; *) exec >stdout ;; esac
		exec "$CFS" mkfs --from-file - out.img
	) <text
	rc=$?
	case $closed in
	*0*) is "closed $closed: mkfs --from-file -" "$rc" 1 ;;
	*) is "closed $closed: mkfs --from-file -" "$rc $("$driver" judge - image 0)" '0 ' ;;
	esac
	rm -rf store
	cp -r good store
	find store -type f | head -n 2 | xargs rm
	(
		case $closed in *0*) exec <&- ;; esac
		case $closed in *2*) exec 2>&- ;; *) exec 2>stderr ;; esac
		case $closed in *1*) exec >&- ;; *) exec >stdout ;; esac
		exec "$CFS" verify -v --threads=1 --basedir=store --repair-from=from good.img
	)
	rc=$?
	case $closed in *1*) want=1 ;; *) want=0 ;; esac
	is "closed $closed: verify --repair-from" "$rc $(diff -r store good)" "$want "
done

# ---- /dev/full
if [ -c /dev/full ]; then
	while read -r command; do
		# shellcheck disable=SC2086 # a list
		"$CFS" $command >/dev/full 2>stderr
		is "/dev/full: $command" "$? $(grep -vcE '(hash code|sandbox): ' stderr) $(grep -c -- '-: write: No space left on device$' stderr)" '1 1 1'
	done <<-END
		dump good.img
		info ls good.img
		info stat good.img
		info objects good.img
		info dump good.img
		info unused-objects --basedir=good old.img
		info missing-objects --basedir=other good.img
		info measure-file good.img
		info cat --basedir=good good.img /dir/large
		info cat good.img /dir/inline
		mkfs --print-digest-only src
		mkfs --print-dump src
		mkfs --print-digest src out.img
		mkfs --from-file text -
		mkfs --from-file text /dev/stdout
		verify --basedir=other good.img
		verify -v good.img
		verify --json good.img
		verify -v --basedir=good
		--help
		--version
		--list
		mkfs --help
		verify --help
	END
fi
plan_done

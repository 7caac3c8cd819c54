#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs --completion: each shell accepts its script and completes with it, and every option
# of every --help is in each script.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
mkdir work
for shell in bash zsh fish; do
	exits "--completion $shell" 0 "$CFS" --completion $shell
	cp stdout script.$shell
	is "--completion $shell: no message" "$(cat stderr)" ''
	exits "--completion $shell to a full disk" 1 sh -c '"$0" --completion $1 >/dev/full' "$CFS" $shell
done
exits 'another shell' 2 "$CFS" --completion tcsh
is 'another shell: the message' "$(cat stderr)" 'cfs: --completion: bash, zsh or fish expected'
exits 'no shell' 2 "$CFS" --completion

missing=
for applet in $("$CFS" --list); do
	for option in $("$CFS" "$applet" --help | grep '^  -' | grep -oE -- '--[a-z][a-z-]*' | sort -u); do
		grep -qe "$option\b" script.bash || missing="$missing bash:$applet$option"
		grep -qe "'\*$option[+=[]" script.zsh || missing="$missing zsh:$applet$option"
		grep -qe " -l ${option#--} " script.fish || missing="$missing fish:$applet$option"
	done
done
is 'every option of every --help is in each script' "$missing" ''

# ---- bash: the function is called as the shell calls it
cat >ask.bash <<'END'
. ./script.bash
cd work
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_cfs 2>/dev/null
printf '%s ' "${COMPREPLY[@]}"
END
if command -v bash >/dev/null; then
	ok 'bash -n' bash -n script.bash
	is 'bash: cfs m' "$(bash ask.bash cfs m)" 'mkfs mkcomposefs mkfs.composefs mount mount.composefs '
	is 'bash: cfs mkfs --print' "$(bash ask.bash cfs mkfs --print)" '--print-config --print-manifest --print-digest --print-digest-only --print-dump '
	is 'bash: cfs mkfs --digest-s, whose value follows' "$(bash ask.bash cfs mkfs --digest-s)" '--digest-store= '
	is 'bash: cfs mkfs --whiteouts=, words' "$(bash ask.bash cfs mkfs --whiteouts = o)" 'overlay '
	is 'bash: mkcomposefs --use' "$(bash ask.bash mkcomposefs --use)" '--use-epoch --user-xattrs '
	is 'bash: cfs info, an empty word' "$(bash ask.bash cfs info '')" \
		'ls dump objects missing-objects unused-objects measure-file cat stat '
	is 'bash: cfs help ver' "$(bash ask.bash cfs help ver)" 'verify '
	touch work/image.cfs
	is 'bash: a file' "$(bash ask.bash cfs dump im)" 'image.cfs '
else
	skip 'bash' 'no bash here'
fi

# ---- fish
if command -v fish >/dev/null; then
	export HOME="$tmp"
	ok 'fish -n' fish -n script.fish
	# ask LINE - the words that fish offers.
	ask()
	{
		(cd work && fish -c "source ../script.fish; complete -C '$1'") | cut -f1 | sort | tr '\n' ' '
	}
	is 'fish: cfs m' "$(ask 'cfs m')" 'mkcomposefs mkfs mkfs.composefs mount mount.composefs '
	is 'fish: cfs mkfs --print' "$(ask 'cfs mkfs --print')" '--print-config --print-digest --print-digest-only --print-dump --print-manifest '
	is 'fish: cfs mkfs --whiteouts=' "$(ask 'cfs mkfs --whiteouts=')" '--whiteouts=apply --whiteouts=keep --whiteouts=overlay '
	is 'fish: mkcomposefs --use' "$(ask 'mkcomposefs --use')" '--use-epoch --user-xattrs '
	is 'fish: cfs verify --ba' "$(ask 'cfs verify --ba')" '--basedir '
	is 'fish: cfs info, sub-commands' "$(ask 'cfs info o')" 'objects '
else
	skip 'fish' 'no fish here'
fi

# ---- zsh: a session on a pseudo terminal types a tab
cat >ask.zsh <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; TERM=dumb; cd work; autoload -Uz compinit; compinit -u -D; source ../script.zsh
unsetopt menu_complete auto_menu; zstyle ':completion:*' list-separator --; LISTMAX=0; print ready-for-it"
text=
while zpty -r z line && [[ $line != *ready-for-it*$'\r'* || $line == *print* ]]; do :; done
zpty -w -n z "$1"$'\t'
sleep ${2:-1}
zpty -w -n z $'\t'
sleep 1
while zpty -rt z line; do text+=$line; done
print -r -- "$text"
zpty -d z
END
if command -v zsh >/dev/null && zsh -c 'zmodload zsh/zpty' 2>/dev/null; then
	ok 'zsh -n' zsh -n script.zsh
	# typed DESC LINE WORD... - each word is shown.
	typed()
	{
		typed_desc=$1 typed_line=$2
		shift 2
		timeout 20 zsh ask.zsh "$typed_line" >shown 2>&1
		typed_missing=
		for word; do
			grep -qF -e "$word" shown || typed_missing="$typed_missing $word"
		done
		is "$typed_desc" "$typed_missing" ''
	}
	typed 'zsh: cfs m' 'cfs m' mkfs mount mkcomposefs
	typed 'zsh: cfs mkfs --print' 'cfs mkfs --print-d' print-digest print-digest-only print-dump
	typed 'zsh: cfs verify --ba' 'cfs verify --ba' 'basedir='
	typed 'zsh: mkcomposefs --use' 'mkcomposefs --use' use-epoch user-xattrs
	typed 'zsh: cfs info, an empty word' 'cfs info ' missing-objects measure-file
else
	skip 'zsh' 'no zsh here'
fi
plan_done

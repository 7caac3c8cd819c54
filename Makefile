# SPDX-License-Identifier: GPL-2.0-only
#
# make                 ./cfs, one static program, and build/cfs with its symbols
# make APPLETS="mount setup-root"   build/mount-setup-root/cfs with these applets alone
# make check           run every test, or TESTS="unit cli/mkfs"; check-long: with the long
#                      loops; check-quick: under a minute, for packagers
# make install         DESTDIR=, PREFIX=/usr/local; uninstall; install-initramfs: hooks
# make dist            build/cfs-VERSION.tar.zst: a source archive that builds offline
# make deb             build/cfs_VERSION_ARCH.deb, a small binary package
# make fuzz            each target of tests/fuzz under libFuzzer: TIME=SECONDS TARGETS="dump toc"
# make check-boot      boot from a composefs root: KERNEL=6.1|6.12, CFS_LONG=1: a Debian
# make SAN=1 [check]   build/san/cfs: AddressSanitizer and UBSan, glibc, dynamic
#                      SAN=thread: the thread sanitizer; SAN=none: nothing, for valgrind
# make LINK=dynamic    build/dynamic/cfs: dynamic, with the C library of CC; for fakeroot
# make CROSS=s390x-linux-gnu-   for another machine (tests/cross/setup)
# make OOM=1           build/oom/cfs: allocations fail on request (tests/oom)
# make kmod KDIR=DIR   build/kmod-RELEASE/composefs.ko; kmod-install
# make check-kmod bench-kmod [KERNEL=6.1|6.12|7]   in virtual machines
# make scoreboard      what the last check-long measured; also: analyze size sbom clean help
#
# V=1 prints the commands. Where musl, BearSSL, zlib and the headers of Linux are not
# found by themselves: USR=DIR (/usr: lib and include below it), MUSL_LIB=DIR (rcrt1.o,
# libc.a), MUSL_INC=DIR (the headers of musl), ZSTD_SRC=DIR (an unpacked zstd 1.5.x).
#
# No target but dist and deb of a fresh clone needs a network. tests/setup installs what
# must be on the machine first, and unpacks the zstd source.

VERSION = 0.1.0
PREFIX = /usr/local
CC = $(CROSS)gcc
CFLAGS = -O2 -g
NM = nm
STRIP = $(CROSS)strip
INSTALL = install
AR = $(CROSS)ar
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

# $(call run,LABEL,NAME,COMMAND): show one line, or the command with V=1. A command that
# fails is shown in full. make -n shows what V=1 would.
flags := $(filter-out -% $(if $(findstring =,$(firstword $(MAKEFLAGS))),%),$(firstword $(MAKEFLAGS)))
silent := $(findstring s,$(flags))
V := $(if $(findstring n,$(flags)),1,$(V))
quote = '$(subst ','\'',$(strip $1))'
say = $(if $(silent)$(V),:,printf '  %-7s %s\n' $1 $2)
run = $(if $(V),$3,@$(call say,$1,$2); $(strip $3) || { printf '%s\n' $(call quote,$3) >&2; exit 1; })

$(if $(filter-out static dynamic,$(LINK)),$(error LINK=$(LINK): static or dynamic))
dynamic := $(filter dynamic,$(LINK))
# A file directly in applets/ is an applet. APPLETS names those that are built, and fuse, a
# part of mount.
all_applets := $(sort $(basename $(notdir $(wildcard applets/*.c))))
fuse := fuse
ifneq ($(origin APPLETS),undefined)
chosen := $(sort $(APPLETS))
$(if $(chosen),,$(error cfs: APPLETS is empty))
$(foreach a,$(filter-out $(all_applets) $(if $(filter mount,$(chosen)),$(fuse)),$(chosen)),$(error \
	cfs: no such applet: $a))
subset := $(if $(filter-out $(chosen),$(all_applets) $(fuse)),$(chosen))
endif
empty :=
joined = $(subst $(empty) ,-,$(strip $1))
B := build$(if $(CROSS),/$(CROSS:-=))$(if $(SAN),/san$(patsubst %,-%,$(SAN:1=)))$(if $(OOM),/oom)$(dynamic:%=/%)$(if \
	$(subset),/$(call joined,$(subset)))
# What the linker makes has symbols. PROGRAM is stripped where they are of no use.
linked := $(B)/cfs$(if $(subset),.debug)
PROGRAM := $(if $(subset)$(CROSS)$(SAN)$(OOM)$(dynamic),$(B)/cfs,cfs)
all: $(PROGRAM) $(linked)

# ---- sources --------------------------------------------------------------
# A file below tests/unit/ is a unit test (its name is its path), one in tests/fuzz/ a
# fuzz target. The folders of applets that are not chosen are compiled all the same, and
# the linker drops what is not used.
all_c = $(foreach d,$1 $1/* $1/*/* $1/*/*/*,$(wildcard $d/*.c))
applet_files := $(patsubst %,applets/%.c,$(filter $(all_applets),$(or $(subset),$(all_applets))))
unit_files := $(sort $(filter-out tests/unit/unit.c,$(call all_c,tests/unit)))
fuzz_files := $(sort $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
format_src := $(sort $(call all_c,format))
applet_src := $(sort $(applet_files) $(filter-out $(all_applets:%=applets/%.c),$(call all_c,applets)))
name = $(subst -,_,$(basename $(notdir $1)))
unit_name = $(subst /,_,$(subst -,_,$(patsubst tests/unit/%.c,%,$1)))

# Debian's source packages keep the sources of zstd below lib, as the archive of upstream does.
zstd := $(or $(ZSTD_SRC),$(firstword $(wildcard components/zstd-$(shell awk '$$1 == "zstd" { print $$2 }' \
	tests/components) components/zstd-1.5.*)))/lib
zstd_src := $(sort $(wildcard $(zstd)/common/*.c $(zstd)/decompress/*.c))
zstd_version := $(shell awk '/define ZSTD_VERSION_(MAJOR|MINOR|RELEASE)/ { printf "%s%s", d, $$3; d = "." }' \
	$(zstd)/zstd.h 2>/dev/null)

obj = $(patsubst %.c,$(B)/%.o,$1)
format_obj := $(call obj,$(format_src))
# The ways to mount, best first: backend_NAME of applets/mount/.
backends := kmod erofs $(if $(if $(subset),$(filter fuse,$(subset)),$(fuse)),fuse fuse_plain fuse_overlay)
applet_obj := $(call obj,$(applet_src)) $(B)/applet_table.o $(B)/backend_table.o
zstd_obj := $(patsubst $(zstd)/%.c,$(B)/zstd/%.o,$(zstd_src))
oom_obj := $(if $(OOM),$(call obj,$(wildcard tests/oom/*.c)))
cfs_obj := $(B)/cfs.o $(applet_obj) $(format_obj) $(oom_obj)
fuzz := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(fuzz_files))
unit_obj := $(call obj,$(unit_files) tests/unit/unit.c) $(B)/unit_table.o

# ---- the machine ----------------------------------------------------------
triple := $(shell $(CC) -dumpmachine 2>/dev/null)
musl_triple := $(patsubst %-gnu,%-musl,$(subst -pc-linux,-linux,$(triple)))
multiarch := $(subst -pc-linux,-linux,$(triple))
USR = $(if $(CROSS),components/$(CROSS:-=))/usr
usr := $(USR)
# Debian has musl in folders of its own; where it is the C library, they are the usual ones.
MUSL_LIB = $(or $(patsubst %/rcrt1.o,%,$(firstword $(wildcard $(usr)/lib/$(musl_triple)/rcrt1.o \
	$(usr)/lib/rcrt1.o))),$(usr)/lib/$(musl_triple))
MUSL_INC = $(or $(wildcard $(usr)/include/$(musl_triple)),$(usr)/include)
musl_lib := $(MUSL_LIB)
musl_inc := $(MUSL_INC)
# A full path per archive: a -L would find glibc's libc.a as well.
find = $(firstword $(wildcard $(foreach d,$(usr)/lib/$(multiarch) $(usr)/lib64 $(usr)/lib,$d/$1)))
libz := $(call find,libz.a)
libbearssl := $(call find,libbearssl.a)
linux_inc := linux asm-generic asm
component_inc := zlib.h zconf.h $(sort $(notdir \
	$(wildcard $(usr)/include/bearssl*.h $(usr)/include/bearssl/*.h)))
inc_find = $(firstword $(wildcard $(foreach d,$(usr)/include/$(multiarch) $(usr)/include $(usr)/include/bearssl,$d/$1)))

missing := $(strip $(if $(triple),,gcc) $(if $(libz),,zlib1g-dev) \
	$(if $(libbearssl),,libbearssl-dev) $(if $(call inc_find,linux/fsverity.h),,linux-libc-dev) \
	$(if $(SAN)$(dynamic)$(wildcard $(musl_lib)/rcrt1.o),,musl-dev) $(if $(filter 1.5.%,$(zstd_version)),,zstd-source))

# ---- flags ----------------------------------------------------------------
clang := $(findstring clang,$(CC))
warnings := -Wall -Wextra -Wshadow -Wvla -Wundef -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual \
	-Wconversion -Wno-missing-field-initializers $(if $(clang),-Wsign-conversion,-Warith-conversion) \
	$(if $(WERROR),-Werror)
# What gcc vectorizes at -O2 costs 2 KB and saves no instruction (callgrind: mkfs
# --from-file, dump, verify).
compact := -fno-tree-vectorize -falign-functions=1 -falign-loops=1 -falign-jumps=1
hardening := -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero \
	$(if $(clang),-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang) \
	$(if $(filter x86_64-% i%86-%,$(triple)),-fcf-protection=full)
sanitizers := $(if $(filter-out none,$(SAN)),-fsanitize=$(SAN:1=address,undefined) -fno-sanitize-recover=all) \
	-fno-omit-frame-pointer -U_FORTIFY_SOURCE
common := -std=gnu11 -fPIE -fvisibility=hidden -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-common \
	'-ffile-prefix-map=$(CURDIR)=.' '-ffile-prefix-map=$(zstd)=zstd' $(if $(SAN),$(sanitizers),$(compact) $(hardening))
ifeq ($(SAN)$(dynamic),)
includes := -nostdinc -isystem $(musl_inc) -isystem $(shell $(CC) -print-file-name=include)
endif
includes += -isystem $(B)/include -isystem $(zstd)
defines := -D_GNU_SOURCE -DCFS_VERSION='"$(VERSION)"' $(if $(OOM),-DCFS_OOM)$(if $(SAN), -DCFS_SAN)$(if $(dynamic), -DCFS_DYNAMIC)
# zstd comes from Debian's source package: libzstd.a holds 86 KB of decoders for
# formats 0.5 to 0.7 and a compressor, and cannot be had without. These are
# switches of its own (lib/README.md). One Huffman and one sequence decoder, no
# second copy for BMI2: 45 KB instead of 106 KB, dump text at 1170 MB/s instead of
# 1550; with -Os 33 KB, at half of that.
zstd_flags := -Os -DZSTD_LEGACY_SUPPORT=0 -DZSTD_TRACE=0 -DZSTD_DISABLE_ASM -DDYNAMIC_BMI2=0 \
	-DHUF_FORCE_DECOMPRESS_X1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT
compile = $(CC) $(common) $(CFLAGS) $(includes) -MMD -MP -c -o $@ $<
# Speed where each byte or each entry of an input passes (a profile of mkfs, dump
# and verify names these files), size everywhere else: 15 % of the time of mkfs
# --from-file for 20 % of our code. base/text, base/hash, verity/verity and image/cursor
# would gain 2 % of their work for 1 % of the program. Sanitizers keep what CFLAGS says.
fast := $(patsubst %,format/%.c,core/decode core/dirblock core/backing core/xxh32 base/buf files/io \
	verity/sha256_x86 verity/sha256_arm dump/parse dump/fields dump/path dump/print \
	tree/tree tree/xattr image/write/emit image/write/order)
small = $(if $(SAN)$(filter $<,$(fast)),,-Os)
ours = $(small) $(warnings) $(defines) -I. -Iformat

# libbearssl.a was built against glibc with fortification and calls these; musl
# has no checking variants, and the checks were of constant sizes anyway.
fortify := $(foreach f,memcpy memset memmove,-Wl,--defsym=__$f_chk=$f)
ifneq ($(SAN)$(dynamic),)
link = $(CC) -pie $(if $(SAN),$(sanitizers),-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack) \
	$(LDFLAGS) -o $@ $1 $(zstd_obj) $(if $(findstring musl,$(CC)$(triple)),$(fortify)) \
	$(libz) $(libbearssl) -lpthread
else
# Static PIE with musl's own start files; gcc's -static-pie alone gives glibc's.
wraps := $(if $(OOM),$(sort $(shell sed 's/__wrap_/\n-Wl,--wrap=/g' tests/oom/*.c 2>/dev/null | \
	grep -o '^-Wl,--wrap=[a-z0-9_]*')))
gccfile = $(shell $(CC) -print-file-name=$1)
libgcc = $(shell $(CC) -print-libgcc-file-name)
# Nothing here unwinds: without the components' tables for it and these two headers
# the first page suffices, and 1.8 KB less.
link_flags := -nostdlib -static-pie -Wl,--gc-sections,-O1,--build-id=none,--no-eh-frame-hdr \
	-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,-z,text -Wl,-T,$(B)/discard.ld $(wraps)
link = $(CC) $(link_flags) $(LDFLAGS) -o $@ \
	$(musl_lib)/rcrt1.o $(musl_lib)/crti.o $(call gccfile,crtbeginS.o) $1 $(zstd_obj) \
	$(fortify) $(libz) $(libbearssl) \
	-Wl,--start-group $(libgcc) $(musl_lib)/libc.a -Wl,--end-group \
	$(call gccfile,crtendS.o) $(musl_lib)/crtn.o
endif

# ---- rules ----------------------------------------------------------------
size_line = @$(if $(silent),:,printf 'cfs: %s bytes\n' "$$(wc -c <$@)")
ifneq ($(PROGRAM),$(linked))
$(PROGRAM): $(linked)
	$(call run,STRIP,$@,$(STRIP) -s -R .comment -o $@ $<)
	$(size_line)
endif

map = -Wl,-Map=$@.map
$(linked): $(cfs_obj) $(zstd_obj) $(B)/flags
	$(call run,LD,$@,$(call link,$(cfs_obj)) $(map))
	$(if $(filter $(PROGRAM),$(linked)),$(size_line))

# The tests pull in the modules they name, hence an archive. Members of the same
# name from two folders both stay (q).
$(B)/cfs.a: $(applet_obj) $(format_obj)
	@rm -f $@
	$(call run,AR,$@,$(AR) qcsD $@ $^)

$(B)/unit: $(unit_obj) $(B)/cfs.a $(zstd_obj)
	$(call run,LD,$@,$(call link,$(unit_obj) $(B)/cfs.a))

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(if $(NO_MAIN),,$(B)/tests/fuzz/replay.o) $(B)/cfs.a $(zstd_obj)
	@mkdir -p $(@D)
	$(call run,LD,$@,$(call link,$(filter-out $(zstd_obj),$^)))

$(B)/zstd/%.o: $(zstd)/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call run,CC,$<,$(compile) -w $(zstd_flags) $(if $(SAN),-fno-sanitize=pointer-overflow))

# unit_NAME() is declared by the table alone.
$(B)/tests/unit/%.o: ours += -Wno-missing-prototypes
$(B)/format/core/%.o: ours += -Wframe-larger-than=512 -fstack-usage
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call run,CC,$<,$(compile) $(ours))

$(B)/%.o: $(B)/%.c $(B)/flags
	$(call run,CC,$<,$(compile) $(ours))

# Written anew only when it changes, so that what depends on it stays.
update = { mkdir -p $(@D) && cat >$@.$$$$ && \
	if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; $(call say,GEN,$@); fi; }

names_of = $(shell sed -n 's/^\t\.aliases = "\(.*\)",$$/\1/p' $1)
left_out := $(filter-out $(subset),$(if $(subset),$(all_applets)))
commit := $(shell cat build-commit 2>/dev/null || git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
$(B)/applet_table.c: FORCE
	@{ printf '#include <stddef.h>\n#include "applets/applet.h"\n\n'; \
	for a in $(call name,$(applet_files)); do echo "extern const struct applet applet_$$a;"; done; \
	printf '\nconst struct applet *const applets[] = {\n'; \
	for a in $(call name,$(applet_files)); do printf '\t&applet_%s,\n' $$a; done; \
	printf '\tNULL,\n};\n'; \
	echo 'const char build_applets[] = "$(left_out) $(call names_of,$(left_out:%=applets/%.c) /dev/null)";'; \
	echo 'const char build_components[] = "$(shell tests/versions $(zstd_version))";'; \
	echo 'const char build_commit[] = "$(commit), $(firstword $(subst -, ,$(triple)))";'; } | $(update)

$(B)/backend_table.c: FORCE
	@{ printf '#include <stddef.h>\n#include "applets/mount/backend.h"\n\n'; \
	for b in $(backends); do echo "extern const struct backend backend_$$b;"; done; \
	printf '\nconst struct backend *const backends[] = {\n'; \
	for b in $(backends); do printf '\t&backend_%s,\n' $$b; done; \
	printf '\tNULL,\n};\n'; } | $(update)

$(B)/unit_table.c: FORCE
	@{ printf '#include <stddef.h>\n#include "tests/unit/unit.h"\n\n'; \
	for u in $(call unit_name,$(unit_files)); do echo "void unit_$$u(void);"; done; \
	printf '\nconst struct unit_test unit_tests[] = {\n'; \
	for u in $(call unit_name,$(unit_files)); do printf '\t{ "%s", unit_%s },\n' $$u $$u; done; \
	printf '\t{ NULL, NULL },\n};\n'; } | $(update)

# Every object depends on the flags it was made with; the headers of components
# and of the kernel come through a folder of links that holds nothing else.
$(B)/flags: FORCE
	@$(if $(missing),echo 'cfs: missing: $(missing); run: tests/$(if $(CROSS),cross/)setup' >&2; exit 1)
	@mkdir -p $(B)/include
	@echo 'SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT BEFORE .text;' >$(B)/discard.ld
	@$(foreach h,$(component_inc) $(linux_inc),[ -e $(B)/include/$h ] || ln -sfn $(abspath $(call inc_find,$h)) $(B)/include/$h;)
	@echo '$(subst ','\'',$(CC) $(common) $(CFLAGS) $(includes) $(ours) $(link_flags) $(LDFLAGS) $(zstd_flags))' | $(update)

programs: all $(if $(subset),,$(if $(wildcard tests/unit/unit.c),$(B)/unit) $(fuzz))
where:
	@echo $(B)
quick := build/binary build/borders cli/cfs cli/mkfs cli/dump cli/info golden/dump golden/toc golden/tar
check check-long check-quick: programs
	@CFS='$(CURDIR)/$(PROGRAM)' CFS_BUILD='$(CURDIR)/$(B)' tests/run $(if $(filter check-long,$@),--long) \
		$(or $(TESTS),$(if $(filter check-quick,$@),$(quick)))

# make bench [ROWS=P1,P4] [PEER=DIR] [JSON=1]; tests/bench/README.md
bench: all
	@CFS='$(CURDIR)/cfs' BENCH_DIR='$(CURDIR)/build/bench' perl tests/bench/run.pl \
		--rows='$(ROWS)' $(if $(PEER),--peer='$(PEER)') $(if $(JSON),--json)

# What the last `make check-long` has measured; fuzzing, tests/fuzz/README.md.
scoreboard: ; @tests/scoreboard $(B)/fault
fuzz: ; @nice -n 19 tests/fuzz/run $(or $(TIME),1200) $(TARGETS)

# Every header by itself: nothing it needs may come from whoever includes it.
headers: $(patsubst %,$(B)/%.ok,$(sort $(wildcard $(foreach d,applets applets/* applets/*/* format/* format/*/* format/*/*/*,$d/*.h))))
$(B)/%.h.ok: %.h $(B)/flags
	@mkdir -p $(@D)
	$(call run,CC,$<,$(CC) $(common) $(CFLAGS) $(includes) $(ours) -x c -fsyntax-only $<)
	@touch $@

# Each source, or each of FILES, through three analyzers.
analyze: $(B)/flags
	tests/analyze $(CC) $(common) $(includes) $(ours) -- $(defines) -I. -Iformat $(includes) \
		-- $(or $(FILES),cfs.c $(applet_src) $(format_src))

# In DESTDIR the names that belong to composefs are links to cfs (install.c has the same
# rule); mount(8) finds its helper in sbin. The manual pages of applets are called
# cfs-NAME. A program for another machine is not run: it gets no completions.
bindir = $(DESTDIR)$(PREFIX)/bin
sbindir = $(DESTDIR)$(PREFIX)/sbin
sharedir = $(DESTDIR)$(PREFIX)/share
mandir = $(sharedir)/man
links := $(filter-out composefs-dump,$(foreach a,$(call names_of,$(applet_files)),$(if \
	$(findstring composefs,$a),$a)))
pages := $(wildcard $(foreach a,$(applet_files:applets/%.c=%),applets/$a.[18] applets/$a/*.[18]))
page = $(mandir)/man$(subst .,,$(suffix $1))/cfs-$(notdir $1)
completions := $(if $(CROSS)$(SAN)$(OOM),,bash zsh fish)
shell_bash = bash-completion/completions/cfs
shell_zsh = zsh/site-functions/_cfs
shell_fish = fish/vendor_completions.d/cfs.fish
installed = $(bindir)/cfs $(links:%=$(bindir)/%) $(if $(filter mount.composefs,$(links)),$(sbindir)/mount.composefs) \
	$(mandir)/man1/cfs.1 $(foreach m,$(pages),$(call page,$m)) \
	$(foreach c,$(completions),$(sharedir)/$(shell_$c))
install: all
	$(INSTALL) -d '$(bindir)' '$(sbindir)' '$(mandir)/man1' '$(mandir)/man8'
	$(INSTALL) -m 755 $(PROGRAM) '$(bindir)/cfs'
	$(if $(SAN)$(OOM),,$(STRIP) -s -R .comment '$(bindir)/cfs')
	$(foreach l,$(links),ln -sf cfs '$(bindir)/$l' &&) :
	$(if $(filter mount.composefs,$(links)),ln -sf ../bin/cfs '$(sbindir)/mount.composefs')
	$(INSTALL) -m 644 cfs.1 '$(mandir)/man1/cfs.1'
	$(foreach m,$(pages),$(INSTALL) -m 644 $m '$(call page,$m)' &&) :
	$(foreach c,$(completions),mkdir -p '$(dir $(sharedir)/$(shell_$c))' && \
		$(PROGRAM:cfs=./cfs) --completion $c >'$(sharedir)/$(shell_$c)' &&) :
uninstall:
	rm -f $(foreach f,$(installed),'$f')
dist: ; @VERSION=$(VERSION) ZSTD='$(zstd)' tests/dist
deb: all ; @VERSION=$(VERSION) MAKE='$(MAKE)' tests/deb
help: ; @sed -n '/^# make  /,/^$$/s/^# \{0,1\}//p' Makefile

# What builds an initramfs looks in these places, whatever PREFIX is.
hooks := applets/setup-root/hooks
hook = $(INSTALL) -D -m $1 '$(hooks)/$2' '$(DESTDIR)/usr/$3'
install-initramfs:
	$(call hook,755,dracut/module-setup.sh,lib/dracut/modules.d/37cfs/module-setup.sh)
	$(call hook,755,dracut/cfs-pre-pivot.sh,lib/dracut/modules.d/37cfs/cfs-pre-pivot.sh)
	$(call hook,644,dracut/cfs-setup-root.service,lib/dracut/modules.d/37cfs/cfs-setup-root.service)
	$(call hook,644,dracut/cfs-setup-root.service,lib/composefs/cfs-setup-root.service)
	$(call hook,644,mkinitcpio/install/cfs,lib/initcpio/install/cfs)
	$(call hook,644,mkinitcpio/hooks/cfs,lib/initcpio/hooks/cfs)
	$(call hook,755,initramfs-tools/hooks/cfs,share/initramfs-tools/hooks/cfs)
	$(call hook,755,initramfs-tools/scripts/local-bottom/cfs,share/initramfs-tools/scripts/local-bottom/cfs)
	$(call hook,755,busybox/init,lib/composefs/init)

# Boot virtual machines from a composefs root: make check-boot [KERNEL=6.1|6.12|7].
check-boot: all
	CFS='$(CURDIR)/cfs' sh tests/boot/run $(or $(KERNEL),6.1)

# What each applet, module and library adds, after the linker dropped what is unused.
size: all
	@awk -f tests/size.awk $(linked).map && wc -c $(PROGRAM)

# The kernel module. Kbuild writes beside its sources, so each kernel gets a
# folder of links; the compiler finds format/core by CFS_FORMAT (kmod/Kbuild).
KDIR = /lib/modules/$(shell uname -r)/build
kmod_release = $(shell sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' \
	'$(KDIR)/include/generated/utsrelease.h' 2>/dev/null)
kmod_dir = $(CURDIR)/build/kmod-$(kmod_release)
kbuild = +$(MAKE) --no-print-directory -C '$(KDIR)' M='$(kmod_dir)' CFS_FORMAT='$(CURDIR)/format' \
	CONFIG_DEBUG_INFO_BTF_MODULES=
kmod:
	$(if $(wildcard $(KDIR)/Makefile),,$(error no kernel headers in $(KDIR)))
	@mkdir -p '$(kmod_dir)' && ln -sf '$(CURDIR)'/kmod/Kbuild '$(CURDIR)'/kmod/*.[ch] '$(kmod_dir)'
	$(kbuild) modules
	@echo 'build/kmod-$(kmod_release)/composefs.ko'
kmod-install: kmod
	$(kbuild) modules_install
# Tests and counts in virtual machines; KERNEL=6.1, 6.12 or 7 (tests/kmod/setup).
check-kmod bench-kmod: all
	KERNEL='$(KERNEL)' tests/kmod/$(@:-kmod=)

# What is in the program, as an SPDX document.
sbom: all
	@tests/sbom $(VERSION) '$(zstd)' >$(B)/cfs.spdx && echo $(B)/cfs.spdx

# The kernels that tests/kmod/get-kernel fetched stay.
clean:
	rm -rf cfs $(filter-out build/kernels,$(wildcard build/*))

FORCE:
.PHONY: all analyze bench bench-kmod check check-boot check-kmod check-long check-quick clean deb dist \
	FORCE fuzz headers help install install-initramfs kmod kmod-install programs sbom scoreboard size \
	uninstall where
-include $(patsubst %.o,%.d,$(cfs_obj) $(unit_obj) $(zstd_obj) $(call obj,$(wildcard tests/fuzz/*.c)))

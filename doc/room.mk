# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += README.md HACKING.md COPYING doc/architecture.md doc/manual.md doc/performance.md doc/terminology.md \
	doc/notes/cmsis-dap.md doc/notes/cortex-m.md doc/notes/dap.md doc/notes/debug-port.md doc/notes/flash-loader.md doc/notes/gdb.md doc/notes/jim.md \
	doc/notes/ftdi.md doc/notes/imxrt.md doc/notes/imxrt-boot-rom.md doc/notes/jlink.md doc/notes/serial-nor.md \
	doc/notes/stlink.md doc/notes/swo.md doc/notes/unicorn-m-profile.md doc/notes/usb-emulation.md doc/notes/virtual-flexspi.md doc/notes/virtual-imxrt.md doc/notes/virtual-l476.md doc/notes/virtual-stm32-flash.md doc/notes/virtual-stm32-lines.md doc/notes/virtual-stm32-boards.md \
	doc/notes/judge-stm32.md doc/notes/virtual-stm32-presets.md doc/notes/stm32-debug-bits.md doc/notes/stm32-options.md \
	doc/adding-a-chip.md doc/adding-a-flash-driver.md doc/adding-a-probe.md \
	.ci/run .clang-format .editorconfig
EXTRA_DIST += contrib/gen-html doc/style.css
EXTRA_DIST += doc/ide/README.md doc/ide/arduino.md doc/ide/cdt-gdb-adapter.md doc/ide/clion.md doc/ide/cortex-debug.md doc/ide/cppdbg.md \
	doc/ide/eclipse.md doc/ide/gdb.md doc/ide/make.md doc/ide/platformio.md doc/ide/riot.md doc/ide/rtt.md doc/ide/rust.md \
	doc/ide/stm32cubeide.md doc/ide/zephyr.md doc/notes/ide.md

# `make html` and `make install-html`: all pages for a browser; the manual is a man page as well.
if HAVE_LOWDOWN
html-local:
	LOWDOWN=$(LOWDOWN) srcdir=$(srcdir) $(srcdir)/contrib/gen-html html

install-html-local: html-local
	$(MKDIR_P) "$(DESTDIR)$(htmldir)"
	cp -R html/. "$(DESTDIR)$(htmldir)/"

nodist_man7_MANS = doc/probed-manual.7
CLEANFILES += doc/probed-manual.7
doc/probed-manual.7: doc/manual.md
	$(AM_V_GEN)$(MKDIR_P) doc && grep -v '^<!-- SPDX' $(srcdir)/doc/manual.md | \
		$(LOWDOWN) -s -tman -M title=PROBED-MANUAL -M section=7 -M source=probed >$@.tmp && mv $@.tmp $@
endif

clean-local: clean-html
clean-html:
	rm -rf html
uninstall-local:
	rm -rf "$(DESTDIR)$(htmldir)"

EXTRA_DIST += doc/errors/general.md doc/errors/host.md doc/errors/scripts.md doc/errors/probe.md doc/errors/debug-port.md \
	doc/errors/memory.md doc/errors/target.md doc/errors/images.md doc/errors/flash.md doc/errors/ports.md
EXTRA_DIST += doc/from-openocd.md

# tests/at/: autotest, with Open vSwitch's own macros, on its dummy datapath.

AT_FILES = \
	tests/at/testsuite.at \
	tests/at/tm-macros.at \
	tests/at/matching.at \
	tests/at/explain.at \
	tests/at/encap.at \
	tests/at/reconcile.at \
	tests/at/vlan.at \
	tests/at/tunnel.at \
	tests/at/elb.at \
	tests/at/safety.at \
	tests/at/stats.at \
	tests/at/robustness.at \
	tests/at/metrics.at \
	tests/at/bad-rows.at
EXTRA_DIST += \
	$(AT_FILES) \
	tests/at/atlocal.in \
	tests/at/http-clients.py \
	tests/at/run \
	tests/at/trace-copies.py
CLEANFILES += \
	tests/at/package.m4 \
	tests/at/testsuite \
	tests/at/atconfig \
	tests/at/atlocal

tests/at/package.m4: $(top_srcdir)/configure.ac
	$(AM_V_GEN)$(MKDIR_P) tests/at && { \
	echo 'm4_define([AT_PACKAGE_NAME], [$(PACKAGE_NAME)])'; \
	echo 'm4_define([AT_PACKAGE_TARNAME], [$(PACKAGE_TARNAME)])'; \
	echo 'm4_define([AT_PACKAGE_VERSION], [$(PACKAGE_VERSION)])'; \
	echo 'm4_define([AT_PACKAGE_STRING], [$(PACKAGE_STRING)])'; \
	echo 'm4_define([AT_PACKAGE_BUGREPORT], [$(PACKAGE_BUGREPORT)])'; \
	} > $@.tmp && mv $@.tmp $@

# Our folder comes first: Open vSwitch's has a package.m4 too.
tests/at/testsuite: $(AT_FILES) tests/at/package.m4
	$(AM_V_GEN)$(AUTOM4TE) --language=autotest -I tests/at \
		-I $(srcdir)/tests/at -I $(OVSDIR) -o $@.tmp testsuite.at && \
	mv $@.tmp $@

tests/at/atconfig: tests/atconfig
	$(AM_V_GEN)$(SED) -e "s,^\(at_testdir=\).*,\1'tests/at'," \
		-e "s,^\(abs_builddir=\).*,\1'$(abs_builddir)/tests/at'," \
		-e "s,^\(at_srcdir=\).*,\1'$(abs_srcdir)/tests/at'," \
		-e "s,^\(abs_srcdir=\).*,\1'$(abs_srcdir)/tests/at'," \
		-e "s,^\(at_top_build_prefix=\).*,\1'../../'," \
		tests/atconfig > $@.tmp && mv $@.tmp $@

tests/at/atlocal: $(srcdir)/tests/at/atlocal.in Makefile
	$(AM_V_GEN)$(SED) -e 's,@PYTHON3[@],$(PYTHON3),' \
		-e 's,@OVSDIR[@],$(OVSDIR),' \
		-e 's,@abs_srcdir[@],$(abs_srcdir),' \
		$(srcdir)/tests/at/atlocal.in > $@.tmp && mv $@.tmp $@

# 'make check-at TESTSUITEFLAGS=-j2'; 'make check-at TESTSUITEFLAGS=-d 3' keeps
# the folder of test 3.
check-at: all tests/at/testsuite tests/at/atconfig tests/at/atlocal
	$(SHELL) tests/at/testsuite -C tests/at \
		AUTOTEST_PATH=plugin:utilities $(TESTSUITEFLAGS)
.PHONY: check-at

clean_local += clean-at
clean-at:
	test ! -f tests/at/testsuite || \
		$(SHELL) tests/at/testsuite -C tests/at --clean

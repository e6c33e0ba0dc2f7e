# tests/: unit (CUnit), at (autotest, dummy datapath), system (real packets),
# perf.  tests/run runs all of them but perf.

EXTRA_DIST += .ci/run tests/run tests/count.sh

# tmirror-ctl against an ovsdb-server of its own; tests/run runs it.
EXTRA_DIST += \
	tests/ctl/harness.sh \
	tests/ctl/run \
	tests/ctl/targets.sh \
	tests/ctl/test-ctl.sh

# Bugs that the sanitizers must find; built and run by tests/run alone.
EXTRA_PROGRAMS = tests/unit/planted-bug
CLEANFILES += $(EXTRA_PROGRAMS)
tests_unit_planted_bug_SOURCES = tests/unit/planted-bug.c

# Unit tests link the pure libraries only.
check_PROGRAMS += \
	tests/unit/test-lib \
	tests/unit/test-flow \
	tests/unit/test-compile
TESTS += \
	tests/unit/test-lib \
	tests/unit/test-flow \
	tests/unit/test-compile

tests_unit_test_lib_SOURCES = \
	tests/unit/test-lib.c \
	tests/unit/test-lib.h \
	tests/unit/test-lib-help.c \
	tests/unit/test-match.c \
	tests/unit/test-model.c \
	tests/unit/test-model-random.c \
	tests/unit/test-model-touch.c \
	tests/unit/test-model-view.c \
	tests/unit/test-model-view.h \
	tests/unit/test-text.c \
	tests/unit/test-validate.c \
	tests/unit/test-validate-model.c
tests_unit_test_lib_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_lib_LDADD = lib/libtm.a $(OVS_LIBS) $(CUNIT_LIBS)

tests_unit_test_flow_SOURCES = \
	tests/unit/test-flow.c \
	tests/unit/test-flow.h \
	tests/unit/test-flow-set.c
tests_unit_test_flow_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_flow_LDADD = plugin/libtmflow.a $(OVS_LIBS) $(CUNIT_LIBS)

tests_unit_test_compile_SOURCES = \
	tests/unit/compile-switch.c \
	tests/unit/compile-world.c \
	tests/unit/compile-world.h \
	tests/unit/test-compile.c \
	tests/unit/test-compile.h \
	tests/unit/test-compile-flows.c \
	tests/unit/test-compile-full.c \
	tests/unit/test-compile-random.c \
	tests/unit/test-compile-states.c
tests_unit_test_compile_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_compile_LDADD = \
	plugin/libtmcompile.a plugin/libtmflow.a lib/libtm.a \
	$(OVS_LIBS) $(CUNIT_LIBS)

EXTRA_DIST += \
	tests/system/cases.sh \
	tests/system/encap.test \
	tests/system/example.test \
	tests/system/expect.py \
	tests/system/failures.test \
	tests/system/life.test \
	tests/system/loops.test \
	tests/system/ports.test \
	tests/system/production.test \
	tests/system/run \
	tests/system/send.py \
	tests/system/traffic.py \
	tests/system/two-sources.test \
	tests/system/vxlan-decode.py \
	tests/system/world.sh \
	tests/system/world.test
EXTRA_DIST += \
	tests/differential/differential.py \
	tests/differential/run \
	tests/perf/perf.py \
	tests/perf/run \
	tests/python/dummyworld.py \
	tests/python/ovsdb.py

include tests/at/automake.mk

DISTCLEANFILES += tests/atconfig

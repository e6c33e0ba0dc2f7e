# tests/: unit (CUnit), at (autotest, dummy datapath), system (real packets),
# fuzz (libFuzzer), perf.  tests/run runs all of them but perf.

EXTRA_DIST += .ci/run tests/run tests/count.sh

# tmirror-ctl against an ovsdb-server of its own; tests/run runs it.
EXTRA_DIST += \
	tests/ctl/audit.test \
	tests/ctl/completion.test \
	tests/ctl/help.test \
	tests/ctl/effect.test \
	tests/ctl/explain.test \
	tests/ctl/harness.sh \
	tests/ctl/junk.py \
	tests/ctl/junk.test \
	tests/ctl/lb.test \
	tests/ctl/limits.py \
	tests/ctl/limits.test \
	tests/ctl/limits_table.py \
	tests/ctl/lists.test \
	tests/ctl/page-examples.py \
	tests/ctl/races.test \
	tests/ctl/show.test \
	tests/ctl/run \
	tests/ctl/stats.test \
	tests/ctl/targets.sh \
	tests/ctl/test-ctl.sh \
	tests/ctl/upgrade.test

# Bugs that the sanitizers must find; built and run by tests/run alone.
EXTRA_PROGRAMS = tests/unit/planted-bug
CLEANFILES += $(EXTRA_PROGRAMS)
tests_unit_planted_bug_SOURCES = tests/unit/planted-bug.c

# Unit tests link the pure libraries only.
check_PROGRAMS += \
	tests/unit/test-lib \
	tests/unit/test-space \
	tests/unit/test-explain \
	tests/unit/test-flow \
	tests/unit/test-compile \
	tests/unit/test-switch
TESTS += \
	tests/unit/test-lib \
	tests/unit/test-space \
	tests/unit/test-explain \
	tests/unit/test-flow \
	tests/unit/test-compile \
	tests/unit/test-switch

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
	tests/unit/test-quota.c \
	tests/unit/test-spread.c \
	tests/unit/test-text.c \
	tests/unit/test-validate.c \
	tests/unit/test-validate-model.c
tests_unit_test_lib_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_lib_LDADD = lib/libtm.a $(OVS_LIBS) $(CUNIT_LIBS)

tests_unit_test_space_SOURCES = \
	tests/unit/test-lib.h \
	tests/unit/test-lib-help.c \
	tests/unit/test-effect.c \
	tests/unit/test-effect-random.c \
	tests/unit/test-space.c \
	tests/unit/test-space.h \
	tests/unit/test-space-help.c \
	tests/unit/test-warning.c
tests_unit_test_space_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_space_LDADD = lib/libtm.a $(OVS_LIBS) $(CUNIT_LIBS)

tests_unit_test_explain_SOURCES = \
	plugin/report/explain-claim.c \
	plugin/report/explain-claim.h \
	tests/unit/test-explain.c \
	tests/unit/test-explain.h \
	tests/unit/test-explain-packet.c \
	tests/unit/test-explain-trace.c \
	tests/unit/test-lib.h \
	tests/unit/test-lib-help.c
tests_unit_test_explain_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_explain_LDADD = \
	plugin/libtmswitch.a lib/libtm.a $(OVS_LIBS) $(CUNIT_LIBS)

tests_unit_test_flow_SOURCES = \
	tests/unit/test-flow.c \
	tests/unit/test-flow.h \
	tests/unit/test-flow-set.c
tests_unit_test_flow_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_flow_LDADD = plugin/libtmflow.a $(OVS_LIBS) $(CUNIT_LIBS)

# The part of plugin/switch that only takes messages apart.
tests_unit_test_switch_SOURCES = tests/unit/test-switch.c
tests_unit_test_switch_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_switch_LDADD = \
	plugin/libtmswitch.a plugin/libtmflow.a $(OVS_LIBS) $(CUNIT_LIBS)

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
	tests/system/counts.py \
	tests/system/elb.test \
	tests/system/encap.test \
	tests/system/example.test \
	tests/system/expect.py \
	tests/system/failures.test \
	tests/system/life.test \
	tests/system/limits-live.test \
	tests/system/loops.test \
	tests/system/metrics.test \
	tests/system/ports.test \
	tests/system/production.test \
	tests/system/run \
	tests/system/send.py \
	tests/system/stale.py \
	tests/system/stale.test \
	tests/system/stats.test \
	tests/system/traffic.py \
	tests/system/two-nodes.sh \
	tests/system/two-sources.test \
	tests/system/vxlan-decode.py \
	tests/system/world.sh \
	tests/system/world.test
EXTRA_DIST += \
	tests/differential/differential.py \
	tests/differential/randomworld.py \
	tests/differential/run \
	tests/differential/semantics.py \
	tests/differential/traces.py \
	tests/differential/truth.py \
	tests/perf/perf.py \
	tests/perf/run \
	tests/python/dummyworld.py \
	tests/python/ovsdb.py

include tests/at/automake.mk
include tests/fuzz/automake.mk

DISTCLEANFILES += tests/atconfig

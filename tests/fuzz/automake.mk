# tests/fuzz/: parsers against any input.  With --enable-fuzzers each target is
# a libFuzzer program, for tests/fuzz/run; without, one that 'make check' gives
# its corpus to.

fuzz_targets = \
	tests/fuzz/fuzz-cidr \
	tests/fuzz/fuzz-flow \
	tests/fuzz/fuzz-http \
	tests/fuzz/fuzz-keys \
	tests/fuzz/fuzz-openflow \
	tests/fuzz/fuzz-port-range \
	tests/fuzz/fuzz-stats \
	tests/fuzz/fuzz-text \
	tests/fuzz/fuzz-trace
EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/flow.dict \
	tests/fuzz/http.dict \
	tests/fuzz/keys.dict \
	tests/fuzz/stats.dict \
	tests/fuzz/trace.dict \
	tests/fuzz/run

check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c

if FUZZERS
noinst_PROGRAMS += $(fuzz_targets)
fuzz_main = $(FUZZ_LDFLAGS)
else
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
fuzz_main = tests/fuzz/libreplay.a
endif

# What only the library knows needs nothing else.
fuzz_sources = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
fuzz_lib = $(fuzz_main) lib/libtm.a $(OVS_LIBS)
fuzz_ctl = \
	$(fuzz_main) utilities/libtmctl.a lib/libtmstore.a lib/libtm.a \
	$(LIBEVENT_LIBS) $(OVS_LIBS)

tests_fuzz_fuzz_cidr_SOURCES = tests/fuzz/fuzz-cidr.c $(fuzz_sources)
tests_fuzz_fuzz_cidr_LDADD = $(fuzz_lib)

tests_fuzz_fuzz_flow_SOURCES = tests/fuzz/fuzz-flow.c $(fuzz_sources)
tests_fuzz_fuzz_flow_LDADD = $(fuzz_lib)

tests_fuzz_fuzz_http_SOURCES = \
	plugin/report/http.c plugin/report/http.h \
	tests/fuzz/fuzz-http.c $(fuzz_sources)
tests_fuzz_fuzz_http_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS)
tests_fuzz_fuzz_http_LDADD = $(fuzz_lib) $(LIBEVENT_LIBS)

tests_fuzz_fuzz_keys_SOURCES = tests/fuzz/fuzz-keys.c $(fuzz_sources)
tests_fuzz_fuzz_keys_LDADD = $(fuzz_ctl)

tests_fuzz_fuzz_openflow_SOURCES = tests/fuzz/fuzz-openflow.c $(fuzz_sources)
tests_fuzz_fuzz_openflow_LDADD = \
	$(fuzz_main) plugin/libtmswitch.a plugin/libtmflow.a lib/libtm.a \
	$(OVS_LIBS)

tests_fuzz_fuzz_port_range_SOURCES = \
	tests/fuzz/fuzz-port-range.c $(fuzz_sources)
tests_fuzz_fuzz_port_range_LDADD = $(fuzz_lib)

tests_fuzz_fuzz_stats_SOURCES = tests/fuzz/fuzz-stats.c $(fuzz_sources)
tests_fuzz_fuzz_stats_LDADD = $(fuzz_ctl)

tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz-text.c $(fuzz_sources)
tests_fuzz_fuzz_text_LDADD = $(fuzz_lib)

tests_fuzz_fuzz_trace_SOURCES = tests/fuzz/fuzz-trace.c $(fuzz_sources)
tests_fuzz_fuzz_trace_LDADD = \
	$(fuzz_main) plugin/libtmswitch.a plugin/libtmflow.a lib/libtm.a \
	$(OVS_LIBS)

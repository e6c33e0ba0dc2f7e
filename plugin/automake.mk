# plugin/: the daemon, tmirrord.  A library a stage, so that tests link the
# pure ones (flow, compile) without the rest.

noinst_LIBRARIES += \
	plugin/libtmflow.a \
	plugin/libtmcompile.a \
	plugin/libtmswitch.a \
	plugin/libtmports.a

plugin_libtmflow_a_SOURCES = \
	plugin/flow/actions.c \
	plugin/flow/flow.c \
	plugin/flow/flow.h \
	plugin/flow/flow-diff.c \
	plugin/flow/flow-diff.h \
	plugin/flow/flow-set.c \
	plugin/flow/flow-set.h

plugin_libtmcompile_a_SOURCES = \
	plugin/compile/compile.c \
	plugin/compile/compile.h \
	plugin/compile/deliver.c \
	plugin/compile/filter.c \
	plugin/compile/guard.c \
	plugin/compile/local.c \
	plugin/compile/node.c \
	plugin/compile/node.h \
	plugin/compile/pipeline.h \
	plugin/compile/plan.c \
	plugin/compile/plan.h \
	plugin/compile/source.c \
	plugin/compile/stage.h \
	plugin/compile/unit.c \
	plugin/compile/unit.h \
	plugin/hooks/hooks.h \
	plugin/hooks/normal.c \
	plugin/hooks/normal-list.c \
	plugin/hooks/normal-list.h \
	plugin/hooks/normal-vlan.c \
	plugin/hooks/normal-vlan.h

plugin_libtmswitch_a_SOURCES = \
	plugin/switch/ask.c \
	plugin/switch/ask.h \
	plugin/switch/bundle.c \
	plugin/switch/counters.c \
	plugin/switch/counters.h \
	plugin/switch/cure.c \
	plugin/switch/cure.h \
	plugin/switch/foreign.c \
	plugin/switch/foreign.h \
	plugin/switch/monitor.c \
	plugin/switch/readback.c \
	plugin/switch/refused.c \
	plugin/switch/switch.c \
	plugin/switch/switch.h \
	plugin/switch/switch-private.h \
	plugin/switch/trace.c \
	plugin/switch/trace.h

plugin_libtmports_a_SOURCES = \
	plugin/ports/neighbour.c \
	plugin/ports/neighbour-ask.c \
	plugin/ports/port-cache.c \
	plugin/ports/port-row.c \
	plugin/ports/path-mtu.c \
	plugin/ports/ports.c \
	plugin/ports/ports.h \
	plugin/ports/ports-internal.h \
	plugin/ports/route-watch.c \
	plugin/ports/settings.c \
	plugin/ports/tunnel.c

sbin_PROGRAMS += plugin/tmirrord
plugin_tmirrord_SOURCES = \
	plugin/loop.c \
	plugin/loop.h \
	plugin/main.c \
	plugin/report/advice.c \
	plugin/report/advice.h \
	plugin/report/commands.c \
	plugin/report/commands.h \
	plugin/report/explain.c \
	plugin/report/explain.h \
	plugin/report/explain-claim.c \
	plugin/report/explain-claim.h \
	plugin/report/http.c \
	plugin/report/http.h \
	plugin/report/metrics.c \
	plugin/report/metrics.h \
	plugin/report/metrics-text.c \
	plugin/report/stats.c \
	plugin/report/stats.h \
	plugin/report/stats-collect.c \
	plugin/report/stats-collect.h \
	plugin/report/stats-format.c \
	plugin/report/status.c \
	plugin/report/status.h \
	plugin/report/unsent.c \
	plugin/report/unsent.h
plugin_tmirrord_LDADD = \
	plugin/libtmswitch.a \
	plugin/libtmports.a \
	plugin/libtmcompile.a \
	plugin/libtmflow.a \
	lib/libtmstore.a \
	lib/libtm.a \
	$(LIBEVENT_LIBS) $(OVS_LIBS)

man_MANS += plugin/tmirrord.8
EXTRA_DIST += plugin/tmirrord.8

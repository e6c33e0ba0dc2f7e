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
	plugin/switch/bundle.c \
	plugin/switch/foreign.c \
	plugin/switch/foreign.h \
	plugin/switch/monitor.c \
	plugin/switch/readback.c \
	plugin/switch/refused.c \
	plugin/switch/switch.c \
	plugin/switch/switch.h \
	plugin/switch/switch-private.h

plugin_libtmports_a_SOURCES = \
	plugin/ports/neighbour.c \
	plugin/ports/neighbour-ask.c \
	plugin/ports/port-cache.c \
	plugin/ports/port-row.c \
	plugin/ports/path-mtu.c \
	plugin/ports/ports.c \
	plugin/ports/ports.h \
	plugin/ports/ports-internal.h \
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
	plugin/report/status.c \
	plugin/report/status.h
plugin_tmirrord_LDADD = \
	plugin/libtmswitch.a \
	plugin/libtmports.a \
	plugin/libtmcompile.a \
	plugin/libtmflow.a \
	lib/libtmstore.a \
	lib/libtm.a \
	$(OVS_LIBS)

man_MANS += plugin/tmirrord.8
EXTRA_DIST += plugin/tmirrord.8

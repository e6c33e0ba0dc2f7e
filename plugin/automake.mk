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
	plugin/compile/node.c \
	plugin/compile/node.h \
	plugin/compile/pipeline.h

plugin_libtmswitch_a_SOURCES = \
	plugin/switch/switch.c \
	plugin/switch/switch.h

plugin_libtmports_a_SOURCES = \
	plugin/ports/neighbour.c \
	plugin/ports/neighbour-probe.c \
	plugin/ports/port-row.c \
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

# utilities/: tmirror-ctl, quickstart, bash completion.

# All but the main function, so that tests link it.
noinst_LIBRARIES += utilities/libtmctl.a
utilities_libtmctl_a_SOURCES = \
	utilities/ctl.h \
	utilities/ctl-ask.c \
	utilities/ctl-ask.h \
	utilities/ctl-audit.c \
	utilities/ctl-common.c \
	utilities/ctl-counts.c \
	utilities/ctl-counts.h \
	utilities/ctl-db.c \
	utilities/ctl-effect.c \
	utilities/ctl-eni.c \
	utilities/ctl-explain.c \
	utilities/ctl-filter.c \
	utilities/ctl-lb.c \
	utilities/ctl-quota.c \
	utilities/ctl-rule.c \
	utilities/ctl-run.c \
	utilities/ctl-schema.h \
	utilities/ctl-session.c \
	utilities/ctl-show.c \
	utilities/ctl-stats.c \
	utilities/ctl-upgrade.c \
	utilities/ctl-who.c
nodist_utilities_libtmctl_a_SOURCES = \
	utilities/ctl-schema.c
utilities_libtmctl_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS)

bin_PROGRAMS += utilities/tmirror-ctl
utilities_tmirror_ctl_SOURCES = utilities/tmirror-ctl.c
utilities_tmirror_ctl_LDADD = \
	utilities/libtmctl.a \
	lib/libtmstore.a \
	lib/libtm.a \
	$(LIBEVENT_LIBS) \
	$(OVS_LIBS)

# The schema as a C string.
CLEANFILES += utilities/ctl-schema.c
utilities/ctl-schema.c: $(srcdir)/ovsdb-schema/traffic-mirror.ovsschema
	$(AM_V_GEN)$(MKDIR_P) utilities && { \
	echo '#include <config.h>' && \
	echo '#include "utilities/ctl-schema.h"' && \
	echo 'const char tm_ctl_schema[] =' && \
	$(SED) -e 's/[\\"]/\\&/g' -e 's/^/"/' -e 's/$$/\\n"/' $< && \
	echo ';'; } > $@.tmp && mv $@.tmp $@

EXTRA_DIST += utilities/quickstart

man_MANS += utilities/tmirror-ctl.8
EXTRA_DIST += utilities/tmirror-ctl.8

# bash loads a completion by the name of its command.
bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = utilities/completions/tmirror-ctl
CLEANFILES += $(bashcompletion_DATA)
EXTRA_DIST += utilities/tmirror-ctl-completion.bash
utilities/completions/tmirror-ctl: \
		$(srcdir)/utilities/tmirror-ctl-completion.bash
	$(AM_V_GEN)$(MKDIR_P) utilities/completions && cp $< $@

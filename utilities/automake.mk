# utilities/: tmirror-ctl, quickstart, bash completion.

bin_PROGRAMS += utilities/tmirror-ctl
utilities_tmirror_ctl_SOURCES = \
	utilities/ctl.h \
	utilities/ctl-common.c \
	utilities/ctl-db.c \
	utilities/ctl-eni.c \
	utilities/ctl-filter.c \
	utilities/ctl-lb.c \
	utilities/ctl-rule.c \
	utilities/ctl-run.c \
	utilities/ctl-schema.h \
	utilities/ctl-session.c \
	utilities/ctl-show.c \
	utilities/tmirror-ctl.c
nodist_utilities_tmirror_ctl_SOURCES = \
	utilities/ctl-schema.c
utilities_tmirror_ctl_LDADD = \
	lib/libtmstore.a \
	lib/libtm.a \
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

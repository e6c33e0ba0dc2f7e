# utilities/: tmirror-ctl, quickstart, bash completion.

bin_PROGRAMS += utilities/tmirror-ctl
utilities_tmirror_ctl_SOURCES = \
	utilities/tmirror-ctl.c
utilities_tmirror_ctl_LDADD = \
	lib/libtmstore.a \
	lib/libtm.a \
	$(OVS_LIBS)

EXTRA_DIST += utilities/quickstart

# lib/: shared by daemon, command line and gateway.
#
# libtm.a is pure: no IDL, socket, clock, log.  libtmstore.a is the only user
# of the Traffic_Mirror IDL.

noinst_LIBRARIES += lib/libtm.a lib/libtmstore.a

lib_libtm_a_SOURCES = \
	lib/cidr.c \
	lib/cidr.h \
	lib/match.c \
	lib/match.h \
	lib/model.c \
	lib/model.h \
	lib/model-index.c \
	lib/model-object.c \
	lib/packet.c \
	lib/packet.h \
	lib/port-range.c \
	lib/port-range.h \
	lib/validate.c \
	lib/validate.h \
	lib/version.c \
	lib/version.h

lib_libtmstore_a_SOURCES = \
	lib/store/from-row.c \
	lib/store/from-row.h \
	lib/store/report.c \
	lib/store/store.c \
	lib/store/store.h
nodist_lib_libtmstore_a_SOURCES = \
	ovsdb-schema/traffic-mirror-idl.c \
	ovsdb-schema/traffic-mirror-idl.h

# lib/: shared by daemon, command line and gateway.
#
# libtm.a is pure: no IDL, socket, clock, log.  libtmstore.a is the only user
# of the Traffic_Mirror IDL.

noinst_LIBRARIES += lib/libtm.a lib/libtmstore.a

lib_libtm_a_SOURCES = \
	lib/cidr.c \
	lib/cidr.h \
	lib/effect.c \
	lib/effect.h \
	lib/encap.c \
	lib/encap.h \
	lib/explain.c \
	lib/explain.h \
	lib/match.c \
	lib/match.h \
	lib/model.c \
	lib/model.h \
	lib/model-equal.c \
	lib/model-index.c \
	lib/model-object.c \
	lib/model-private.h \
	lib/model-word.c \
	lib/packet.c \
	lib/packet.h \
	lib/port-range.c \
	lib/port-range.h \
	lib/quota.c \
	lib/quota.h \
	lib/space.c \
	lib/space.h \
	lib/spread.c \
	lib/spread.h \
	lib/text.c \
	lib/text.h \
	lib/validate.c \
	lib/validate.h \
	lib/validate-model.c \
	lib/validate-object.c \
	lib/validate-private.h \
	lib/validate-quota.c \
	lib/validate-session.c \
	lib/validate-source.c \
	lib/version.c \
	lib/version.h \
	lib/warning.c \
	lib/warning.h

lib_libtmstore_a_SOURCES = \
	lib/store/audit.c \
	lib/store/audit.h \
	lib/store/audit-private.h \
	lib/store/audit-row.c \
	lib/store/change.c \
	lib/store/change.h \
	lib/store/change-eni.c \
	lib/store/change-filter.c \
	lib/store/change-private.h \
	lib/store/change-session.c \
	lib/store/from-row.c \
	lib/store/from-row.h \
	lib/store/report.c \
	lib/store/show.c \
	lib/store/status.c \
	lib/store/status.h \
	lib/store/store.c \
	lib/store/store.h \
	lib/store/store-internal.h \
	lib/store/sync.c \
	lib/store/wanted.c \
	lib/store/wanted.h
nodist_lib_libtmstore_a_SOURCES = \
	ovsdb-schema/traffic-mirror-idl.c \
	ovsdb-schema/traffic-mirror-idl.h

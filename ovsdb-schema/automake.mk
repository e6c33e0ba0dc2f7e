# The database schema, its documentation and the C code made from it.

pkgdata_DATA += ovsdb-schema/traffic-mirror.ovsschema
EXTRA_DIST += \
	ovsdb-schema/traffic-mirror.ovsschema \
	ovsdb-schema/traffic-mirror.xml \
	ovsdb-schema/traffic-mirror-idl.ann

BUILT_SOURCES += \
	ovsdb-schema/traffic-mirror-idl.c \
	ovsdb-schema/traffic-mirror-idl.h
CLEANFILES += \
	ovsdb-schema/traffic-mirror-idl.c \
	ovsdb-schema/traffic-mirror-idl.h \
	ovsdb-schema/traffic-mirror-idl.ovsidl \
	ovsdb-schema/traffic-mirror.5 \
	ovsdb-schema/cksum-stamp

ovsdb-schema/traffic-mirror-idl.ovsidl: \
		$(srcdir)/ovsdb-schema/traffic-mirror.ovsschema \
		$(srcdir)/ovsdb-schema/traffic-mirror-idl.ann
	$(AM_V_GEN)$(MKDIR_P) ovsdb-schema && \
	$(OVSDB_IDLC) annotate $(srcdir)/ovsdb-schema/traffic-mirror.ovsschema \
		$(srcdir)/ovsdb-schema/traffic-mirror-idl.ann > $@.tmp && mv $@.tmp $@
.ovsidl.c:
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-source $< > $@.tmp && mv $@.tmp $@
.ovsidl.h:
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-header $< > $@.tmp && mv $@.tmp $@

# The manual page is part of 'make all', since ovsdb-doc refuses a table or a
# column without documentation.
#
# Its heading names this project; and "in" is no unit of groff's, "i" is.
man_MANS += ovsdb-schema/traffic-mirror.5
ovsdb-schema/traffic-mirror.5: \
		$(srcdir)/ovsdb-schema/traffic-mirror.ovsschema \
		$(srcdir)/ovsdb-schema/traffic-mirror.xml
	$(AM_V_GEN)$(MKDIR_P) ovsdb-schema && \
	$(OVSDB_DOC) --version=$(VERSION) \
		$(srcdir)/ovsdb-schema/traffic-mirror.ovsschema \
		$(srcdir)/ovsdb-schema/traffic-mirror.xml > $@.tmp && \
	$(SED) -e '/^\.TH /s/"Open vSwitch /"ovs-tmirror /g' \
		-e 's/^\(\. *[A-Z][A-Z] .*[0-9]\)in$$/\1i/' $@.tmp > $@.new && \
	rm -f $@.tmp && mv $@.new $@

# A schema that changed without its checksum fails the build.
all_local += ovsdb-schema/cksum-stamp
ovsdb-schema/cksum-stamp: $(srcdir)/ovsdb-schema/traffic-mirror.ovsschema
	$(AM_V_GEN)$(MKDIR_P) ovsdb-schema && \
	$(OVSDIR)/build-aux/cksum-schema-check $< $@

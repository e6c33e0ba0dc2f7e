dnl TM_CHECK_OVS
dnl
dnl Finds the source tree and the build tree of Open vSwitch, whose library is
dnl linked in place: its private headers are never installed.
AC_DEFUN([TM_CHECK_OVS], [
  AC_ARG_WITH([ovs-source],
    [AS_HELP_STRING([--with-ovs-source=DIR],
      [source tree of Open vSwitch 3.1 (needed)])])
  AC_ARG_WITH([ovs-build],
    [AS_HELP_STRING([--with-ovs-build=DIR],
      [its build tree (default: the source tree)])])
  AS_IF([test -z "$with_ovs_source" || test "$with_ovs_source" = no],
    [AC_MSG_ERROR([--with-ovs-source=DIR is needed; build-aux/bootstrap does it all])])
  OVSDIR=$(cd "$with_ovs_source" 2>/dev/null && pwd)
  OVSBUILDDIR=$(cd "${with_ovs_build:-$with_ovs_source}" 2>/dev/null && pwd)
  AC_MSG_CHECKING([for libopenvswitch])
  AS_IF([test ! -r "$OVSDIR/ovsdb/ovsdb-idlc.in"],
    [AC_MSG_ERROR(["$with_ovs_source" is not a source tree of Open vSwitch])])
  AS_IF([test ! -r "$OVSBUILDDIR/config.h" ||
         test ! -r "$OVSBUILDDIR/lib/.libs/libopenvswitch.a"],
    [AC_MSG_ERROR(["$with_ovs_build" has no config.h and lib/.libs/libopenvswitch.a])])
  AC_MSG_RESULT([$OVSBUILDDIR])
  # What the archive needs is what its own configure found.
  OVS_LIBS="$OVSBUILDDIR/lib/.libs/libopenvswitch.a $OPENSSL_LIBS"
  AS_IF([grep -q '^#define HAVE_LIBCAPNG 1' "$OVSBUILDDIR/config.h"],
    [OVS_LIBS="$OVS_LIBS -lcap-ng"])
  OVS_LIBS="$OVS_LIBS -latomic -lpthread -lrt -lm"
  AC_SUBST([OVSDIR])
  AC_SUBST([OVSBUILDDIR])
  AC_SUBST([OVS_LIBS])
])

dnl TM_CHECK_SANITIZERS
dnl
dnl GCC with both sanitizers loses reports unless their runtimes are static.
dnl
dnl The targets in tests/fuzz need libFuzzer, which only clang has.
AC_DEFUN([TM_CHECK_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
      [build with AddressSanitizer and UndefinedBehaviorSanitizer])])
  SAN_CFLAGS= SAN_LDFLAGS=
  AS_IF([test "$enable_sanitizers" = yes], [
    SAN_CFLAGS="-fsanitize=address,undefined -fno-omit-frame-pointer"
    SAN_LDFLAGS="-fsanitize=address,undefined"
    AS_CASE([$($CC --version | head -n 1)],
      [*clang*], [],
      [SAN_LDFLAGS="$SAN_LDFLAGS -static-libasan -static-libubsan"])])
  AC_ARG_ENABLE([fuzzers],
    [AS_HELP_STRING([--enable-fuzzers],
      [build tests/fuzz with libFuzzer and the sanitizers (clang only)])])
  FUZZ_LDFLAGS=
  AS_IF([test "$enable_fuzzers" = yes], [
    AS_CASE([$($CC --version | head -n 1)],
      [*clang*], [],
      [AC_MSG_ERROR([--enable-fuzzers needs CC=clang])])
    SAN_CFLAGS="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
    SAN_LDFLAGS="-fsanitize=fuzzer-no-link,address,undefined"
    FUZZ_LDFLAGS="-fsanitize=fuzzer"])
  AC_SUBST([SAN_CFLAGS])
  AC_SUBST([SAN_LDFLAGS])
  AC_SUBST([FUZZ_LDFLAGS])
  AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" = yes])
  AM_CONDITIONAL([FUZZERS], [test "$enable_fuzzers" = yes])
])

dnl TM_WARNINGS
AC_DEFUN([TM_WARNINGS], [
  AC_ARG_ENABLE([Werror],
    [AS_HELP_STRING([--disable-Werror], [warnings are not errors])])
  WARN_CFLAGS="-Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Werror=implicit-function-declaration -fno-strict-aliasing"
  AS_IF([test "$enable_Werror" != no], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AS_CASE([$($CC --version | head -n 1)],
    [*clang*], [WARN_CFLAGS="$WARN_CFLAGS -Wthread-safety -Wno-sign-compare"])
  AC_SUBST([WARN_CFLAGS])
])

# build-aux/: bootstrap and the checker of the rules of the tree.

EXTRA_DIST += build-aux/check-style

# The checker first proves that it finds each kind of breach.
check_local += check-style
check-style:
	$(AM_V_at)$(PYTHON3) $(srcdir)/build-aux/check-style --self-test
	$(AM_V_at)$(PYTHON3) $(srcdir)/build-aux/check-style $(srcdir)

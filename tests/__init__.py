"""The tests: a package, since an installed one may be called so too."""

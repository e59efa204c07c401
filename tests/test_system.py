"""What a system without Pango is told, and that one with it is let through."""

from __future__ import annotations

import pytest

from reportgen.errors import SystemLibraryError
from reportgen.system import install_hint, require_pango


def test_pango_is_checked_by_loading_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_pango()
    monkeypatch.setattr("reportgen.system.LIBRARIES", ("pango-1.0-0", "no-such-library-7"))
    with pytest.raises(SystemLibraryError, match="lacks no-such-library; ") as caught:
        require_pango()
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("platform", "os_release", "expected"),
    [
        (
            "linux",
            'NAME="Debian"\nID=debian',
            "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        ),
        (
            "linux",
            'ID=linuxmint\nID_LIKE="ubuntu debian"',
            "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        ),
        ("linux", "ID=ubuntu", "libharfbuzz-subset0"),
        ("linux", 'ID="rocky"\nID_LIKE="rhel centos fedora"', "dnf install pango"),
        ("linux", "ID=arch", "pacman -S pango"),
        ("linux", "", "install the packages that hold it (Debian and Ubuntu: apt install libpango"),
        ("darwin", "", "brew install pango"),
        ("win32", "", "pacman -S mingw-w64-x86_64-pango"),
    ],
)
def test_each_system_is_told_its_own_packages(
    platform: str, os_release: str, expected: str
) -> None:
    assert expected in install_hint(platform, os_release)

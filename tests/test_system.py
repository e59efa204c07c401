"""What a system without Pango is told, and that one with it is let through."""

from __future__ import annotations

import ctypes.util
import subprocess
import sys

import pytest

from reportgen.errors import SystemLibraryError
from reportgen.system import install_hint, loading_by_file_name, require_pango


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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know libraries by other names")
def test_weasyprint_is_loaded_without_asking_other_programs():
    script = """
import sys
asked = []
sys.addaudithook(lambda event, _: asked.append(event) if event == "subprocess.Popen" else None)
from reportgen.system import loading_by_file_name
with loading_by_file_name():
    import weasyprint
print(len(asked), weasyprint.HTML(string="<p>a").render().pages[0].width)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "793.7007874015749"]  # 210 mm at 96 pixels an inch


def test_libraries_are_found_as_before_after_the_block():
    find = ctypes.util.find_library
    with loading_by_file_name():
        assert sys.platform != "linux" or ctypes.util.find_library("c") is None
    assert ctypes.util.find_library is find
    with pytest.raises(ZeroDivisionError), loading_by_file_name():
        _ = 1 / 0
    assert ctypes.util.find_library is find

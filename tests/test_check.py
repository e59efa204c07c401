"""`reportgen check`: faults and warnings on the command line."""

from __future__ import annotations


def test_warnings_are_told_and_do_no_harm(built, reportgen) -> None:
    (built.root / "templates" / "labels" / "mnist.yaml").unlink()
    done = reportgen(built, "check", "toy")
    assert done.code == 0, done.err
    assert "warning: templates/labels/mnist.yaml does not exist" in done.out
    assert "every question is answered" in done.out
    assert done.err == ""


def test_faults_come_with_the_warnings_and_all_at_once(built, reportgen) -> None:
    (built.root / "templates" / "labels" / "mnist.yaml").unlink()
    built.template("stray").write_text("{# nothing #}", encoding="utf-8")
    built.template("sizes").unlink()
    done = reportgen(built, "check", "toy")
    assert done.code == 3
    assert "warning: templates/labels/mnist.yaml" in done.out
    assert "templates/toy/questions/stray.html.j2: the assignment has no question" in done.err
    assert 'question "sizes" has no answer' in done.err


def test_check_writes_nothing(built, reportgen) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.root.rglob("*")}
    reportgen(built, "check", "toy")
    after = {path: path.stat().st_mtime_ns for path in built.root.rglob("*")}
    assert {p for p in after if after[p] != before.get(p)} <= {built.store / "locks", built.store}


def test_all_mistakes_of_one_template_are_told_in_one_run(built, reportgen) -> None:
    told = {
        "<p>{{ toy_ned.data.n }}</p>": "'toy_ned' is unknown here; did you mean \"toy_net\"?",
        "<p>{{ toy_net.data.m | integer }}</p>": "toy_net.data has no 'm'; ",
        "<p>{{ toy_net.data.n | pst }}</p>": 'there is no filter "pst"; did you mean "pct"?',
        "<p>{{ toy_net.data.n | integer }} y tres.</p>": 'the number "tres" comes from nowhere',
    }
    path = built.template("sizes")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.rstrip("\n") + "\n" + "\n".join(told), encoding="utf-8")
    done = reportgen(built, "check", "toy")
    assert done.code == 3
    first = len(text.rstrip("\n").splitlines()) + 1
    for line, (written, message) in enumerate(told.items(), first):
        assert f"templates/toy/questions/sizes.html.j2:{line}: {message}" in done.err
        assert f"\n    {line} | {written}\n" in done.err
    rendered = reportgen(built, "render", "toy")
    assert rendered.code == 1
    assert rendered.err.count("sizes.html.j2:") == len(told)

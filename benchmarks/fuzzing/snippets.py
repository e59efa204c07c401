"""Pieces of templates and style sheets that break things where nobody holds them back."""

from __future__ import annotations

TEMPLATE = (
    # never closed, unknown, misplaced
    *("{% if %}", "{% for x in %}", "{{", "{%", "{#", "}}", "%}", "{% endif %}", "{% raw %}"),
    *("{{ x | nada }}", "{{ nada }}", "{{ toy_net.nada.x }}", "{% nada %}", "{{ 1 is nada }}"),
    *("{% extends 'report.html.j2' %}", "{% block a %}{% endblock %}{% block a %}{% endblock %}"),
    *("{{ self.a() }}", "{{ super() }}", "{{ caller() }}", "{{ loop.index }}", "{% break %}"),
    *("{% set a, b = 1 %}", "{% set x.y = 1 %}", "{{ -'a' }}", "{{ 1 / 0 }}", "{{ 'a' + 1 }}"),
    *("{{ [1][9] }}", "{{ none.x }}", "{{ {}['a'] }}", "{{ 'a'.b.c }}", "{{ 1e400 }}"),
    "{% claim toy_net.h2.best.errors > 0 %}a{% endclaim %}{% claim %}{% endclaim %}",
    "{% claim toy_net.nada %}a{% endclaim %}",
    "{% context %}{% context %}a{% endcontext %}{% endcontext %}",
    "{{ 9" + "9" * 10_000 + " }}",
    "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "{{ " + "[" * 400 + "]" * 400 + " }}",
    "{{ toy_net" + ".x" * 5_000 + " }}",
    "{{ 1" + " + 1" * 5_000 + " }}",
    "{{ 'a'" + " ~ 'a'" * 5_000 + " }}",
    "{{ 'a'" + " | upper" * 3_000 + " }}",
    "{{ " + "not " * 5_000 + "1 }}",
    "{% if 1 %}" * 300 + "{% endif %}" * 300,
    "{% for i in [1] %}" * 30 + "{% endfor %}" * 30,
    "{% if a %}" + "{% elif b %}" * 3_000 + "{% endif %}",
    "{% macro m() %}" * 200 + "{% endmacro %}" * 200,
    "<div>" * 5_000,
    "<p>" + "palabra " * 20_000 + "</p>",
    "1." * 20_000,
    "a" * 100_000 + "@",
    "<" * 30_000,
    "&" * 30_000,
    "«" * 2_000,
    # loops and recursion
    "{% for i in range(10**9) %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{% include 'toy/questions/sizes.html.j2' %}",
    "{% include 'toy/questions/scores.html.j2' %}",
    "{% import 'toy/questions/scores.html.j2' as m %}{{ m.x }}",
    "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for i in [9] recursive %}{{ loop([1]) }}{{ loop([1]) }}{% endfor %}",
    # things that grow
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 10**12 }}",
    "{{ [1] * 10**9 }}",
    "{{ (1,) * 10**9 }}",
    "{{ 10**10**10 }}",
    "{{ 7**99999999 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%1000000000s' | format('a') }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{}}'.format(1, 1000000000) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ '\\t'.expandtabs(1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a' | indent(1000000000, true) }}",
    "{{ ('a' * 9999).replace('a', 'b' * 9999).replace('b', 'c' * 9999) }}",
    "{{ ('a' * 9999) | replace('a', 'b' * 9999) | replace('b', 'c' * 9999) }}",
    "{{ ('a' * 9999).join(range(99999) | map('string')) }}",
    "{{ range(99999) | join('a' * 9999) }}",
    "{{ [1] | batch(1000000000, 'x') | list | length }}",
    "{{ [1] | slice(1000000000) | list | length }}",
    "{{ lipsum(n=100000) }}",
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = ns.x ~ ns.x %}"
        "{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}"
        "{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}"
        "{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}"
        "{% endfor %}{{ ns.x | string }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}"
        "{% endset %}{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x=9) %}{% for i in range(64) %}{% set ns.x = ns.x * ns.x %}"
        "{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] | join %}"  # noqa: E501
        "{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}"
        "{% set ns.x = '{0}{0}'.format(ns.x) %}{% endfor %}{{ ns.x }}"
    ),
    (
        "{% set ns = namespace(x='a') %}{% for i in range(64) %}"
        "{% set ns.x = '%s%s' % (ns.x, ns.x) %}{% endfor %}{{ ns.x }}"
    ),
    "{% for a in 'x' * 99999 %}{% for b in 'x' * 99999 %}{{ a }}{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}<p>" + "x" * 1_000 + "</p>{% endfor %}",
    # ways out
    "{{ ''.__class__.__mro__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace.__init__ }}",
    "{{ '' | attr('__class__') }}",
    "{{ [''] | map(attribute='__class__') | list }}",
    "{{ ['']|selectattr('__class__')|list }}",
    "{{ [''] | groupby('__class__') }}",
    "{{ [''] | sort(attribute='__class__') }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ '{0.__class__}'.format_map({'0': ''}) }}",
    "{{ 'a'['__class__'] }}",
    "{{ page._items }}",
    "{{ pictures._view }}",
    "{{ report.model_dump() }}",
    "{{ report.__class__.parse_file('/etc/passwd') }}",
    "{{ request }}",
    '{% include "/etc/passwd" %}',
    '{% include "../experiments/toy/report.yaml" %}',
    "{% include ['/etc/passwd', '../x'] %}",
    "{% include none %}",
    "{% include 3 %}",
    "{% from '/etc/passwd' import x %}",
)
"""Put into a question's template, the macros or the page, alone or within something."""

PAGE = (
    '<img alt="x" src="http://127.0.0.1:9/x.png">',
    '<img alt="x" src="//127.0.0.1:9/x.png">',
    '<img alt="x" src="file:///etc/passwd">',
    '<img alt="x" src="/etc/passwd">',
    '<img alt="x" src="../../../../../../etc/passwd">',
    '<img alt="x" src="link.png">',
    '<img alt="x" src="data:image/png;base64,AAAA">',
    '<img alt="x" src="data:image/svg+xml,<svg xmlns=\'http://www.w3.org/2000/svg\'/>">',
    '<img alt="x" src="data:,">',
    '<img alt="x" src="http://[::1">',
    '<img alt="x" src="%00">',
    '<img src="">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="file:///etc/passwd#a"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use id="a" href="#a"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"><path d="M0"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><title>a</title>'
    + "<g>" * 900
    + "</g>" * 900
    + "</svg>",
    '<link rel="stylesheet" href="file:///etc/passwd">',
    '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    '<link rel="attachment" href="file:///etc/passwd">',
    '<a rel="attachment" href="file:///etc/passwd">a</a>',
    '<object data="file:///etc/passwd"></object>',
    '<embed src="http://127.0.0.1:9/x">',
    '<iframe src="file:///etc/passwd"></iframe>',
    '<base href="http://127.0.0.1:9/">',
    '<meta http-equiv="refresh" content="0; url=http://127.0.0.1:9/">',
    '<script src="http://127.0.0.1:9/x.js"></script>',
    '<div style="background: url(http://127.0.0.1:9/x)">x</div>',
    '<div style="width: 1e30mm; height: 1e30mm">x</div>',
    '<div style="height: 99999mm">x</div>',
    '<div style="columns: 99999">x</div>',
    '<div style="break-before: page">x</div>' * 300,
    '<table><tr><td colspan="1000000" rowspan="1000000">x</td></tr></table>',
    "<table>" + "<tr><td>1</td></tr>" * 300 + "</table>",
    '<ol start="99999999999999999999"><li>a</li></ol>',
    '<input type="text"><select><option>a</select><textarea>a</textarea>',
    "<!--" + "x" * 1_000,
    "<style>@import 'http://127.0.0.1:9/x.css'; @import url(file:///etc/passwd);</style>",
    "<style>@font-face { font-family: F; src: url(http://127.0.0.1:9/f.ttf) }</style>",
    "<h1>a</h1><h6>b</h6><h2 id='a'>c</h2><h2 id='a'>d</h2>",
)
"""Put into the markup of an answer or of the page."""

STYLE = (
    "@import 'http://127.0.0.1:9/x.css';",
    "@import url(file:///etc/passwd);",
    "p { background: url(http://127.0.0.1:9/x.png) }",
    "p { background: url(../../../../etc/passwd) }",
    "@font-face { font-family: F; src: url(file:///etc/passwd) } p { font-family: F }",
    "@page { size: 1mm 1mm; margin: 0 }",
    "@page { size: 1e30mm }",
    "@page { margin: 500mm }",
    "@page { size: 0 0 }",
    "p { columns: 100000 }",
    "p { font-size: 1e30pt }",
    "p { font-size: 0 }",
    "p { line-height: 1e-30 }",
    "p { width: 1e400mm; height: -1mm }",
    "p { counter-increment: x 99999999999999999999 }",
    "p::before { content: counter(x) string(nada) target-counter(attr(href), page) }",
    "p { width: calc(" + "(" * 300 + "1mm" + ")" * 300 + ") }",
    ":is(" * 200 + "p" + ")" * 200 + " { color: red }",
    "p { --a: var(--b); --b: var(--a); color: var(--a) }",
    "p { --a: x x; --b: var(--a) var(--a); --c: var(--b) var(--b); color: var(--c) }",
    "p { display: grid; grid-template-columns: repeat(100000, 1fr) }",
    "p { position: running(a) } @page { @top-left { content: element(a) } }",
    "p { float: footnote; position: absolute; display: table-cell }",
    "p { break-before: page; break-after: page }",
    "p { break-inside: avoid; height: 99999mm }",
    "html { writing-mode: vertical-rl; transform: scale(1e30) }",
    "{" * 5_000,
    "p { color: red",
    "/* " + "x" * 1_000,
    "@media {" * 300,
    "* { display: none }",
    "* { display: contents }",
    "* { position: fixed }",
    "* { font-family: Nada }",
    "* { display: inline-table }",
    "* { margin: -1000mm }",
    "* { letter-spacing: 1e10mm }",
    "* { hyphens: auto; hyphenate-limit-chars: 1 1 1; width: 1px }",
    "p { background: linear-gradient(" + "red, " * 2_000 + "blue) }",
    "p { content: '" + "x" * 10_000 + "' }",
    "\x00p { color: red }",
)
"""Put into a style sheet."""

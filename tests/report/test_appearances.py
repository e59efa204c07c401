"""Which fact is printed where on a page."""

from __future__ import annotations

from reportgen.report.appearances import Appearance, find_appearances

PAGE = """
<h2 id="s1"><span class="number">1</span> Red</h2>
<h3 id="q-first"><span class="number">1.1</span> ¿Cuánto &amp; cómo?</h3>
<p>Acierta <span class="fact" data-fact="a.b">98,94\u202f%</span><br> hoy.</p>
<figure class="table"><figcaption>
<span class="label">Tabla&nbsp;<span class="literal">3</span>.</span>
<span class="fact" data-fact="a.c">7</span></figcaption>
<table><tr><td><img alt="x"><span class="fact" data-fact="a.d">8</span></td></tr></table></figure>
<p><span class="claim"><span class="fact" data-fact="a.e">9</span></span></p>
<p><span class="literal">5</span></p>
"""


def test_each_fact_has_its_text_heading_and_caption() -> None:
    heading = "1.1 ¿Cuánto & cómo?"
    assert find_appearances(PAGE) == (
        Appearance("a.b", "98,94\u202f%", "q-first", heading, ""),
        Appearance("a.c", "7", "q-first", heading, "Tabla 3"),
        Appearance("a.d", "8", "q-first", heading, "Tabla 3"),
        Appearance("a.e", "9", "q-first", heading, ""),
    )


def test_the_place_in_words() -> None:
    text, caption = find_appearances(PAGE)[:2]
    assert text.place == "1.1 ¿Cuánto & cómo?"
    assert caption.place == "1.1 ¿Cuánto & cómo?, tabla 3"

"""From facts and records to the page: templates, HTML, PDF."""

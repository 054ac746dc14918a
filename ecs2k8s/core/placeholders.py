"""What a template leaves open: it must be rendered before it can be read."""

from __future__ import annotations

import re

# ${X} $X {{ x }} {% x %} <X> $$$X$$$ @@X@@ %X% __X__; the lengths bound the search.
PLACEHOLDER = re.compile(
    r"\$\{[^}\n]{1,200}\}|(?<![\w$])\$[A-Za-z_]\w*|\{[{%][^\n]{0,200}?[}%]\}"
    r"|<[A-Za-z][\w .:-]{0,100}>|<%[^\n]{1,200}?%>|\$\$\$\w{1,100}\$\$\$"
    r"|@@\w{1,100}@@|%\w{1,100}%|\b__[A-Z]\w{0,100}__\b"
)

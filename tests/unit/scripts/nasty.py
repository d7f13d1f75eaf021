"""Values that a shell, JSON, HTML or a URL could take for something else."""

from __future__ import annotations

NASTY = [
    "$(id)",
    "`id`",
    "; rm -rf /",
    "--admin",
    "-",
    "@/etc/passwd",
    'it\'s "so" \\ and \\n',
    "two\nlines\n",
    "\ttab",
    " blanks ",
    "!! $HOME ${HOME} %s %(x)s",
    "*?[a]~{a,b}",
    "a=b&c=d#e%20+é",
    "你好 🙂",
    "right\u202eleft",
    "zero\u200bwidth\u00a0nbsp\u2028line",
    "<script>alert(1)</script>",
    "{{ 7 }}{% now %}",
    "&amp;",
    "''",
    "1e3",
    "null",
]

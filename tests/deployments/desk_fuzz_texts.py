"""Texts that mean trouble somewhere, for the fuzz of the desk."""

from __future__ import annotations

from hypothesis import strategies as st

TAG = "<zzx onload=1>"
"""What stands unescaped in no page."""

HOSTILE = (
    "", " ", "0", "-1", "-0", "1e309", "NaN", "9" * 400, "9" * 5000, str(2**63), str(2**31), "١٢٣", "²", "1,5", "yes", "null", "[]", "{}",
    TAG, f'">{TAG}', f"'{TAG}", "{{7*7}}{% x %}", "%s%n%(x)s", "\x00", "a\x00b",
    "\u202etxt.exe\u2066", "\ufeff", "\u2028", "\U0001f469\u200d",
    "e\u0301" * 500, "\ufffe\uffff", "../../../etc/passwd", "C:\\con", "' or 1=1 --", "${jndi:ldap://x}", "__proto__", "=cmd|' /C calc'!A0",
    "2024-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "24:61", "\r\nSet-Cookie: zz=1", "a.b.c", ".", "..", "a" * 20_000,
    "e1.e2.e3.e4.e5.e6.e7.e8.e9.e10.e11.e12.e13.e14",
)  # fmt: skip
"""Texts that mean trouble somewhere."""

hostile = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))

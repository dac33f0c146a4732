"""A contribution as an Excel workbook: written with what a draft holds, read back cell by cell.

`layout` says which cell holds which answer, `writing` makes the file, `opening` lets nothing hostile in, `reading` takes the answers
out again as a draft's tree (`tasks.forms`), `checking` tells what is wrong at its cell. No rows and no web framework.
"""

from __future__ import annotations

from tasks.workbook.checking import checked
from tasks.workbook.opening import MOST_BYTES, BadWorkbook
from tasks.workbook.reading import CellFault, Place, Read, read_workbook
from tasks.workbook.stamp import About
from tasks.workbook.writing import workbook_of

__all__ = ["MOST_BYTES", "About", "BadWorkbook", "CellFault", "Place", "Read", "checked", "read_workbook", "workbook_of"]

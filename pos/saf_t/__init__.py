"""The audit file that a Norwegian cash register must be able to write: SAF-T Cash Register 1.00.

Apart from the reports because its form is the tax authority's, to the letter and the order of its
elements. `document` puts the file together, `company` is its master data, `events` and
`transactions` what the cash register did, `checking` the signature chain of a finished file.
"""

from pos.saf_t.checking import Checked, check
from pos.saf_t.document import AuditFile, Period

__all__ = ["AuditFile", "Checked", "Period", "check"]

"""A simulated customer's payment code, where a till runs a switch of its own.

Apart because more than one till can be tried out without anybody's phone.
"""

from pathlib import Path

from pos.errors import SettingsError
from pos.folders import SWITCH_FOLDER_NAME


def payment_code(folder: Path, wallet: str) -> str:
    """A fresh code of the wallet's first customer, at the switch that keeps its books here.

    Raises SettingsError while there is no such switch, and for a wallet that it does not know.
    """
    from pos.scheme.simulation import open_scheme
    from pos.scheme.store import Store

    books = (folder / SWITCH_FOLDER_NAME / "switch.db").resolve()
    if not books.exists():
        raise SettingsError("The switch is not up yet; try again in a moment.")
    store = Store.open(f"sqlite:///{books}")
    try:
        with open_scheme(store) as scheme:
            if wallet not in scheme.wallets:
                known = ", ".join(scheme.wallets)
                raise SettingsError(f"There is no wallet {wallet!r}; use one of {known}.")
            return scheme.customers.new_code(wallet)
    finally:
        store.close()

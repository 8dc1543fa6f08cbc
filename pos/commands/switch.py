"""`pos switch`: the scheme's switch with its simulated wallets, until it is told to stop.

Apart from `pos scheme` because this one runs, and those only look or act once.
"""

import ipaddress
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.options import partners_option, rates_option
from pos.errors import SettingsError
from pos.folders import (
    SWITCH_FOLDER_NAME,
    SWITCH_PUBLIC_KEY_NAME,
    SWITCH_PUBLIC_URL_NAME,
    state_folder,
)

if TYPE_CHECKING:
    from pos.scheme.clients import Clients
    from pos.scheme.rates_file import RatesFile
    from pos.scheme.simulation import SimulatedScheme
    from pos.scheme.store import Store
    from pos.switch.signature import Signer

STOP_CHECK_S = 1.0
DEFAULT_PORT = 8790
# As long as a request can take that waits for the database or for a wallet.
GRACE_IN_SERVICE_S = 10


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes any free one.",
)
@click.option("--database", metavar="URL", help="Where the books are, such as sqlite:///a.db.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The certificate's key, PEM.")
@click.option("--state", metavar="DIR", help="Folder of everything that is kept.")
@click.option(
    "--trust",
    metavar="ID=FILE",
    multiple=True,
    help="Register caller ID by the public key in FILE first; may be repeated.",
)
@click.option(
    "--pay-rate",
    type=click.FloatRange(0),
    default=50.0,
    show_default=True,
    metavar="N",
    help="Payments a second of one caller, inquiries and cancels four times that; 0: any number.",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Where telephones reach the switch; the codes that tills show begin with it.",
)
@click.option(
    "--phone/--no-phone",
    default=None,
    help="Serve simulated wallets at /phone; by default only when listening on this machine alone.",
)
@click.option(
    "--metrics",
    metavar="NETWORK",
    multiple=True,
    help="Who may read /metrics besides this machine, such as 10.1.0.0/16; may be repeated.",
)
@click.option("--until-eof", is_flag=True, help="Stop when standard input ends.")
@partners_option
@rates_option
def switch(
    host: str,
    port: int,
    database: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    state: str | None,
    trust: tuple[str, ...],
    metrics: tuple[str, ...],
    pay_rate: float,
    public_url: str | None,
    partners: Path | None,
    rates: Path | None,
    *,
    phone: bool | None,
    until_eof: bool,
) -> None:
    """Run the switch until SIGTERM or Ctrl-C; SIGHUP has it read the file of --partners again."""
    from pos.scheme.app import create_app
    from pos.scheme.background import background
    from pos.scheme.limits import Limits
    from pos.scheme.measures import Measures
    from pos.scheme.operations import Watchers
    from pos.scheme.phone.parts import Parts, read_public_url
    from pos.scheme.phone.routes import phone_routes
    from pos.scheme.server import Listener, RunningSwitch
    from pos.scheme.store import Store

    if (tls_cert is None) != (tls_key is None):
        raise SettingsError("Give --tls-cert and --tls-key together, or neither.")
    watchers, followed = Watchers.of(metrics), _followed(rates)
    folder = state_folder(state) / SWITCH_FOLDER_NAME
    signer = _own_signer(folder)
    with (
        ExitStack() as in_use,
        Listener(host, port, tls=tls_cert is not None) as listener,
        Store.open(database or default_database(folder)) as store,
    ):
        begin = read_public_url(public_url or listener.public_url)
        (folder / SWITCH_PUBLIC_URL_NAME).write_text(begin + "\n")
        scheme = in_use.enter_context(_recovered(store, begin, partners, followed))
        measures = Measures(store, scheme.book.rates_day)
        app = create_app(
            scheme.book,
            _callers(store, trust),
            signer,
            behaviour=scheme.behaviour,
            limits=Limits.of_paying(pay_rate),
            measures=measures,
            watchers=watchers,
        )
        if serves_phone(host, phone):
            app.include_router(phone_routes(Parts(scheme, begin)))
        with (
            background(scheme, signer, measures),  # ends after the last answer
            RunningSwitch(
                app,
                listener=listener,
                tls_cert=tls_cert,
                tls_key=tls_key,
                grace_s=GRACE_IN_SERVICE_S,
            ) as running,
            _told_to_stop(until_eof=until_eof) as stop,
            _told_to_reread() as reread,
        ):
            click.echo(f"switch ready on {running.url}")
            sys.stdout.flush()
            while running.alive and not stop.wait(STOP_CHECK_S):
                _reread(reread, scheme, partners, followed)


def serves_phone(host: str, asked: bool | None) -> bool:  # noqa: FBT001
    """Whether the phone is served: as asked, or only where nobody else can reach `host`."""
    if asked is not None:
        return asked
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _recovered(
    store: "Store", begin: str, partners: Path | None, followed: "RatesFile | None"
) -> Iterator["SimulatedScheme"]:
    """The scheme on `store`; what an earlier run left open has been driven on."""
    from pos.scheme.partner_file import read_scheme
    from pos.scheme.simulation import open_scheme

    rates = None if followed is None else followed.rates
    with open_scheme(store, public_url=begin, terms=read_scheme(partners), rates=rates) as scheme:
        scheme.book.recover()
        yield scheme


def _followed(rates: Path | None) -> "RatesFile | None":
    from pos.scheme.rates_file import RatesFile

    return None if rates is None else RatesFile(rates)


def _reread(
    told: threading.Event,
    scheme: "SimulatedScheme",
    partners: Path | None,
    rates: "RatesFile | None",
) -> None:
    """Take up the file of rates when it has changed, and that of partners when told to.

    A fault in either changes nothing.
    """
    from pos.scheme.partner_file import read_scheme

    if rates is not None:
        rates.follow(scheme.book.quote_by, _tell)
    if not told.is_set():
        return
    told.clear()
    try:
        scheme.adopt(read_scheme(partners))
    except SettingsError as fault:
        _tell(f"the partners stay as they were: {fault}")
    else:
        _tell("the partners were read again")


def _tell(sentence: str) -> None:
    """For the one who runs the switch."""
    click.echo(sentence, err=True)


def _own_signer(folder: Path) -> "Signer":
    """Signs with the switch's own key, whose public part is left in `folder`."""
    from pos.scheme.clients import own_key
    from pos.switch.signature import Signer

    signer = Signer(own_key(folder))
    (folder / SWITCH_PUBLIC_KEY_NAME).write_text(signer.public_line + "\n")
    return signer


def _callers(store: "Store", trust: tuple[str, ...]) -> "Clients":
    """The callers of the switch, those to `trust` among them."""
    from pos.scheme.clients import Clients

    clients = Clients(store)
    for caller in trust:
        _register(clients, caller)
    return clients


def _register(clients: "Clients", caller: str) -> None:
    client_id, equals, file = caller.partition("=")
    if not equals:
        raise SettingsError(f"--trust {caller!r} names no key file; write it like till-1=till.pub.")
    clients.trust(client_id, key_file(Path(file)))


def key_file(path: Path) -> bytes:
    """The content of a key file. Raises SettingsError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"The key file {path} cannot be read ({error.strerror}); check its name."
        ) from None


def default_database(folder: Path) -> str:
    """URL of the books in the switch's `folder`."""
    return f"sqlite:///{folder.resolve() / 'switch.db'}"


@contextmanager
def _told_to_stop(*, until_eof: bool) -> Iterator[threading.Event]:
    """Set by SIGTERM, SIGINT, or, when asked for, the end of standard input."""
    stop = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: stop.set()) for number in signals]
    if until_eof:
        threading.Thread(target=_wait_for_eof, args=(stop,), name="stdin", daemon=True).start()
    try:
        yield stop
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _told_to_reread() -> Iterator[threading.Event]:
    """Set by SIGHUP."""
    told = threading.Event()
    before = signal.signal(signal.SIGHUP, lambda *_: told.set())
    try:
        yield told
    finally:
        signal.signal(signal.SIGHUP, before)


def _wait_for_eof(stop: threading.Event) -> None:
    # The raw descriptor: a buffered read would hold a lock while the interpreter ends.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()

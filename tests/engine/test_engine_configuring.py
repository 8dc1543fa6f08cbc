"""Settings pushed from afar: taken once, between two sales, written down, and held from then on."""

import pytest

from pos.errors import IllegalMove
from pos.sale.configuration import Configuration, Configure, Configured, Setting
from pos.sale.input import AddAmount, Charge, Next, Presenting, PrinterSays, Stop
from pos.sale.view import Stage
from tests.engine.conftest import Shop

NORWEGIAN = (Setting("terminal.language", "nb"),)


def configured(till: Shop) -> list[int]:
    """The numbers of the settings in the journal, taken or refused."""
    return [
        fields["number"]
        for kind, fields in till.entries()
        if kind in ("Configured", "ConfigurationRefused")
    ]


def test_between_sales_they_are_taken_and_the_till_ends(till: Shop) -> None:
    """They are in the journal before anything else happens, and the View tells their number."""
    till.paid()
    till.engine.handle(PrinterSays(document_id=till.slips[-1][0]))
    till.engine.handle(Configure(7, NORWEGIAN))
    assert till.entries()[-1] == (
        "Configured",
        {
            "number": 7,
            "settings": [{"key": "terminal.language", "value": "nb"}],
            "at": till.wall_s(),
        },
    )
    assert till.engine.configuring.leaving
    assert till.view.facts.settings == 7
    assert till.engine.history.configuration.values == {"terminal.language": "nb"}


def test_while_a_payment_is_open_nothing_happens(till: Shop) -> None:
    """Neither on the desk nor when it was set aside; with its outcome the same are taken."""
    request_id = till.charge("silent")
    till.engine.handle(Configure(1, NORWEGIAN))
    till.engine.handle(Stop(request_id))
    till.engine.handle(Next())
    if till.view.facts.open_payments:
        till.engine.handle(Configure(1, NORWEGIAN))
        assert configured(till) == []
        assert not till.engine.configuring.leaving
    till.go_on(600.0)
    till.engine.handle(Next())
    assert till.view.facts.open_payments == 0
    till.engine.handle(Configure(1, NORWEGIAN))
    assert configured(till) == [1]


def test_while_a_payment_of_an_earlier_process_is_open_nothing_happens(till: Shop) -> None:
    """The desk is free, and the switch has still to be asked."""
    till.charge("silent")
    till.start()
    assert till.view.stage is Stage.READY
    assert till.view.facts.open_payments == 1
    till.engine.handle(Configure(1, NORWEGIAN))
    assert configured(till) == []


def test_while_an_order_or_an_amount_lies_on_the_desk_nothing_happens(till: Shop) -> None:
    """Somebody is being served, though no money moves yet."""
    till.engine.handle(Charge("129", Presenting.CUSTOMER))
    till.engine.handle(Configure(1, NORWEGIAN))
    assert configured(till) == []


def test_while_lines_lie_on_the_desk_nothing_happens(till: Shop) -> None:
    """An order stays where it is."""
    till.engine.handle(AddAmount("10"))
    till.engine.handle(Configure(1, NORWEGIAN))
    assert configured(till) == []
    assert till.view.order is not None


def test_while_a_receipt_is_being_printed_nothing_happens(till: Shop) -> None:
    """The till would not hear whether it came out."""
    till.paid()
    till.engine.handle(Configure(1, NORWEGIAN))
    assert configured(till) == []


def test_a_number_is_answered_once(till: Shop) -> None:
    """Neither the same nor an older one is ever taken again, also by a new process."""
    till.engine.handle(Configure(5, NORWEGIAN))
    till.start()
    for number in (5, 4, 1):
        till.engine.handle(Configure(number, (Setting("terminal.language", "fi"),)))
    assert configured(till) == [5]
    assert not till.engine.configuring.leaving
    till.engine.handle(Configure(6, (Setting("terminal.language", ""),)))
    assert configured(till) == [5, 6]
    assert till.engine.history.configuration.values == {}


def test_what_cannot_hold_is_refused_and_the_till_goes_on(shop: Shop) -> None:
    """The reason is written down and shown; its number is answered."""
    shop.start(try_settings=lambda given: f"{given[0].key} is no good.")
    shop.engine.handle(Configure(3, NORWEGIAN))
    shop.engine.handle(Configure(3, NORWEGIAN))
    assert configured(shop) == [3]
    assert shop.entries()[-1][1]["at"] == shop.wall_s()
    assert shop.view.facts.settings == 3
    assert shop.view.facts.settings_refused == "terminal.language is no good."
    assert not shop.engine.configuring.leaving
    assert shop.paid() in shop.engine.history.payments


def test_a_till_that_has_halted_takes_nothing(till: Shop) -> None:
    """Nothing can be written down, so nothing may hold."""
    till.break_disk("sync", "write", "cut")
    till.engine.handle(Configure(1, NORWEGIAN))
    assert till.view.stopped is not None
    assert not till.engine.configuring.leaving
    till.engine.handle(Configure(2, NORWEGIAN))
    assert not till.engine.configuring.leaving


def test_the_till_ends_by_itself_and_says_goodbye_in_the_journal(till: Shop) -> None:
    """`run` returns once they are taken; the next process reads them."""
    till.engine.put(Configure(1, NORWEGIAN))
    till.engine.run()
    assert till.kinds()[-2:] == ["Configured", "Stopped"]


def test_an_entry_of_an_old_number_is_no_move() -> None:
    """A journal with one would be a damaged one."""
    configuration = Configuration()
    configuration.take(Configured(2, NORWEGIAN, 1.0))
    with pytest.raises(IllegalMove):
        configuration.take(Configured(2, NORWEGIAN, 2.0))
    assert configuration.values == {"terminal.language": "nb"}

"""A shop at rest, handed to the checker as dumps, and what only an onlooker can have seen.

Apart from the checker because this knows the simulated world: what left the tills, which codes
were held up, and which requests could be sent a second time.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pos.proof import dumps
from pos.proof.checker import differences
from pos.proof.simulation.till import Till
from pos.proof.simulation.world import World

ASKED_AGAIN = ("pay", "cancel", "refund")
SENT_AGAIN_EVERY = 3


def judged(world: World, codes: list[str]) -> list[str]:
    """Every broken promise of a shop at rest. `codes` are those that customers held up."""
    found = list(world.switch.trouble)
    for till in world.tills:
        found += till.trouble
        if till.view.stopped is not None:
            found.append(f"Q1: the till halted: {dict(till.view.stopped.values)}")
        found += _wire_faults(till)
    ask = dumps.asking(world.switch.store.raw)
    switch = dumps.switch_tables(ask)
    found += differences([_dump(world, till) for till in world.tills], switch)
    found += _spilled(world, codes)
    if not found:
        found += _unequal(world, switch)
    return found


def _slips(till: Till) -> tuple[dumps.Slip, ...]:
    return tuple(dumps.Slip(slip.document_id, slip.number, slip.copy) for slip in till.slips)


def _dump(world: World, till: Till) -> dumps.Till:
    history = till.journal.history
    believed = {each: str(payment.state) for each, payment in history.payments.items()}
    believed |= {each: str(refund.state) for each, refund in history.refunds.items()}
    return dumps.Till(
        till.client_id,
        dumps.journal_table(till.disk.connection),
        # A journal that forgot that a receipt was begun prints it again, and cannot know better.
        () if world.fate.rates.disk_forgets else _slips(till),
        believed,
    )


def _wire_faults(till: Till) -> Iterator[str]:
    amounts: dict[str, set[int]] = {}
    for sent in till.line.sent:
        if not sent.journaled:
            yield f"P1: {sent.api} of {sent.reference} left before it was written down"
        if sent.value:
            amounts.setdefault(sent.reference, set()).add(sent.value)
    for reference, values in amounts.items():
        if len(values) > 1:
            yield f"P4: {reference} was asked for with several amounts"
    counts = Counter(sent.reference for sent in till.line.sent if sent.api == "pay")
    for reference, count in counts.items():
        if count > 1:  # the code is used only once, and it is kept nowhere
            yield f"P7: {reference} was asked for {count} times by the till itself"
    for slip in till.slips:
        if not slip.well:
            yield f"P13: a slip says that {slip.document_id} is done, and it was not"


def _unequal(world: World, before: dumps.Switch) -> Iterator[str]:
    """P10: send some of it once more, and see that nothing changes."""
    for till in world.tills:
        sent = [(api, *each) for (api, _), each in till.line.bodies.items() if api in ASKED_AGAIN]
        for api, body, mark in sent[world.fate.seed % SENT_AGAIN_EVERY :: SENT_AGAIN_EVERY]:
            world.switch.answer(till.client_id, api, body, mark)
    yield from world.switch.trouble
    after = dumps.switch_tables(dumps.asking(world.switch.store.raw))
    if _moved(after) != _moved(before):
        yield "P10: requests that were sent again changed the switch's books"


def _moved(switch: dumps.Switch) -> dumps.Switch:
    """Without refunds that were refused: one that never arrived is noted so when it comes now."""
    return replace(switch, refunds=[row for row in switch.refunds if row["state"] != "FAILED"])


def _spilled(world: World, codes: list[str]) -> Iterator[str]:
    """P12: a customer's code in anything that is kept."""
    kept = {till.client_id: till.disk.connection.serialize("main") for till in world.tills}
    kept["the switch"] = world.switch.store.raw.serialize()
    for code in set(codes):
        raw = code.encode()
        yield from (f"P12: {name} keeps a code" for name, whole in kept.items() if raw in whole)

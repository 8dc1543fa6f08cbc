"""A report as lines in some language: the same for paper, for the screen and for the shell.

Apart from the report because these are words, and from the receipts because nobody takes one home.
"""

from collections.abc import Iterable, Iterator

from pos.sale.merchant import Terminal
from pos.sale.money import Amount
from pos.sale.report import Report, ReportKind, Tally, Turnover
from pos.sale.shift import Kind
from pos.sale.slip import RULE, SlipLine, Words, head, heading


def report_lines(report: Report, terminal: Terminal, words: Words) -> tuple[SlipLine, ...]:
    """Every line, from the shop's name to the grand totals."""
    where = SlipLine(words.say("report.terminal"), terminal.reference)
    title, *rest = body(report, words)
    return (*head(terminal, words), heading(title.text), where, *rest)


def body(report: Report, words: Words) -> tuple[SlipLine, ...]:
    """The same without who sold, and on which till: a heading, then the rest."""
    say = words.say
    title = say("report.x_title") if report.kind is ReportKind.X else say("report.z_title")
    return (
        SlipLine(f"{title} {report.number}", strong=True),
        RULE,
        *_when(report, words),
        RULE,
        *_turnover_lines(report, words),
        *_section(say("report.by_wallet"), report.by_wallet, report, words),
        *_section(say("report.by_staff"), _named(report, words), report, words),
        *_vat_lines(report, words),
        *_group_lines(report, words),
        RULE,
        *_counted(report, words),
        *_open_lines(report, words),
        RULE,
        SlipLine(say("report.grand_sold"), _money(report, report.grand_sold, words)),
        SlipLine(say("report.grand_returned"), _money(report, report.grand_returned, words)),
        SlipLine(
            say("report.grand_net"),
            _money(report, report.grand_sold - report.grand_returned, words),
            strong=True,
        ),
    )


def _money(report: Report, value: int, words: Words) -> str:
    return f"{words.minor_text(value, report.currency)} {report.currency}"


def _when(report: Report, words: Words) -> Iterator[SlipLine]:
    say = words.say
    yield SlipLine(say("report.shift"), str(report.shift))
    if report.opened_at is not None:
        yield SlipLine(say("report.opened"), words.time_text(report.opened_at))
    if report.opened_by:
        yield SlipLine("", report.name_of(report.opened_by))
    yield SlipLine(say("report.made"), words.time_text(report.until))
    if report.made_by:
        yield SlipLine("", report.name_of(report.made_by))
    if report.last_number:
        numbers = f"{report.first_number}–{report.last_number}"
        yield SlipLine(say("report.receipts"), numbers)


def _turnover_lines(report: Report, words: Words) -> Iterator[SlipLine]:
    say, total = words.say, report.total
    yield _tally_line(say("report.sold"), total.sold, report, words)
    yield _tally_line(say("report.returned"), total.returned, report, words)
    yield SlipLine(say("report.net"), _money(report, total.net, words), strong=True)
    if report.tips.count:
        yield _tally_line(say("report.tips"), report.tips, report, words)
    for currency, turnover in report.elsewhere:
        net = f"{words.minor_text(turnover.net, currency)} {currency}"
        yield SlipLine(say("report.elsewhere"), net)


def _tally_line(text: str, tally: Tally, report: Report, words: Words) -> SlipLine:
    return SlipLine(f"{text} ({tally.count})", _money(report, tally.value, words))


def _section(
    title: str, each: Iterable[tuple[str, Turnover]], report: Report, words: Words
) -> Iterator[SlipLine]:
    listed = list(each)
    if listed:
        yield RULE
        yield SlipLine(title, strong=True)
    for name, turnover in listed:
        count = turnover.sold.count + turnover.returned.count
        yield SlipLine(f"{name} ({count})", _money(report, turnover.net, words))


def _named(report: Report, words: Words) -> Iterator[tuple[str, Turnover]]:
    """By staff, where anybody ever logged in."""
    if any(staff_id for staff_id, _ in report.by_staff):
        for staff_id, turnover in report.by_staff:
            yield report.name_of(staff_id) or words.say("report.nobody"), turnover


def _vat_lines(report: Report, words: Words) -> Iterator[SlipLine]:
    if report.by_vat:
        yield RULE
        yield SlipLine(words.say("report.by_vat"), strong=True)
    for row in report.by_vat:
        rate = words.percent_text(row.rate)
        base = words.minor_text(row.net, report.currency)
        yield SlipLine(
            words.say("report.vat", rate=rate, base=base), _money(report, row.vat, words)
        )


def _group_lines(report: Report, words: Words) -> Iterator[SlipLine]:
    sums: dict[str, int] = {}
    for each in report.by_group:
        sums[each.category] = sums.get(each.category, 0) + each.value
    if set(sums) - {""}:
        yield RULE
        yield SlipLine(words.say("report.by_group"), strong=True)
        for category, value in sorted(sums.items()):
            name = category or words.say("report.no_group")
            yield SlipLine(name, _money(report, value, words))


def _counted(report: Report, words: Words) -> Iterator[SlipLine]:
    say = words.say
    for text, tally in (
        (say("report.discounts"), report.discounts),
        (say("report.corrections"), report.corrections),
        (say("report.dropped"), report.dropped),
        (say("report.voids"), report.voids),
        (say("report.copies"), report.copies),
        (say("report.training"), report.training),
    ):
        yield _tally_line(text, tally, report, words)
    yield SlipLine(say("report.drawer"), str(report.drawer_openings))


def _open_lines(report: Report, words: Words) -> Iterator[SlipLine]:
    """What is unfinished, each by its id, so that somebody can ask for it."""
    say = words.say
    if report.brought:
        yield RULE
        yield SlipLine(say("report.brought"), str(len(report.brought)), strong=True)
        yield from (SlipLine(each) for each in report.brought)
    if report.unfinished:
        yield RULE
        yield SlipLine(say("report.unfinished"), str(len(report.unfinished)), strong=True)
    for each in report.unfinished:
        kind = say("report.a_sale") if each.kind is Kind.SALE else say("report.a_return")
        amount = words.amount_text(Amount(each.value, report.currency))
        yield SlipLine(f"{kind} {words.time_text(each.begun_at)}", amount)
        yield SlipLine(each.document_id)

"""An X or Z report as the audit file spells it: `eventReport`.

Apart because its fields are many, most of a kind, and in the authority's own order.
"""

from datetime import datetime

from pos.saf_t.company import Groups, org_number, payment_type, vat_code
from pos.saf_t.element import Content, money, share
from pos.sale.merchant import Terminal
from pos.sale.report import Report, ReportKind, Tally, Turnover

Fields = list[tuple[str, Content]]


def event_report(report: Report, terminal: Terminal, groups: Groups, at: datetime) -> Content:
    """The whole element; `at` is when it was made, in the shop's zone."""

    def amount(value: int) -> str:
        return money(value, report.currency)

    def pair(name: str, tally: Tally) -> Fields:
        return [(f"{name}Num", str(tally.count)), (f"{name}Amnt", amount(tally.value))]

    tips, goods = report.tips, report.total.net - report.tips.value
    return [
        ("reportID", str(report.number)),
        ("reportType", "Z report" if report.kind is ReportKind.Z else "X report"),
        ("companyIdent", org_number(terminal)),
        ("companyName", terminal.merchant.name),
        ("reportDate", f"{at:%Y-%m-%d}"),
        ("reportTime", f"{at:%H:%M:%S}"),
        ("registerID", terminal.reference),
        ("reportTotalCashSales", [("totalCashSaleAmnt", amount(goods))]),
        ("reportArtGroups", _groups(report, groups)),
        ("reportEmpArtGroups", _staff_groups(report, groups)),
        ("reportPayments", _payments(report)),
        ("reportEmpPayments", _staff_payments(report)),
        ("reportTip", [("tipNum", str(tips.count)), ("tipAmnt", amount(tips.value))]),
        ("reportCashSalesVat", _vat(report)),
        ("reportOpeningChangeFloat", amount(0)),  # this till takes no cash
        ("reportReceiptNum", str(report.total.sold.count)),
        ("reportOpenCashBoxNum", str(report.drawer_openings)),
        *pair("reportReceiptCopy", report.copies),
        *pair("reportReceiptProforma", Tally()),
        *pair("reportReturn", report.total.returned),
        *pair("reportDiscount", report.discounts),
        *pair("reportVoidTrans", report.voids),
        ("reportCorrLines", [("reportCorrLine", [
            ("corrLineType", "Line taken off"), *pair("corrLine", report.corrections),
        ])]),
        ("reportPriceInquiries", [("reportPriceInquiry", [
            ("priceInquiryGroup", "None"), *pair("priceInquiry", Tally()),
        ])]),
        ("reportOtherCorrs", [("reportOtherCorr", [
            ("otherCorrType", "Order given up"), *pair("otherCorr", report.dropped),
        ])]),
        *pair("reportReceiptDelivery", Tally()),
        *pair("reportTraining", report.training),
        ("reportGrandTotalSales", amount(report.grand_sold)),
        ("reportGrandTotalReturn", amount(report.grand_returned)),
        ("reportGrandTotalSalesNet", amount(report.grand_sold - report.grand_returned)),
    ]  # fmt: skip


def _group(code: str, quantity: int, value: str) -> Fields:
    return [("artGroupID", code), ("artGroupNum", str(quantity)), ("artGroupAmnt", value)]


def _groups(report: Report, groups: Groups) -> Content:
    sums: dict[str, tuple[int, int]] = {groups.code(""): (0, 0)}
    for each in report.by_group:
        quantity, value = sums.get(groups.code(each.category), (0, 0))
        sums[groups.code(each.category)] = (quantity + each.quantity, value + each.value)
    return [
        ("reportArtGroup", _group(code, quantity, money(value, report.currency)))
        for code, (quantity, value) in sorted(sums.items())
    ]


def _staff_groups(report: Report, groups: Groups) -> Content:
    made: Fields = [
        ("reportEmpArtGroup", [
            ("empID", each.staff_id),
            *_group(groups.code(each.category), each.quantity, money(each.value, report.currency)),
        ])
        for each in report.by_group
        if each.staff_id
    ]  # fmt: skip
    return made or None


def _paid(wallet: str, turnover: Turnover, currency: str) -> Fields:
    return [
        ("paymentType", payment_type(wallet)),
        ("paymentNum", str(turnover.sold.count + turnover.returned.count)),
        ("paymentAmnt", money(turnover.net, currency)),
    ]


def _payments(report: Report) -> Content:
    each = report.by_wallet or (("", Turnover()),)
    return [("reportPayment", _paid(name, sums, report.currency)) for name, sums in each]


def _staff_payments(report: Report) -> Content:
    made: Fields = [
        ("reportEmpPayment", [("empID", staff_id), *_paid(wallet, turnover, report.currency)])
        for (staff_id, wallet), turnover in report.by_staff_wallet
        if staff_id
    ]
    return made or None


def _vat(report: Report) -> Content:
    rows = [(row.rate, row.net, row.vat, row.gross) for row in report.by_vat] or [(2500, 0, 0, 0)]
    return [
        ("reportCashSaleVat", [
            ("vatCode", vat_code(rate)),
            ("vatPerc", share(rate)),
            ("cashSaleAmnt", money(net, report.currency)),
            ("vatAmnt", money(vat, report.currency)),
            ("vatAmntTp", "C" if gross >= 0 else "D"),
        ])
        for rate, net, vat, gross in rows
    ]  # fmt: skip

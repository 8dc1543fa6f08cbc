"""A secret gives itself up to `reveal()` and to nothing else."""

import copy
import json
import logging
import pickle
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.code import PaymentCode, Secret

SHOWN = "Secret(…)"


def test_only_reveal_gives_the_text() -> None:
    """`reveal` returns what was put in; `len` counts its characters."""
    secret = Secret("281031020000000000004711")
    assert secret.reveal() == "281031020000000000004711"
    assert len(secret) == 24


@given(st.text(min_size=1))
def test_every_printed_form_is_the_same(text: str) -> None:
    """repr, str, every format and a containing value show the same fixed mark."""
    secret = Secret(text)
    forms = {repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", "%s" % secret}  # noqa: UP031
    assert forms == {SHOWN}
    assert repr([secret]) == f"[{SHOWN}]"


def test_a_log_line_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    """Logged as an argument, a payment code shows its issuer and no secret."""
    code = PaymentCode(Secret("281031020000000000004711"), "281031", single_use=True)
    logging.getLogger("till").warning("read %s and %r", code, code.secret)
    assert "020000" not in caplog.text
    assert SHOWN in caplog.text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol: int) -> None:
    """Every pickle protocol refuses it, alone or inside a value."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret("281031020000000000004711"), protocol)


def test_no_copy_machine_spills_it() -> None:
    """Deep copies, `asdict` and JSON refuse it instead of writing the text."""
    code = PaymentCode(Secret("281031020000000000004711"), "281031", single_use=True)
    with pytest.raises(TypeError):
        copy.deepcopy(code)
    with pytest.raises(TypeError):
        asdict(code)
    with pytest.raises(TypeError):
        json.dumps(code.secret)
    with pytest.raises(TypeError):
        vars(code.secret)


@given(st.text(), st.text())
def test_equal_texts_make_equal_secrets(one: str, other: str) -> None:
    """Secrets are equal, with equal hashes, exactly when their texts are; never to a string."""
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) == Secret(one)
    assert hash(Secret(one)) == hash(Secret(one))
    assert Secret(one) != one


def test_a_broken_text_can_be_compared() -> None:
    """A lone surrogate from a broken decoder does not make the comparison fail."""
    assert Secret("\ud800") != Secret("\ud801")

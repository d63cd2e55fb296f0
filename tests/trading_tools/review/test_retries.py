"""What runs code again after a failure, and after which one."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.trading_tools.review.conftest import MakeModule


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("@tenacity.retry\ndef f():\n    act()", "@tenacity.retry"),
        ("@with_retries(3)\ndef f():\n    act()", "@with_retries"),
        (
            """
                def f():
                    for i in range(3):
                        try:
                            return act()
                        except OSError:
                            wait()
            """,
            "a loop that tries again",
        ),
        (
            """
                def f():
                    while True:
                        try:
                            act()
                            break
                        except OSError:
                            pass
            """,
            "a loop that tries again",
        ),
        (
            """
                def f():
                    for attempt in tenacity.Retrying():
                        with attempt:
                            act()
            """,
            "a loop over Retrying",
        ),
        ("def f():\n    try:\n        act()\n    except OSError:\n        f()", "f calling itself"),
        ("def f():\n    retry_call(lambda: act())", "retry_call"),
        (
            """
            def f():
                done = None
                while done is None:
                    try:
                        done = act()
                    except OSError:
                        wait()
            """,
            "a loop that tries again",
        ),
        ("def f():\n    act()\nretry_call(f)", "retry_call"),
    ],
)
def test_what_repeats_is_known(module: MakeModule, code: str, what: str) -> None:
    made = module("import tenacity\n" + dedent(code))
    (call,) = made.calls_of("act")
    retry = made.retry(call)
    assert retry is not None
    assert retry.what == what


@pytest.mark.parametrize(
    "code",
    [
        """
            def f():
                while True:
                    try:
                        act()
                    except OSError:
                        log()
        """,
        """
            def f():
                for each in orders:
                    try:
                        act()
                    except OSError:
                        raise
        """,
        "def f():\n    try:\n        return act()\n    except OSError:\n        return None",
        "@cached\ndef f():\n    act()",
    ],
)
def test_what_goes_on_to_something_else_is_no_retry(module: MakeModule, code: str) -> None:
    made = module(code)
    (call,) = made.calls_of("act")
    assert made.retry(call) is None


def test_a_retry_knows_after_which_exceptions_it_repeats(module: MakeModule) -> None:
    made = module(
        """
        import ccxt
        from tenacity import retry, retry_if_exception_type as only

        LIMITED = (ccxt.RateLimitExceeded, ccxt.DDoSProtection)

        def again(function):
            def wrapper(*args):
                while True:
                    try:
                        return function(*args)
                    except ccxt.NetworkError:
                        wait()
            return wrapper

        @again
        def f():
            act()

        def g():
            for _ in range(3):
                try:
                    return act()
                except LIMITED:
                    wait()
        """
    )
    first, second = (made.retry(each) for each in made.calls_of("act"))
    assert first is not None
    assert second is not None
    assert first.caught == ("ccxt.NetworkError",)
    assert second.caught == ("ccxt.RateLimitExceeded", "ccxt.DDoSProtection")

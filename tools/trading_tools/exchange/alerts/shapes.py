"""The payloads that services take: generic JSON, Slack's incoming webhooks, Telegram's bots.

Text of an alert is text to them: it mentions nobody and formats nothing. Sources: Slack, "Sending
messages using incoming webhooks" and "Formatting text"; Telegram Bot API, `sendMessage`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from trading_tools.exchange.alerts.alert import Notice

Shape: TypeAlias = Callable[[Notice], Mapping[str, Any]]

SLACK_MOST: Final = 4_000
TELEGRAM_MOST: Final = 4_096
"""Characters of a message; Telegram refuses longer ones, Slack advises against them."""

_SLACK: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def generic(notice: Notice) -> Mapping[str, Any]:
    """All fields under their own names; the time in ISO 8601."""
    alert = notice.alert
    return {
        "level": alert.level.name.lower(),
        "title": alert.title,
        "text": alert.text,
        "key": alert.key or alert.title,
        "details": dict(alert.details),
        "at": notice.at.isoformat(),
        "repeated": notice.repeated,
    }


def slack(notice: Notice) -> Mapping[str, Any]:
    """A message for an incoming webhook, without mark-up and without mentions."""
    text = _cut(_words(notice), SLACK_MOST).translate(_SLACK)
    return {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def telegram(chat_id: str) -> Shape:
    """Messages to one chat by `sendMessage`, without mark-up and previews."""

    def shape(notice: Notice) -> Mapping[str, Any]:
        return {
            "chat_id": chat_id,
            "text": _cut(_words(notice), TELEGRAM_MOST),
            "link_preview_options": {"is_disabled": True},
        }

    return shape


def _words(notice: Notice) -> str:
    alert = notice.alert
    lines = [f"{alert.level.name}: {alert.title}"]
    lines += [alert.text] if alert.text else []
    lines += [f"{name}: {value}" for name, value in alert.details.items()]
    lines += [f"{notice.repeated} more of the same before this"] if notice.repeated else []
    return "\n".join([*lines, f"{notice.at:%Y-%m-%d %H:%M:%S} UTC"])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

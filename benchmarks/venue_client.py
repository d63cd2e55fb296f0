"""A client of a venue with next to no cost of its own: signed orders over one bare socket.

    python -m benchmarks.venue_client PORT KEY SECRET COUNT GAP_S

sends COUNT orders, each GAP_S seconds after the one before or at once where that is over, and says
on one line the replies' statuses and how long a reply took, in ms.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import sys
import time
from collections import Counter
from typing import BinaryIO

_ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.01&recvWindow=60000"


def main(port: int, key: str, secret: str, count: int, gap_s: float) -> dict[str, object]:
    """Send the orders."""
    requests = [_request(number, key, secret) for number in range(count)]
    statuses: Counter[str] = Counter()
    costs = []
    with socket.create_connection(("127.0.0.1", port)) as wire, wire.makefile("rb") as replies:
        due = time.perf_counter()
        for request in requests:
            time.sleep(max(0.0, due - time.perf_counter()))
            due += gap_s
            started = time.perf_counter()
            wire.sendall(request)
            statuses[_status(replies)] += 1
            costs.append((time.perf_counter() - started) * 1000)
    costs.sort()
    return {
        "statuses": dict(statuses),
        "median_ms": costs[count // 2],
        "p99_ms": costs[int(count * 0.99)],
    }


def _request(number: int, key: str, secret: str) -> bytes:
    now = time.time_ns() // 1_000_000
    query = f"{_ORDER}&price={50_000 + number % 100}&newClientOrderId=c{number}&timestamp={now}"
    signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    return (
        f"POST /api/v3/order?{query}&signature={signature} HTTP/1.1\r\nHost: venue\r\n"
        f"X-MBX-APIKEY: {key}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _status(replies: BinaryIO) -> str:
    status = replies.readline().split()[1].decode()
    length = 0
    while (line := replies.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    replies.read(length)
    return status


if __name__ == "__main__":
    given = sys.argv[1:]
    found = main(int(given[0]), given[1], given[2], int(given[3]), float(given[4]))
    sys.stdout.write(json.dumps(found) + "\n")

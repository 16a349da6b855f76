"""Follows signals, orders and cases of a gateway and prints what it hears, one JSON line a message.

Needs nothing but Debian's python3-msgpack and python3-websockets: the wire is standard MessagePack.

    /usr/bin/python3 client.py ws://127.0.0.1:7777/v1/stream
    /usr/bin/python3 client.py URL --epoch E --signals 41 --orders 7 --cases 3      # goes on where another run ended
"""

import argparse
import asyncio
import json
import sys

import msgpack
import websockets

TOPICS = ("signals", "orders", "cases")


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def follow(arguments):
    socket = await websockets.connect(
        arguments.url, subprotocols=["plimsoll.v1.msgpack"], max_size=None, compression=None
    )
    assert socket.subprotocol == "plimsoll.v1.msgpack", socket.subprotocol
    kind, protocol, _version, epoch, fields = msgpack.unpackb(await socket.recv())
    assert (kind, protocol) == ("hello", 1), (kind, protocol)
    say({"type": "hello", "epoch": epoch})
    known = {}
    for request, topic in enumerate(TOPICS):
        options = {"topic": topic}
        if arguments.epoch is not None:
            known[topic] = getattr(arguments, topic)
            options.update(epoch=arguments.epoch, fromSeq=known[topic])
        await socket.send(msgpack.packb(["subscribe", request, options]))
    async for frame in socket:
        message = msgpack.unpackb(frame)
        kind = message[0]
        if kind == "snapshot":
            _, topic, seq, rows = message
        elif kind in TOPICS:
            topic, seq, since, rows = kind, message[1], message[2], message[-1]
            assert since == known[topic], f"{topic}: missed what is between {known[topic]} and {since}"
        elif kind in ("subscribed", "heartbeat"):
            continue
        else:
            raise SystemExit(f"unexpected {message}")
        assert isinstance(seq, int), seq
        known[topic] = seq
        named = [dict(zip(fields[topic], row)) for row in rows]
        assert all(isinstance(row["expiryUs"], int) for row in named if topic == "orders"), named
        say({"type": kind, "topic": topic, "seq": seq, "rows": named})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--epoch")
    parser.add_argument("--signals", type=int, default=0)
    parser.add_argument("--orders", type=int, default=0)
    parser.add_argument("--cases", type=int, default=0)
    asyncio.run(follow(parser.parse_args()))


main()

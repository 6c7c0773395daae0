"""Between two stages: partitions rows by key group, merges watermarks, aligns barriers."""
import math
import struct

import batch as batches
from keys import key_group_of, subtask_of
from stage import BARRIER, BATCH, END, IDLE, WATERMARK


class Exchange:
    """Takes one output of every subtask of a stage. Without receivers it keeps the rows, as the end of the graph."""

    def __init__(self, senders, receivers, key_groups):
        self.senders = senders
        self.receivers = receivers
        self.key_groups = key_groups
        self.watermarks = {sender: -math.inf for sender in senders}
        self.idle = set()
        self.ended = set()
        self.arrived = {}
        self.held = {sender: [] for sender in senders}
        self.watermark = -math.inf
        self.rows = []
        self.barriers = []
        for sender in senders:
            sender.on_output = self.take

    def take(self, sender, output, kind, body, length):
        if sender in self.arrived:
            self.held[sender].append((output, kind, body, length))
        elif kind == BATCH:
            self.idle.discard(sender)
            self.batch(batches.decode(body), lambda: sender.give(output, length))
        elif kind == WATERMARK:
            self.idle.discard(sender)
            self.watermarks[sender] = struct.unpack("<d", body)[0]
            self.advance()
        elif kind == IDLE:
            self.idle.add(sender)
            if len(self.idle) == len(self.senders):
                self.broadcast(IDLE, b"")
            self.advance()
        elif kind == END:
            self.ended.add(sender)
            if len(self.ended) == len(self.senders):
                self.broadcast(END, body)
        elif kind == BARRIER:
            self.align(sender, body)

    def batch(self, batch, give_credit):
        if not self.receivers:
            self.rows += batch.rows
            give_credit()
            return
        parts = {}
        for row, (key, group) in enumerate(zip(batch.keys, batch.key_groups)):
            assert group == key_group_of(key, self.key_groups), f"the key {key!r} is not of key group {group}"
            parts.setdefault(subtask_of(group, len(self.receivers), self.key_groups), []).append(row)
        left = len(parts)

        def sent():
            nonlocal left
            left -= 1
            if left == 0:
                give_credit()

        for subtask, rows in parts.items():
            self.receivers[subtask].batch(0, batch.pick(rows), sent)

    def advance(self):
        active = [watermark for sender, watermark in self.watermarks.items() if sender not in self.idle]
        if active and min(active) > self.watermark:
            self.watermark = min(active)
            self.broadcast(WATERMARK, struct.pack("<d", self.watermark))

    def align(self, sender, body):
        self.arrived[sender] = body
        if len(self.arrived) < len(self.senders):
            return
        assert set(self.arrived.values()) == {body}
        self.arrived = {}
        self.barriers.append((struct.unpack_from("<Q", body, 8)[0], len(self.rows)))
        self.broadcast(BARRIER, body)
        for each, elements in self.held.items():
            self.held[each] = []
            for element in elements:
                self.take(each, *element)

    def broadcast(self, kind, body):
        for receiver in self.receivers:
            receiver.control(kind, 0, body)

"""
Hosts the deduplication and the windows of the shop job over the stage protocol, with nothing but Python's standard library:
kills both stages behind a checkpoint, restores them at another parallelism, goes on, and checks every row.

    python3 host.py SEED COMMAND …      what starts a stage process, but for --stage
"""
import json
import math
import struct
import sys

from batch import Batch
from exchange import Exchange
from keys import key_group_of, owned, subtask_of
from oracle import expected, make_rounds
from stage import BARRIER, CLOSE, CLOSED, END, OPENED, WATERMARK, StageProcess, Subtask, pump

DEDUPLICATION, WINDOWS = "deduplicate(id)", "aggregate(start,cents,orders)"


class Graph:
    """Source → deduplication → windows → here, both stages at a parallelism of their own."""

    def __init__(self, command, epoch, parallelism, checkpoint=None):
        self.processes = {stage: StageProcess(command, stage) for stage in (DEDUPLICATION, WINDOWS)}
        self.epoch = epoch
        self.stages = {}
        for stage, process in self.processes.items():
            width, ready = parallelism[stage], process.ready()
            self.stages[stage] = [
                Subtask(ready, subtask, width, epoch, checkpoint and checkpoint.restore(stage, subtask, width))
                for subtask in range(width)
            ]
        self.subtasks = [each for subtasks in self.stages.values() for each in subtasks]
        self.first, last = self.stages[DEDUPLICATION], self.stages[WINDOWS]
        self.key_groups = self.first[0].welcome["keyGroups"]
        self.check_edge()
        self.middle = Exchange(self.first, last, self.key_groups)
        self.end = Exchange(last, [], self.key_groups)
        pump(self.subtasks, lambda: all(OPENED in each.messages for each in self.subtasks))

    def check_edge(self):
        """The stages say themselves how they are wired."""
        (output,) = self.first[0].welcome["stage"]["outputs"]
        (edge,) = self.stages[WINDOWS][0].welcome["stage"]["inputs"]
        assert (output["from"], output["to"], output["partitioning"]) == (edge["from"], edge["to"], "hash")
        (source,) = self.first[0].welcome["stage"]["inputs"]
        assert source["key"] == ["id"]

    def round(self, orders, watermark):
        keys = [order["id"] for order in orders]
        groups = [key_group_of(key, self.key_groups) for key in keys]
        batch = Batch(orders, [order["atMs"] for order in orders], keys, groups)
        width = len(self.first)
        for size in range(0, len(orders), 50):
            for subtask in range(width):
                rows = range(size, min(size + 50, len(orders)))
                mine = [row for row in rows if subtask_of(groups[row], width, self.key_groups) == subtask]
                if mine:
                    self.first[subtask].batch(0, batch.pick(mine))
        self.control(WATERMARK, struct.pack("<d", watermark))
        # The next round is judged by it, at every subtask.
        pump(self.subtasks, lambda: self.middle.watermark >= watermark)

    def control(self, kind, body):
        for each in self.first:
            each.control(kind, 0, body)

    def checkpoint(self, number):
        self.control(BARRIER, struct.pack("<QQd", self.epoch, number, 0))
        pump(self.subtasks, lambda: all(number in each.snapshots for each in self.subtasks))
        pump(self.subtasks, lambda: any(arrived == number for arrived, _ in self.end.barriers))
        taken = Checkpoint(number, self)
        for each in self.subtasks:
            each.complete(number)
        return taken

    def close(self):
        for each in self.subtasks:
            each.say(CLOSE)
        pump(self.subtasks, lambda: all(each.is_closed for each in self.subtasks))
        assert all(CLOSED in each.messages for each in self.subtasks)
        assert [process.end() for process in self.processes.values()] == [0, 0]

    def kill(self):
        for process in self.processes.values():
            process.kill()


class Checkpoint:
    """What a host keeps of one: by stage, the snapshot of every subtask; and the rows that had come out by then."""

    def __init__(self, number, graph):
        self.key_groups = graph.key_groups
        self.snapshots = {
            stage: [each.snapshots[number] for each in subtasks] for stage, subtasks in graph.stages.items()
        }
        self.rows = graph.end.rows[: dict(graph.end.barriers)[number]]

    def committables(self, uid):
        outputs = [output for taken in self.snapshots.values() for each in taken for output in each["output"]]
        return [row for output in outputs if output["uid"] == uid for row in output["committables"]]

    def restore(self, stage, subtask, width):
        first, last = owned(subtask, width, self.key_groups)
        before = self.snapshots[stage]
        split = {}
        for each in before:
            for name, entries in each["split"].items():
                split.setdefault(name, {}).update(entries)
        watermarks = [
            each["watermarkMs"]
            for number, each in enumerate(before)
            if each["watermarkMs"] is not None and overlap(owned(number, len(before), self.key_groups), (first, last))
        ]
        chunks = [chunk for each in before for chunk in each["chunks"] if overlap(range_of(chunk), (first, last))]
        return {"chunks": chunks, "split": split, "watermarkMs": max(watermarks, default=None)}


def range_of(chunk):
    description = json.loads(chunk[: chunk.index(b"\n")])
    return description["firstKeyGroup"], description["lastKeyGroup"]


def overlap(one, other):
    return one[0] <= other[1] and other[0] <= one[1]


def main(seed, command):
    rounds = make_rounds(seed, rounds=14, orders=300)
    graph = Graph(command, 1, {DEDUPLICATION: 2, WINDOWS: 2})
    for orders, watermark in rounds[:7]:
        graph.round(orders, watermark)
    first = graph.checkpoint(1)
    # Of no consequence: no checkpoint holds it.
    for orders, watermark in rounds[7:9]:
        graph.round(orders, watermark)
    graph.kill()
    graph = Graph(command, 2, {DEDUPLICATION: 3, WINDOWS: 1}, first)
    for orders, watermark in rounds[7:]:
        graph.round(orders, watermark)
    graph.control(WATERMARK, struct.pack("<d", math.inf))
    graph.control(END, b"\x01")
    last = graph.checkpoint(2)
    graph.close()

    totals, late, old = expected(rounds)
    found = {}
    for row in first.rows + last.rows:
        assert (row["start"], row["customer"]) not in found, f"twice: {row}"
        found[row["start"], row["customer"]] = [row["cents"], row["orders"]]
    assert found == totals, diff(found, totals)
    for uid, wanted in (("sink(late)", late), ("sink(old)", old)):
        written = first.committables(uid) + last.committables(uid)
        assert sorted(map(json.dumps, written)) == sorted(map(json.dumps, wanted)), uid
    chunks = sum(len(each["chunks"]) for taken in first.snapshots.values() for each in taken)
    print(json.dumps({"totals": len(totals), "late": len(late), "old": len(old), "chunks": chunks}))


def diff(found, wanted):
    keys = [key for key in {**found, **wanted} if found.get(key) != wanted.get(key)]
    return [(key, found.get(key), wanted.get(key)) for key in keys[:5]]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

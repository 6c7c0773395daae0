"""A stage process, and a subtask of it at the end of a connection, as PROTOCOL.md describes them."""
import hashlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
from collections import deque

import batch as batches

HELLO, BATCH, WATERMARK, IDLE, BARRIER, END, CREDIT = range(7)
(WELCOME, OPEN, CHUNK, STORED, OPENED, SNAPSHOT, DECLINED, COMPLETE, ABORT, TIME, METRICS, CLOSE, CLOSED, FAILED) = range(16, 30)
HEADER = 8
GOODBYE = 0xFFFFFFFF
OUTPUT_CREDIT = 4096


class StageProcess:
    def __init__(self, command, stage):
        arguments = [*command, "--stage", stage, "--attached"]
        self.child = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ready(self):
        """What it says once it listens."""
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"a stage process ended with {self.child.wait()}")
        return json.loads(line)

    def kill(self):
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def end(self):
        """As when the host that started it is gone."""
        self.child.stdin.close()
        return self.child.wait(timeout=30)


class Subtask:
    """Sends what the stage has credit for, keeps what is to be kept of snapshots, hands on what leaves the stage."""

    def __init__(self, ready, subtask, parallelism, epoch, restore=None):
        kind, _, rest = ready["address"].partition(":")
        self.socket = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
        self.socket.connect(rest if kind == "unix" else (rest.rpartition(":")[0], int(rest.rpartition(":")[2])))
        self.subtask = subtask
        self.epoch = epoch
        self.arrived = bytearray()
        self.waiting = deque()
        self.messages = {}
        self.chunks = {}
        self.snapshots = {}
        self.on_output = None
        self.is_closed = False
        self.say(HELLO, {"protocol": "sluice-stage", "version": 1, "token": ready["token"]})
        pump([self], lambda: WELCOME in self.messages)
        self.welcome = self.messages[WELCOME]
        self.credit = self.welcome["creditBytes"]
        chunks, message = [], {"subtask": subtask, "parallelism": parallelism, "epoch": str(epoch)}
        if restore is not None:
            chunks = restore.pop("chunks")
            message["restore"] = {**restore, "chunks": len(chunks)}
        self.say(OPEN, message)
        for chunk in chunks:
            self.post(CHUNK, 0, chunk, takes_credit=True)
        for output in self.welcome["stage"]["outputs"]:
            self.give(output["output"], OUTPUT_CREDIT)

    # To the stage

    def say(self, kind, message=None):
        self.write(kind, 0, b"" if message is None else json.dumps(message).encode())

    def write(self, kind, channel, body):
        self.socket.sendall(struct.pack("<IB3xI", HEADER + len(body), kind, channel) + body)

    def post(self, kind, channel, body, takes_credit=False, on_sent=None):
        """Behind everything that was posted before it."""
        self.waiting.append((kind, channel, body, takes_credit, on_sent))
        self.flush()

    def flush(self):
        while self.waiting and (self.credit > 0 or not self.waiting[0][3]):
            kind, channel, body, takes_credit, on_sent = self.waiting.popleft()
            if takes_credit:
                self.credit -= HEADER + len(body)
            self.write(kind, channel, body)
            if on_sent is not None:
                on_sent()

    def batch(self, channel, batch, on_sent=None):
        self.post(BATCH, channel, batches.encode(batch), takes_credit=True, on_sent=on_sent)

    def control(self, kind, channel, body):
        self.post(kind, channel, body)

    def give(self, output, size):
        self.write(CREDIT, output, struct.pack("<I", size))

    def complete(self, checkpoint):
        self.write(COMPLETE, 0, struct.pack("<Q", checkpoint))

    # From the stage

    def receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise RuntimeError(f"the stage of subtask {self.subtask} was cut off")
        self.arrived += data
        while len(self.arrived) >= 4:
            (length,) = struct.unpack_from("<I", self.arrived)
            if length == GOODBYE:
                self.is_closed = True
                self.socket.close()
                return
            if len(self.arrived) < 4 + length:
                return
            frame = bytes(self.arrived[4 : 4 + length])
            del self.arrived[: 4 + length]
            self.take(*struct.unpack_from("<B3xI", frame), frame[HEADER:], length)

    def take(self, kind, channel, body, length):
        if kind == FAILED:
            raise RuntimeError(f"the stage failed: {body.decode()}")
        if kind == CREDIT:
            self.credit += struct.unpack("<I", body)[0]
            self.flush()
        elif kind <= END:
            self.on_output(self, channel, kind, body, length)
        elif kind == CHUNK:
            line, _, data = body.partition(b"\n")
            chunk = json.loads(line)
            assert chunk["sha256"] == hashlib.sha256(data).hexdigest()
            self.chunks.setdefault(int(chunk["checkpointId"]), []).append(body)
            self.write(STORED, 0, struct.pack("<QI", int(chunk["checkpointId"]), chunk["chunk"]))
        elif kind in (SNAPSHOT, DECLINED):
            message = json.loads(body)
            assert kind == SNAPSHOT, message
            checkpoint = int(message["checkpointId"])
            message["chunks"] = self.chunks.pop(checkpoint, [])
            self.snapshots[checkpoint] = message
        else:
            self.messages[kind] = json.loads(body) if body else {}


def pump(subtasks, condition, seconds=60):
    """Takes what comes until the condition holds."""
    while not condition():
        open_ones = {each.socket: each for each in subtasks if not each.is_closed}
        readable, _, _ = select.select(list(open_ones), [], [], seconds)
        if not readable:
            raise RuntimeError(f"nothing came for {seconds} seconds")
        for each in readable:
            open_ones[each].receive()

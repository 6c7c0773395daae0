"""The bytes of a batch, as PROTOCOL.md lays them out: a writer of the plain forms, a reader of what rows of them become."""
import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, List, Optional

from keys import BigInt

MIX, NULL, UNDEFINED, HOLE, BOOLEAN, INT32, FLOAT64, INT64, BIGINT, LATIN1, UTF16, DATE, BYTES, OBJECT, LIST = range(15)
TIMESTAMPS, KEY_GROUPS, KINDS, ORIGIN, KEYS = 1, 2, 4, 8, 16


@dataclass
class Batch:
    rows: List[Any]
    timestamps_ms: Optional[List[float]] = None
    keys: Optional[List[Any]] = None
    key_groups: Optional[List[int]] = None
    kinds: Optional[List[int]] = field(default=None)

    def pick(self, indexes):
        def of(column):
            return None if column is None else [column[index] for index in indexes]

        return Batch(of(self.rows), of(self.timestamps_ms), of(self.keys), of(self.key_groups), of(self.kinds))


def section(data):
    return data + bytes(-len(data) % 8)


def header(form, size=0, variety=0):
    return struct.pack("<BBHI", form, variety, 0, size)


def encode(batch):
    attributes = 0
    sections = [struct.pack("<II", len(batch.rows), 0)]
    count = len(batch.rows)
    if batch.timestamps_ms is not None:
        attributes |= TIMESTAMPS
        sections.append(struct.pack(f"<{count}d", *batch.timestamps_ms))
    if batch.key_groups is not None:
        attributes |= KEY_GROUPS
        sections.append(section(struct.pack(f"<{count}H", *batch.key_groups)))
    if batch.keys is not None:
        attributes |= KEYS
        sections.append(encode_column(batch.keys))
    sections.append(encode_column(batch.rows))
    head = struct.pack("<BBH", 1, attributes, 0)
    rest = b"".join(sections)
    return head + struct.pack("<I", zlib.crc32(rest, zlib.crc32(head))) + rest


def form_of(value):
    """The form of a value; of objects with their fields, since those of a column have the same."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, BigInt):
        return INT64
    if isinstance(value, (int, float)):
        return FLOAT64
    if isinstance(value, str):
        return LATIN1 if all(ord(character) < 0x100 for character in value) else UTF16
    return (OBJECT, tuple(value))


def encode_column(values):
    forms = []
    selectors = []
    for value in values:
        form = form_of(value)
        if form not in forms:
            forms.append(form)
        selectors.append(forms.index(form))
    if len(forms) == 1 and forms[0] != NULL:
        return encode_form(forms[0], values)
    parts = [[value for value, selector in zip(values, selectors) if selector == part] for part in range(len(forms))]
    lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
    columns = [encode_form(form, part) for form, part in zip(forms, parts)]
    return header(MIX, len(parts)) + section(bytes(selectors)) + section(lengths) + b"".join(columns)


def encode_form(form, values):
    count = len(values)
    if form == NULL:
        return header(NULL)
    if form == BOOLEAN:
        return header(BOOLEAN) + section(bytes(values))
    if form == INT64:
        return header(INT64) + struct.pack(f"<{count}q", *values)
    if form == FLOAT64:
        return header(FLOAT64) + struct.pack(f"<{count}d", *values)
    if form == LATIN1:
        text = "".join(values).encode("latin-1")
        lengths = struct.pack(f"<{count}I", *map(len, values))
        return header(LATIN1, len(text)) + section(lengths) + section(text)
    if form == UTF16:
        texts = [value.encode("utf-16-le", "surrogatepass") for value in values]
        text = b"".join(texts)
        lengths = struct.pack(f"<{count}I", *(len(each) // 2 for each in texts))
        return header(UTF16, len(text) // 2) + section(lengths) + section(text)
    names = form[1]
    encoded = json.dumps(names, separators=(",", ":"), ensure_ascii=False).encode()
    fields = [encode_column([value[name] for value in values]) for name in names]
    return header(OBJECT, len(encoded)) + section(encoded) + b"".join(fields)


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 8

    def take(self, length):
        start = self.at
        self.at += length + -length % 8
        if self.at > len(self.data):
            raise ValueError(f"{length} bytes expected at byte {start}, but the batch ends at byte {len(self.data)}")
        return self.data[start : start + length]

    def numbers(self, count, code):
        return list(struct.unpack(f"<{count}{code}", self.take(count * struct.calcsize("<" + code))))

    def header(self):
        form, variety, _, size = struct.unpack("<BBHI", self.take(8))
        return form, variety, size

    def column(self, count):
        form, variety, size = self.header()
        if form != MIX:
            return self.form(form, variety, size, count)
        selectors = self.take(count)
        lengths = self.numbers(size, "I")
        parts = [iter(self.form(*self.header(), length)) for length in lengths]
        return [next(parts[selector]) for selector in selectors]

    def form(self, form, variety, size, count):
        if form in (NULL, UNDEFINED):
            return [None] * count
        if form == BOOLEAN:
            return [byte != 0 for byte in self.take(count)]
        if form == INT32:
            return self.numbers(count, "i")
        if form in (FLOAT64, DATE):
            return self.numbers(count, "d")
        if form == INT64:
            return [BigInt(value) for value in self.numbers(count, "q")]
        if form == BIGINT:
            return [BigInt(digits, 16) for digits in self.column(count)]
        if form == LATIN1:
            return cut(self.numbers(count, "I"), self.take(size).decode("latin-1"))
        if form == UTF16:
            lengths = self.numbers(count, "I")
            units = cut([2 * length for length in lengths], self.take(2 * size))
            return [text.decode("utf-16-le", "surrogatepass") for text in units]
        if form == BYTES and variety < 2:
            return cut(self.numbers(count, "I"), self.take(size))
        if form == OBJECT:
            names = json.loads(self.take(size))
            columns = [self.column(count) for _ in names]
            return [dict(zip(names, values)) for values in zip(*columns)]
        if form == LIST and variety == 0:
            lengths = self.numbers(count, "I")
            return cut(lengths, self.column(size))
        raise ValueError(f"a column of form {form}, variety {variety}, which this host does not read")


def cut(lengths, whole):
    values = []
    start = 0
    for length in lengths:
        values.append(whole[start : start + length])
        start += length
    assert start == len(whole)
    return values


def decode(data):
    version, attributes, _, checksum = struct.unpack_from("<BBHI", data)
    assert version == 1 and checksum == zlib.crc32(data[8:], zlib.crc32(data[:4]))
    reader = Reader(data)
    count, _ = struct.unpack("<II", reader.take(8))
    timestamps_ms = reader.numbers(count, "d") if attributes & TIMESTAMPS else None
    key_groups = reader.numbers(count, "H") if attributes & KEY_GROUPS else None
    kinds = list(reader.take(count)) if attributes & KINDS else None
    if attributes & ORIGIN:
        reader.column(1)
    keys = reader.column(count) if attributes & KEYS else None
    rows = reader.column(count)
    assert reader.at == len(data)
    return Batch(rows, timestamps_ms, keys, key_groups, kinds)

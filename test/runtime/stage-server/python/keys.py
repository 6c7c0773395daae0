"""Keys, key groups and who owns them, as PROTOCOL.md says."""
import struct


class BigInt(int):
    """A long of the job: another value, and another key, than the number that is as great."""


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def key_bytes(key):
    if key is False:
        return b"\x00"
    if key is True:
        return b"\x01"
    if isinstance(key, BigInt):
        length = (key if key >= 0 else ~key).bit_length() // 8 + 1
        return b"\x03" + varint(length) + int(key).to_bytes(length, "big", signed=True)
    if isinstance(key, (int, float)):
        return b"\x02" + struct.pack("<d", key + 0.0)
    text = key.encode("utf-8", "surrogatepass")
    return b"\x04" + varint(len(text)) + text


def murmur3(data):
    """MurmurHash3 x86 32-bit, seed 0."""
    mask = 0xFFFFFFFF

    def scramble(block):
        block = block * 0xCC9E2D51 & mask
        block = (block << 15 | block >> 17) & mask
        return block * 0x1B873593 & mask

    value = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        value ^= scramble(int.from_bytes(data[at : at + 4], "little"))
        value = ((value << 13 | value >> 19) & mask) * 5 + 0xE6546B64 & mask
    value ^= scramble(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & mask
    value = (value ^ value >> 13) * 0xC2B2AE35 & mask
    return value ^ value >> 16


def key_group_of(key, key_groups):
    return murmur3(key_bytes(key)) % key_groups


def owned(subtask, parallelism, key_groups):
    """First and last key group of a subtask, both included."""
    first = -(-subtask * key_groups // parallelism)
    return first, -(-(subtask + 1) * key_groups // parallelism) - 1


def subtask_of(key_group, parallelism, key_groups):
    return key_group * parallelism // key_groups

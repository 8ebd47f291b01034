"""Reports of devices as docs/fleet-reports.md says them: a second writer beside the agent's and the host's.

Usage: report.py SEED > FILE    one as a device would send it
"""

import hashlib
import random
import struct
import sys
import zlib


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(words):
    raw = words.encode()
    return varint(len(raw)) + raw


class Bits:
    def __init__(self):
        self.digits = []

    def put(self, value, count):
        if count:
            self.digits.append(format(value, f"0{count}b"))

    def done(self):
        digits = "".join(self.digits)
        digits += "0" * (-len(digits) % 8)
        return bytes(int(digits[at:at + 8], 2) for at in range(0, len(digits), 8))


def buckets(counts):
    """counts: {index: events}, events above 0."""
    bits = Bits()
    if not counts:
        bits.put(1023, 10)
        return bits.done()
    first, last = min(counts), max(counts)
    bits.put(first, 10)
    bits.put(last - first, 10)
    before, mean = 0, 1
    for index in range(first, last + 1):
        count = counts.get(index, 0)
        if abs(count - before) <= before:
            code = 2 * (count - before) - 1 if count > before else 2 * (before - count)
        else:
            code = count
        low = mean.bit_length() - 1 if mean else 0
        if code >> low < 12:
            bits.put((1 << (code >> low) + 1) - 2, (code >> low) + 1)
            bits.put(code & (1 << low) - 1, low)
        else:
            bits.put(4095, 12)
            bits.put(code.bit_length(), 6)
            bits.put(code, code.bit_length())
        mean, before = (mean + code) // 2, count
    return bits.done()


def report(campaign="trial", manifest=bytes(8), incarnation=bytes(8), sequence=0, arm=0, build="b1",
           model="m", started=0, uptime=0, window=0, flags=0, evicted=0, cpu=0, memory=0, kind=1,
           code=0, sub_bits=4, histograms=()):
    """histograms: (metric, attach, label, lost, censored, {index: events})."""
    body = b"LR" + bytes([1, kind]) + text(campaign) + manifest + incarnation + varint(sequence)
    body += varint(arm) + text(build) + text(model)
    for number in (started, uptime, window, flags, evicted, cpu, memory, code):
        body += varint(number)
    body += bytes([sub_bits]) + varint(len(histograms))
    for metric, attach, label, lost, censored, counts in histograms:
        body += varint(metric) + bytes([attach]) + text(label) + varint(lost) + varint(censored)
        body += buckets(counts)
    return body + struct.pack("<I", zlib.crc32(body))


def report_id(body):
    return hashlib.sha256(body).hexdigest()[:32]


def bucket(value):
    shift = max(0, value.bit_length() - 1 - 4)
    return (shift << 4) + (value >> shift)


def latencies(rng, events, median, sigma):
    """Counts of durations that are distributed log-normally."""
    counts = {}
    for _ in range(events):
        index = bucket(int(rng.lognormvariate(0, sigma) * median))
        counts[index] = counts.get(index, 0) + 1
    return counts


def sample(rng, histograms=12, events=2000, **fields):
    """A report as a device would send it: 12 histograms of about 40 buckets."""
    return report(
        histograms=[
            (number + 1, 0x21, "", 0, rng.randrange(3),
             latencies(rng, events, 10 ** rng.uniform(3, 6), 0.25))
            for number in range(histograms)],
        **fields)


if __name__ == "__main__":
    sys.stdout.buffer.write(sample(random.Random(int(sys.argv[1]))))

# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""The agent against a fake engine: agent_test.py AGENT prints one line per test."""

import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

import wire
from wire import Agent, attribute, frame, phase, sleep, step

AGENT = sys.argv[1]
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_for_text(path):
    """What another process writes into a file: polled, with a limit."""
    for _ in range(3000):
        text = path.read_text() if path.exists() else ""
        if text.endswith("\n"):
            return text
        time.sleep(0.01)
    raise AssertionError(f"{path} was never written")


@test
def hello_is_answered_with_facts(scratch):
    agent = Agent(AGENT)
    facts, done = agent.greet()
    assert (facts.kind, facts.sequence, facts.flags) == (wire.FACTS, 1, 0)
    assert facts.number(1) == 3
    assert facts.text(6) == pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert facts.text(7) == os.uname().release
    assert facts.text(10) == pathlib.Path("/sys/devices/system/cpu/online").read_text().strip()
    assert facts.number(9) >= os.cpu_count()
    assert facts.number(11) == os.geteuid()
    assert [v for k, v in facts.attributes if k == 13] == [
        b"bpf=yes", b"kprobe=no: not built in",
        b"trace=no: tracefs is not mounted, or not readable by this user"]
    assert (done.kind, done.sequence, done.payload) == (wire.DONE, 1, b"")
    assert agent.bye() == 0


@test
def a_second_session_learns_of_the_first(scratch):
    first = Agent(AGENT)
    facts, _ = first.greet()
    assert [v for k, v in facts.attributes if k == 100] == []
    second = Agent(AGENT)
    facts, _ = second.greet()
    assert facts.text(100) == f"process {first.process.pid} of user {os.geteuid()}"
    # It does not take the device from the first one by ending.
    assert second.bye() == 0
    third = Agent(AGENT)
    assert third.greet()[0].text(100) == f"process {first.process.pid} of user {os.geteuid()}"
    assert third.bye() == 0 and first.bye() == 0
    last = Agent(AGENT)
    facts, _ = last.greet()
    assert [v for k, v in facts.attributes if k == 100] == []
    assert last.bye() == 0


@test
def a_trace_probe_without_tracefs_is_unsupported(scratch):
    agent = Agent(AGENT)
    agent.greet()
    metric = attribute(22, attribute(23, (7, 4)) + attribute(90, "runqueue.wait"))
    agent.send(frame(wire.LOAD_TRACE, 5, attribute(20, "runqueue"), metric))
    (error,) = agent.answers()
    assert (error.kind, error.sequence, error.number(33)) == (wire.ERROR, 5, 3)
    assert "tracefs" in error.text(31) and error.text(20) == "runqueue"
    # Nothing is loaded, so attaching and a window have nothing to do.
    agent.send(frame(wire.ATTACH, 6), phase(7, step("true")))
    assert agent.answers()[-1].kind == wire.DONE and agent.answers()[-1].kind == wire.DONE
    assert agent.bye() == 0


@test
def a_malformed_trace_probe_ends_the_session(scratch):
    nameless = attribute(22, attribute(23, (7, 4)))
    twice = attribute(22, attribute(23, (7, 4)) + attribute(90, "a.b") + attribute(97, b"x"))
    cases = {
        "METRIC_NAME or SPANS": (attribute(20, "runqueue"), twice),
        "METRIC needs": (attribute(20, "runqueue"), nameless),
        "PROBE is missing": (attribute(22, attribute(23, (7, 4)) + attribute(90, "a.b")),),
        "leaves the payload": (attribute(20, "runqueue"), b"\x16\0\0\0\x50\0\0\0"),
        "more than 32": (attribute(20, "x"),
                         *[attribute(22, attribute(23, (7, 4)) + attribute(90, "a.b"))] * 33),
    }
    for text, attributes in cases.items():
        agent = Agent(AGENT)
        agent.greet()
        agent.send(frame(wire.LOAD_TRACE, 5, *attributes))
        (error,) = agent.answers()
        assert error.kind == wire.ERROR and error.number(33) == 1, text
        assert text in error.text(31), error.text(31)
        assert agent.finish() == 76


@test
def a_scope_is_looked_up_and_handed_on(scratch):
    own = os.getpid()
    with_trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(with_trace))
    agent.greet()
    agent.send(frame(wire.SCOPE, 5, attribute(101, "sqlite3")),
               frame(wire.SCOPE, 6, attribute(102, (own, 4))))
    assert [agent.answers()[-1].kind for _ in range(2)] == [wire.DONE] * 2
    gone = subprocess.Popen(["true"])
    gone.wait()
    for sequence, (kind, value, text) in enumerate([
            (101, "a name of sixteen", "1 to 15 bytes"),
            (102, (gone.pid, 4), f"no process or thread {gone.pid}"),
            (103, str(scratch), "is no cgroup"),
            (103, str(scratch / "none"), "No such file")]):
        agent.send(frame(wire.SCOPE, sequence, attribute(kind, value)))
        (error,) = agent.answers()
        assert (error.kind, error.number(33)) == (wire.ERROR, 11), text
        assert text in error.text(31), error.text(31)
    assert agent.bye() == 0
    lines = with_trace.read_text().splitlines()
    assert [line for line in lines if line.startswith("restrict")] == [
        "restrict kind 1 pid 0 comm sqlite3", f"restrict kind 2 pid {own} comm "]


@test
def a_malformed_scope_ends_the_session(scratch):
    for attributes in [(), (attribute(101, "a"), attribute(102, (1, 4))),
                       (attribute(102, (0, 4)),), (attribute(102, "x"),)]:
        agent = Agent(AGENT)
        agent.greet()
        agent.send(frame(wire.SCOPE, 5, *attributes))
        (error,) = agent.answers()
        assert error.kind == wire.ERROR and error.number(33) == 1, attributes
        assert agent.finish() == 76


@test
def ping_bytes(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(b"\0\0\0\0\x02\0\0\0\x78\x56\x34\x12")
    assert agent.read(12) == b"\0\0\0\0\x40\0\0\0\x78\x56\x34\x12"
    assert agent.bye() == 0


@test
def another_protocol_version_ends_the_session(scratch):
    agent = Agent(AGENT)
    (error,) = agent.greet(version=1)
    assert error.kind == wire.ERROR and error.number(33) == 1
    assert "host 1.2.3 speaks protocol 1" in error.text(31)
    assert agent.finish() == 76 and agent.rest == b""


def site(offset=0x1000, code=b"\xc3", more=b""):
    return attribute(112, attribute(113, (offset, 8)) + attribute(114, code) + more)


def named_work():
    return attribute(28, "work"), attribute(84, "/bin/x")


def sites(*attributes):
    return attribute(110, b"".join(attributes))


def loading(*more):
    return frame(wire.LOAD, 5, attribute(20, "p"), attribute(21, (1, 4)), *more)


@test
def places_of_functions_reach_the_engine(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    agent.send(loading(sites(*named_work(), attribute(111, b"id"), *[site()] * 256)),
               frame(wire.BLOB, 6, b"\x01"))
    assert [a.kind for a in agent.answers()] == [wire.HOOK, wire.DONE]
    assert agent.bye() == 0
    assert trace.read_text().splitlines()[:2] == [
        "place work of /bin/x at 256 id 2 first 0x1000 c3 semaphore 0x0",
        "load p size 1 last 1 metrics 0 map - index 0 btf -"]


@test
def places_of_usdt_probes_have_semaphores(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    agent.send(loading(sites(*named_work(), site(more=attribute(115, (0x3010, 8))))),
               frame(wire.BLOB, 6, b"\x01"))
    assert [a.kind for a in agent.answers()] == [wire.HOOK, wire.DONE]
    assert agent.bye() == 0
    assert trace.read_text().splitlines()[0].endswith("first 0x1000 c3 semaphore 0x3010")


@test
def objects_of_others_are_loaded_and_their_maps_read(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    agent.send(loading(attribute(30, "one"), attribute(30, "two")), frame(wire.BLOB, 6, b"\x01"))
    hook, done = agent.answers()
    assert (hook.text(28), hook.text(29), done.kind) == ("one", "kprobe/f", wire.DONE)
    agent.send(frame(wire.READ_MAP, 7, attribute(20, "p"), attribute(24, "hists")))
    *entries, done = agent.answers()
    assert [e.kind for e in entries] == [wire.ENTRY] * 3 and done.kind == wire.DONE
    assert [e.number(60) for e in entries] == [0, 1, 2]
    assert all(len(e.get(85)) == 40 << 10 and e.get(85)[0] == 7 for e in entries)
    assert agent.bye() == 0
    assert trace.read_text().splitlines()[:2] == [
        "load_foreign p size 1 programs 2 first one btf -", "read_map hists of p"]


@test
def malformed_input_ends_the_session(scratch):
    cases = {
        "over-long": b"\x01\x00\x10\x00\x02\0\0\0\x05\0\0\0",
        "flags": b"\0\0\0\0\x02\0\x01\0\x05\0\0\0",
        "unknown type": b"\0\0\0\0\x2a\0\0\0\x05\0\0\0",
        "attribute leaves payload": wire.frame(wire.PHASE, 5, b"\x2c\0\0\0\x05\0\0\0\0\0\0\0"),
        "phase 0": phase(5, sleep(0), number=0),
        "phase without steps": phase(5),
        "step without content": frame(wire.EXEC, 5, attribute(40, b"")),
        "empty argv": frame(wire.EXEC, 5, attribute(40, attribute(41, b""))),
        "65 steps": phase(5, *[sleep(0)] * 65),
        "object size 0": frame(wire.LOAD, 5, attribute(20, "p"), attribute(21, (0, 4))),
        "load without probe": frame(wire.LOAD, 5, attribute(21, (4, 4))),
        "metric without map": frame(wire.LOAD, 5, attribute(20, "p"), attribute(21, (4, 4)),
                                    attribute(22, attribute(23, (1, 4)))),
        "65 programs": loading(*[attribute(30, "x")] * 65),
        "program with NUL": loading(attribute(30, b"a\0b")),
        "map without probe": frame(wire.READ_MAP, 5, attribute(24, "hists")),
        "probe without map": frame(wire.READ_MAP, 5, attribute(20, "p")),
        "sites without path": loading(sites(attribute(28, "work"), site())),
        "sites without hook": loading(sites(attribute(84, "/bin/x"), site())),
        "sites without a site": loading(sites(attribute(28, "work"), attribute(84, "/bin/x"))),
        "site without code": loading(sites(*named_work(), attribute(112, attribute(113, (1, 8))))),
        "site without offset": loading(sites(*named_work(), attribute(112, attribute(114, b"1")))),
        "site with too much code": loading(sites(*named_work(), site(code=b"x" * 17))),
        "site with a semaphore at 0": loading(
            sites(*named_work(), site(more=attribute(115, (0, 8))))),
        "site with a narrow semaphore": loading(
            sites(*named_work(), site(more=attribute(115, (1, 4))))),
        "site with a narrow offset": loading(
            sites(*named_work(), attribute(112, attribute(113, (1, 4)) + attribute(114, b"1")))),
        "257 sites": loading(sites(*named_work(), *[site()] * 257)),
        "17 hooks with sites": loading(*[sites(*named_work(), site())] * 17),
        "two build-ids": loading(
            sites(*named_work(), site(), attribute(111, b"a"), attribute(111, b"b"))),
        "build-id too long": loading(sites(*named_work(), site(), attribute(111, b"a" * 129))),
        "probe with NUL": frame(wire.UNLOAD, 5, attribute(20, b"a\0b")),
        "enable 2": frame(wire.STATS, 5, attribute(80, (2, 4))),
    }
    for name, bad in cases.items():
        agent = Agent(AGENT)
        agent.greet()
        agent.send(bad)
        (error,) = agent.answers()
        assert (error.kind, error.sequence, error.number(33)) == (wire.ERROR, 5, 1), name
        assert error.text(31), name
        assert agent.finish() == 76, name


@test
def a_cut_frame_ends_the_session(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(b"\x04\0\0\0\x02\0\0\0\x05\0\0\0ab")
    agent.end_input()
    (error,) = agent.answers()
    assert error.number(33) == 1 and "inside a frame" in error.text(31)
    assert agent.finish() == 76


@test
def only_hello_may_come_first(scratch):
    agent = Agent(AGENT)
    agent.send(frame(wire.PING, 1))
    (error,) = agent.answers()
    assert error.number(33) == 1 and agent.finish() == 76


@test
def an_engine_that_cannot_start_is_named(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_FAULT="new")
    (error,) = agent.greet()
    assert error.number(33) == 4 and error.text(31) == "bpf() is not permitted"
    assert agent.finish() == 70


@test
def the_canary_is_loaded_only_when_asked_for(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    assert "canary" not in trace.read_text()
    agent.send(frame(wire.CANARY, 5))
    assert [(a.kind, a.sequence) for a in agent.answers()] == [(wire.DONE, 5)]
    assert agent.bye() == 0
    assert "canary" in trace.read_text()


@test
def a_refused_canary_says_why(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_FAULT="canary")
    agent.greet()
    agent.send(frame(wire.CANARY, 5))
    (error,) = agent.answers()
    assert (error.kind, error.sequence, error.number(33)) == (wire.ERROR, 5, 4)
    assert error.text(31) == "bpf() is not permitted"
    assert agent.bye() == 0


@test
def load_attach_unload(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    metric = attribute(22, attribute(23, (7, 4)) + attribute(24, "h_wait") + attribute(25, (2, 4)))
    size = (64 << 10) + 3
    agent.send(frame(wire.LOAD, 5, attribute(20, "runqueue"), attribute(21, (size, 4)), metric,
                     attribute(27, "/btf")),
               frame(wire.BLOB, 6, b"\x01" * (64 << 10)), frame(wire.BLOB, 7, b"\x01\x02\xfe"))
    hook, done = agent.answers()
    assert (hook.kind, hook.sequence, done.kind, done.sequence) == (wire.HOOK, 5, wire.DONE, 5)
    assert [hook.text(k) for k in (20, 28, 29, 30, 31)] == [
        "runqueue", "sched_switch", "raw_tp", "on_switch", "tp_btf: no BTF"]
    agent.send(frame(wire.ATTACH, 8))
    assert [a.kind for a in agent.answers()] == [wire.DONE]
    agent.send(frame(wire.DETACH, 9), frame(wire.UNLOAD, 10, attribute(20, "runqueue")))
    assert [a.kind for a in agent.answers() + agent.answers()] == [wire.DONE] * 2
    agent.send(frame(wire.UNLOAD, 11, attribute(20, "runqueue")))
    (error,) = agent.answers()
    assert error.number(33) == 2 and error.text(20) == "runqueue"
    assert agent.bye() == 0
    assert trace.read_text().splitlines() == [
        f"load runqueue size {size} last 254 metrics 1 map h_wait index 2 btf /btf",
        "attach", "detach", "unload", "free"]


@test
def load_pinned(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    metric = attribute(22, attribute(23, (7, 4)) + attribute(24, "h_wait") + attribute(25, (2, 4)))
    agent.send(frame(wire.LOAD_PINNED, 5, attribute(20, "runqueue"), metric,
                     attribute(86, "/pins"), attribute(87, "/pins.txt")))
    hook, done = agent.answers()
    assert (hook.kind, hook.sequence, done.kind, done.sequence) == (wire.HOOK, 5, wire.DONE, 5)
    assert [hook.text(k) for k in (20, 28, 29, 30)] == [
        "runqueue", "sched_switch", "tp_btf", "on_switch"]
    agent.send(frame(wire.LOAD_PINNED, 6, attribute(20, "block")))
    assert [a.kind for a in agent.answers()] == [wire.HOOK, wire.DONE]
    assert agent.bye() == 0
    assert trace.read_text().splitlines() == [
        "load_pinned runqueue directory /pins manifest /pins.txt metrics 1 map h_wait",
        "load_pinned block directory - manifest - metrics 0 map -", "free"]


@test
def pins_in_use_are_reported(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_FAULT="load_pinned")
    agent.greet()
    agent.send(frame(wire.LOAD_PINNED, 5, attribute(20, "p")))
    hook, error = agent.answers()
    assert hook.kind == wire.HOOK and error.number(33) == 10
    assert error.text(31) == "another agent uses the pins"
    assert agent.bye() == 0


@test
def a_rejected_program_keeps_its_log(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_FAULT="load")
    agent.greet()
    agent.send(frame(wire.LOAD, 5, attribute(20, "p"), attribute(21, (1, 4))),
               frame(wire.BLOB, 5, b"x"))
    hook, error = agent.answers()
    assert hook.kind == wire.HOOK and error.number(33) == 5
    assert error.text(31) == "program on_switch was rejected"
    assert error.text(32) == "R1 invalid mem access"
    assert agent.bye() == 0


@test
def exec_reports_exit_code_and_output(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.EXEC, 5, step("sh", "-c", "echo out; echo err >&2; exit 3")))
    result, done = agent.answers()
    assert (result.kind, result.sequence, done.kind) == (wire.STEP_RESULT, 5, wire.DONE)
    assert (result.number(47), result.number(48), result.has(49)) == (0, 3, False)
    assert (result.get(51), result.get(52), result.number(53)) == (b"out\n", b"err\n", 0)
    assert result.number(50) > 0
    agent.send(frame(wire.EXEC, 6, step("sh", "-c", "kill -USR1 $$")))
    result, _ = agent.answers()
    assert result.number(49) == signal.SIGUSR1 and not result.has(48)
    assert agent.bye() == 0


@test
def a_step_starts_with_clean_signals_and_no_input(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.EXEC, 5, step(
        "sh", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status; cat; ls -l /proc/self/fd")))
    result, _ = agent.answers()
    lines = result.text(51).splitlines()
    assert lines[0].split()[1] == "0" * 16
    assert int(lines[1].split()[1], 16) & (1 << signal.SIGPIPE - 1) == 0
    assert not [line for line in lines if "pipe:" in line or "socket:" in line
                or "signalfd" in line], lines
    assert agent.bye() == 0


@test
def output_is_cut_at_the_limit(scratch):
    agent = Agent(AGENT)
    agent.greet()
    limit = 64 << 10
    for size, cut in ((limit, 0), (limit + 1, 1)):
        agent.send(frame(wire.EXEC, 5, step("head", "-c", str(size), "/dev/zero")))
        result, _ = agent.answers()
        assert (len(result.get(51)), result.number(53)) == (limit, cut), size
    assert agent.bye() == 0


@test
def a_step_that_floods_its_output_is_killed(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.EXEC, 5, step(
        "sh", "-c", "head -c 33554433 /dev/zero; exec sleep 1000")))
    result, error = agent.answers()
    assert (result.number(49), result.number(53)) == (signal.SIGKILL, 1)
    assert error.number(33) == 7 and "printed more than 32 MiB" in error.text(31)
    assert agent.bye() == 0


@test
def a_missing_program_is_named(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(phase(5, sleep(0), step("no-such-program")))
    (error,) = agent.answers()
    assert error.number(33) == 7 and "step 1 (no-such-program)" in error.text(31)
    bad = scratch / "bad"
    bad.write_text("not a program")
    bad.chmod(0o755)
    agent.send(frame(wire.EXEC, 6, step(str(bad))))
    (error,) = agent.answers()
    assert error.number(33) == 7 and "Exec format error" in error.text(31)
    assert agent.bye() == 0


@test
def programs_beside_the_agent_come_first(scratch):
    beside = scratch / "agent"
    beside.write_bytes(pathlib.Path(AGENT).read_bytes())
    beside.chmod(0o755)
    (scratch / "true").write_text("#!/bin/sh\necho beside\n")
    (scratch / "true").chmod(0o755)
    agent = Agent(str(beside))
    agent.greet()
    agent.send(frame(wire.EXEC, 5, step("true")))
    assert agent.answers()[0].get(51) == b"beside\n"
    assert agent.bye() == 0


@test
def a_step_that_times_out_is_killed_with_its_children(scratch):
    pid_file, trace = scratch / "pid", scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    agent.send(phase(5, step("true"), step(
        "sh", "-c", f"sleep 1000 & echo $! > {pid_file}; echo partial; wait", timeout_ms=3000)))
    first, second, error = agent.answers()
    assert first.number(48) == 0
    assert (second.number(47), second.number(49)) == (1, signal.SIGKILL)
    assert second.get(51) == b"partial\n" and second.number(50) >= 3000000000
    assert error.number(33) == 7
    assert error.text(31) == "step 1 (sh) did not end within 3000 ms and was killed"
    assert not alive(int(pid_file.read_text()))
    assert "close" in trace.read_text() and "read" not in trace.read_text()
    assert agent.bye() == 0


@test
def a_phase_in_order(scratch):
    trace, session = scratch / "trace", scratch / "session"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace), LATGATE_FAKE_SESSION_FILE=str(session),
                  LATGATE_FAKE_IN_FLIGHT="2")
    agent.greet()
    show = step("sh", "-c", f"cut -d' ' -f6 /proc/$$/stat; tail -n 1 {trace}")
    agent.send(phase(5, show, sleep(2000000), show, number=9, preroll_ns=3000000))
    answers = agent.answers()
    assert [a.kind for a in answers] == [wire.STEP_RESULT] * 3 + [
        wire.HISTOGRAM, wire.COUNTERS, wire.WINDOW, wire.DONE]
    assert {a.sequence for a in answers} == {5}
    assert trace.read_text().splitlines() == [
        "scope session", "arm 9", "open", "drain", "in_flight", "in_flight", "in_flight", "close",
        "scope none", "read"]
    # Both programs run in the session that was the scope, inside the open window.
    leader = session.read_text().strip()
    assert [a.get(51) for a in answers[0:3:2]] == [f"{leader}\nopen\n".encode()] * 2
    assert answers[1].number(48) == 0 and answers[1].number(50) >= 2000000
    assert [a.number(47) for a in answers[:3]] == [0, 1, 2]
    assert answers[3].payload == bytes.fromhex(
        "17000000 04000000 07000000"  # METRIC_ID 7
        "3c000000 04000000 02000000"  # KEY
        "3d000000 08000000 2e01000000000000"  # COUNT 302
        "3e000000 08000000 e803000000000000"  # SUM 1000
        "3f000000 08000000 a00f000000000000"  # MAX 4000
        "40000000 09000000 0301 c501ac02 c70201 000000"  # 3: 1, +197: 300, +327: 1
        "41000000 06000000 6b65726e656c 0000")  # LABEL_NAME kernel
    values = answers[4].get(66)
    assert len(values) == 120
    assert [int.from_bytes(values[8 * i:8 * i + 8], "little") for i in (0, 1, 14)] == [305, 302, 9]
    assert (answers[4].number(67), answers[4].number(68)) == (3, 42)
    window = answers[5]
    assert window.number(44) == 9
    assert window.number(70) < window.number(71) <= window.number(72)
    assert window.number(71) - window.number(70) >= 2000000
    assert window.text(75) == window.text(76)
    assert abs(window.number(73) - window.number(74)) < 1000000
    assert agent.bye() == 0


@test
def a_drain_has_an_end(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_IN_FLIGHT="1000000")
    agent.greet()
    agent.send(phase(5, sleep(0), drain_ns=5000000))
    window = agent.answers()[-2]
    assert window.kind == wire.WINDOW and window.number(72) - window.number(71) >= 5000000
    assert agent.bye() == 0


@test
def inconsistent_histograms_are_not_sent(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_FAULT="read")
    agent.greet()
    agent.send(phase(5, step("true")))
    result, error = agent.answers()
    assert result.kind == wire.STEP_RESULT and error.number(33) == 8
    assert agent.bye() == 0


@test
def an_arm_that_fails_runs_no_step(scratch):
    agent = Agent(AGENT, LATGATE_FAKE_FAULT="arm")
    agent.greet()
    agent.send(phase(5, step("touch", str(scratch / "ran"))))
    (error,) = agent.answers()
    assert error.number(33) == 2 and not (scratch / "ran").exists()
    assert agent.bye() == 0


@test
def what_a_phase_leaves_running_is_killed_at_its_end(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(phase(5, step("sh", "-c", "sleep 1000 & echo $!")))
    result = agent.answers()[0]
    assert not alive(int(result.text(51)))
    assert agent.bye() == 0


@test
def what_a_setup_step_leaves_running_is_killed_at_exit(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.EXEC, 5, step(
        "sh", "-c", "sleep 1000 & echo $!; setsid sleep 1000 & echo $!")))
    pids = [int(pid) for pid in agent.answers()[0].text(51).split()]
    assert [alive(pid) for pid in pids] == [True, True]
    assert agent.bye() == 0
    assert [alive(pid) for pid in pids] == [False, False]


@test
def a_window_for_the_hosts_own_steps(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    agent.send(frame(wire.WINDOW_OPEN, 5, attribute(44, (4, 4)), attribute(45, (1000, 8))))
    assert [a.kind for a in agent.answers()] == [wire.DONE]
    agent.send(frame(wire.EXEC, 6, step("true")))
    (error,) = agent.answers()
    assert error.number(33) == 2 and "a window is open" in error.text(31)
    agent.send(frame(wire.READ_FILES, 6, attribute(84, "/proc/self/comm")))
    assert [a.kind for a in agent.answers()] == [wire.FILE, wire.DONE]
    agent.send(frame(wire.SNAPSHOT, 6))
    count, rows, stack, window, done = agent.answers()
    assert [a.kind for a in (count, rows, stack, window, done)] == [
        wire.COUNT, wire.ROWS, wire.STACK, wire.WINDOW, wire.DONE]
    assert [count.number(k) for k in (23, 60, 61, 62)] == [8, 1, 5, 500]
    assert rows.number(23) == 9 and rows.number(107) == 16
    assert rows.get(85) == struct.pack("<4Q", 10, 11, 20, 21)
    assert [stack.number(k) for k in (23, 60, 61, 62, 53)] == [10, 1, 5, 500, 1]
    assert stack.get(108) == struct.pack("<Q", 0xffff000012345678)
    assert len(stack.get(109)) == 64
    assert window.number(70) <= window.number(71)
    agent.send(frame(wire.WINDOW_CLOSE, 7, attribute(46, (1000, 8))))
    answers = agent.answers()
    assert [a.kind for a in answers] == [wire.HISTOGRAM, wire.COUNTERS, wire.WINDOW, wire.DONE]
    assert answers[2].number(44) == 4
    for request in (wire.WINDOW_CLOSE, wire.SNAPSHOT):
        agent.send(frame(request, 8))
        (error,) = agent.answers()
        assert error.number(33) == 2 and "no window is open" in error.text(31)
    assert agent.bye() == 0
    assert trace.read_text().splitlines() == [
        "scope none", "arm 4", "open", "look", "drain", "in_flight", "close", "scope none", "read", "free"]


@test
def statistics(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.STATS, 5, attribute(80, (1, 4))))
    assert [a.kind for a in agent.answers()] == [wire.DONE]
    agent.send(frame(wire.STATS, 6, attribute(80, (0, 4))))
    program, done = agent.answers()
    assert [program.number(k) for k in (81, 82, 83)] == [5, 600, 7]
    assert done.kind == wire.DONE and agent.bye() == 0


@test
def costs(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.WINDOW_OPEN, 5, attribute(44, (1, 4)), attribute(45, (0, 8))))
    assert [a.kind for a in agent.answers()] == [wire.DONE]
    # Also while a window is open.
    agent.send(frame(wire.COSTS, 6))
    program, maps, done = agent.answers()
    assert (program.kind, program.number(82)) == (wire.PROGRAM, 600)
    assert (maps.kind, maps.number(116)) == (wire.MAPS, 8192)
    agent.send(frame(wire.WINDOW_CLOSE, 7, attribute(46, (0, 8))))
    assert agent.answers()[-1].kind == wire.DONE
    agent.send(frame(wire.COSTS, 8))
    assert [a.kind for a in agent.answers()] == [wire.PROGRAM, wire.MAPS, wire.DONE]
    assert agent.bye() == 0


@test
def files(scratch):
    big, fifo = scratch / "big", scratch / "fifo"
    big.write_bytes(b"x" * (300 << 10))
    os.mkfifo(fifo)
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.READ_FILES, 5, *[attribute(84, str(p)) for p in (
        "/proc/self/comm", scratch / "missing", big, fifo)]))
    small, missing, cut, empty, done = agent.answers()
    assert small.get(85).endswith(b"\n") and small.text(84) == "/proc/self/comm"
    assert missing.text(84).endswith("missing") and not missing.has(85)
    assert cut.get(85) == b"x" * (256 << 10)
    assert empty.get(85) == b"" and done.kind == wire.DONE
    assert agent.bye() == 0


@test
def files_by_pattern(scratch):
    for name in ("zone0", "zone1", "other", ".zone2"):
        (scratch / name).mkdir()
        (scratch / name / "temp").write_text(name)
    (scratch / "zone3").mkdir()
    for number in range(1100):
        (scratch / "other" / f"n{number}").touch()
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.READ_FILES, 5, *[attribute(105, str(p)) for p in (
        scratch / "zone*" / "temp", scratch / "[z]one?" / "missing", "relative/*",
        scratch / "other" / "temp", "/nothing/*/here", str(scratch) + "//zone1//te*",
        "/" + "*/" * 40)]))
    *found, done = agent.answers()
    assert sorted(f.get(85) for f in found) == [b"other", b"zone0", b"zone1", b"zone1"]
    assert found[0].text(84).startswith(str(scratch / "zone")) and done.kind == wire.DONE
    agent.send(frame(wire.READ_FILES, 6, attribute(105, str(scratch / "other" / "n*"))))
    assert len(agent.answers()) == 1024 + 1
    assert agent.bye() == 0


@test
def the_end_of_input_kills_the_running_step(scratch):
    pid_file, trace = scratch / "pid", scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet()
    agent.send(phase(5, step("sh", "-c", f"echo $$ > {pid_file}; exec sleep 1000")))
    pid = int(wait_for_text(pid_file))
    agent.end_input()
    assert agent.finish() == 69 and agent.rest == b""
    assert not alive(pid)
    assert trace.read_text().splitlines()[-1] == "free"


@test
def the_end_of_input_between_requests(scratch):
    agent = Agent(AGENT)
    agent.greet()
    agent.end_input()
    assert agent.finish() == 69


@test
def requests_sent_before_the_end_are_answered(scratch):
    agent = Agent(AGENT)
    agent.send(wire.hello(), frame(wire.PING, 2), frame(wire.BYE, 3))
    agent.end_input()
    assert [a.kind for _ in range(3) for a in agent.answers()] == [
        wire.FACTS, wire.DONE, wire.DONE, wire.DONE]
    assert agent.finish() == 0


@test
def signals_end_the_agent_and_its_step(scratch):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        pid_file = scratch / f"pid{number}"
        agent = Agent(AGENT)
        agent.greet()
        agent.send(frame(wire.EXEC, 5, step("sh", "-c", f"echo $$ > {pid_file}; exec sleep 1000")))
        pid = int(wait_for_text(pid_file))
        agent.process.send_signal(number)
        assert agent.finish() == 128 + number
        assert not alive(pid)


@test
def a_killed_agent_takes_its_step_along(scratch):
    pid_file = scratch / "pid"
    agent = Agent(AGENT)
    agent.greet()
    agent.send(frame(wire.EXEC, 5, step("sh", "-c", f"echo $$ > {pid_file}; exec sleep 1000")))
    pid = int(wait_for_text(pid_file))
    agent.process.kill()
    assert agent.finish() == -signal.SIGKILL
    for _ in range(3000):
        if not alive(pid):
            break
        time.sleep(0.01)
    assert not alive(pid)


@test
def a_silent_host_is_left(scratch):
    trace = scratch / "trace"
    agent = Agent(AGENT, LATGATE_FAKE_TRACE=str(trace))
    agent.greet(silence_ms=1500)
    # A step longer than the silence allowed: the host has nothing to say meanwhile.
    agent.send(frame(wire.EXEC, 5, step("sleep", "3")))
    assert [a.kind for a in agent.answers()] == [wire.STEP_RESULT, wire.DONE]
    # The first half of a frame is not a sign of life.
    agent.send(b"\0\0\0\0\x02\0")
    assert agent.finish() == 75 and agent.rest == b""
    assert trace.read_text().splitlines() == ["free"]


@test
def a_host_that_reads_nothing_is_left(scratch):
    big = scratch / "big"
    big.write_bytes(b"x" * (256 << 10))
    agent = Agent(AGENT)
    agent.send(wire.hello(), frame(wire.READ_FILES, 5, *[attribute(84, str(big))] * 8))
    assert agent.process.wait(agent.LIMIT) == 69
    agent.finish()


@test
def the_command_line(scratch):
    def run(*arguments):
        return subprocess.run([AGENT, *arguments], capture_output=True, text=True, timeout=30)

    version = run("--version")
    assert version.returncode == 0 and " protocol 3 " in version.stdout
    assert "usage:" in run("--help").stdout
    wrong = run("--wrong")
    assert wrong.returncode == 64 and "'--wrong'" in wrong.stderr and not wrong.stdout


def main():
    for function in TESTS:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                function(pathlib.Path(scratch))
                print("ok agent:", function.__name__, flush=True)
            except Exception:
                print("FAILED agent:", function.__name__, flush=True)
                traceback.print_exc()


main()

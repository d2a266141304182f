#!/usr/bin/env python3
"""Are litmus tests well formed, and do they hold what they promise?

usage: litmus_test.py FILE.litmus...         checks these
       litmus_test.py --self-test            checks the checker: good tests pass, each broken one does not

Grammar    a strict part of the form of tools/memory-model/litmus-tests: header, comment, initial values, processes of
           declarations, plain and ONCE accesses, spin_lock() and spin_unlock(), one `exists` clause.
Content    every interleaving is tried, under sequential consistency, which the kernel's memory model allows: `exists`
           must come about, in some but not in all of them; a test of "Result: DATARACE" must have two plain accesses,
           or a plain and a ONCE one, that can be next to each other, any other test must have none.
With herd7 and the environment variable LKMM (tools/memory-model of a kernel tree) each test is run by it too, and its
answer must be the one that the "Result:" line promises.
"""
import os
import re
import shutil
import subprocess
import sys

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
HEADER = re.compile(r"C ([A-Za-z0-9_+-]+)\n\n\(\*\n((?: \*[^\n]*\n)+) \*\)\n\n")
RESULT = re.compile(r" \* Result: (Never|Sometimes|Always|DATARACE)\n")
INITIAL = re.compile(r"\{((?:\n\t%s=\d+;)*)(\n)?\}\n" % NAME)
PROCESS = re.compile(r"\nP(\d+)\(([^()\n]*)\)\n\{\n((?:\t[^\n]+\n|\n)*)\}\n")
EXISTS = re.compile(r"\nexists \(([^\n]*)\)\n\Z")
EXPRESSION = r"(?:\d+|r\d+(?: [|&] \d+)?|\(r\d+ \| \d+\) & \d+)"
STATEMENTS = [
    ("lock", re.compile(r"spin_lock\((%s)\);" % NAME)),
    ("unlock", re.compile(r"spin_unlock\((%s)\);" % NAME)),
    ("store", re.compile(r"\*(%s) = (%s);" % (NAME, EXPRESSION))),
    ("store once", re.compile(r"WRITE_ONCE\(\*(%s), (%s)\);" % (NAME, EXPRESSION))),
    ("load", re.compile(r"(r\d+) = \*(%s);" % NAME)),
    ("load once", re.compile(r"(r\d+) = READ_ONCE\(\*(%s)\);" % NAME)),
]


class Wrong(Exception):
    pass


def Need(holds, what):
    if not holds:
        raise Wrong(what)


def Parse(text):
    header = HEADER.match(text)
    Need(header, "no header and comment")
    comment = header.group(2)
    Need("(*" not in comment and "*)" not in comment and '"' not in comment, "the comment does not end where it should")
    Need(all(32 <= ord(c) for c in text.replace("\n", "").replace("\t", "")), "a control character")
    result = RESULT.match(comment)
    Need(result, "no Result line first")
    at = header.end()
    initial = INITIAL.match(text, at)
    Need(initial, "no initial values")
    values = {name: int(value) for name, value in re.findall(r"(%s)=(\d+);" % NAME, initial.group(1))}
    at = initial.end()
    processes = []
    while True:
        process = PROCESS.match(text, at)
        if not process:
            break
        Need(int(process.group(1)) == len(processes), "processes are not numbered")
        processes.append(ParseProcess(process.group(2), process.group(3)))
        at = process.end()
    Need(len(processes) >= 2, "fewer than two processes, or one of another form: %r" % text[at:at + 80])
    exists = EXISTS.match(text, at)
    Need(exists, "no exists clause at the end: %r" % text[at:at + 80])
    return result.group(1), values, processes, ParseExists(exists.group(1), processes)


def ParseProcess(parameters, body):
    variables, locks = set(), set()
    for parameter in filter(None, parameters.split(", ")):
        of = re.fullmatch(r"(int|spinlock_t) \*(%s)" % NAME, parameter)
        Need(of, "parameter %r" % parameter)
        Need(of.group(2) not in variables | locks, "parameter %s twice" % of.group(2))
        (variables if of.group(1) == "int" else locks).add(of.group(2))
    registers, steps, used, held = set(), [], set(), []
    for line in filter(None, (line.strip() for line in body.split("\n"))):
        declared = re.fullmatch(r"int (r\d+);", line)
        if declared:
            Need(not steps, "a declaration after statements")
            registers.add(declared.group(1))
            continue
        for kind, form in STATEMENTS:
            of = form.fullmatch(line)
            if of:
                break
        else:
            raise Wrong("statement %r" % line)
        if kind in ("lock", "unlock"):
            lock = of.group(1)
            Need(lock in locks, "%s is no lock of the process" % lock)
            used.add(lock)
            if kind == "lock":
                Need(lock not in held, "%s is taken twice" % lock)
                held.append(lock)
            else:
                Need(lock in held, "%s is dropped and not held" % lock)
                held.remove(lock)
            steps.append((kind, lock, None))
            continue
        variable, other = of.group(1), of.group(2)
        if kind.startswith("load"):
            variable, other = other, variable
        Need(variable in variables, "%s is no variable of the process" % variable)
        used.add(variable)
        for register in re.findall(r"r\d+", other):
            Need(register in registers, "%s is not declared" % register)
        steps.append((kind, variable, other))
    Need(not held, "%s is never dropped" % held)
    Need(used == variables | locks, "a parameter that nothing uses")
    return steps


def ParseExists(text, processes):
    clauses = []
    for part in text.split(" /\\ "):
        of = re.fullmatch(r"(?:(\d+):(r\d+)|(%s))=(\d+)" % NAME, part)
        Need(of, "condition %r" % part)
        if of.group(1):
            Need(int(of.group(1)) < len(processes), "a process that there is not")
        clauses.append((of.group(1) and int(of.group(1)), of.group(2) or of.group(3), int(of.group(4))))
    return clauses


def Value(expression, registers):
    return eval(expression, {"__builtins__": {}}, registers)  # of the grammar above: numbers, registers, | and &


def Explore(values, processes, clauses):
    """(interleavings whose end fulfils the condition, all that end, is there a data race)"""
    fulfilled = ended = 0
    race = False
    seen = set()
    stack = [(tuple(0 for _ in processes), tuple(sorted(values.items())), (), ())]
    ends = set()
    while stack:
        state = stack.pop()
        if state in seen:
            continue
        seen.add(state)
        at, memory, locks, registers = state
        memory, registers, locks = dict(memory), dict(registers), dict(locks)
        enabled = []
        for i, steps in enumerate(processes):
            if at[i] == len(steps):
                continue
            kind, name, _ = steps[at[i]]
            if kind == "lock" and name in locks:
                continue
            enabled.append(i)
        for i in enabled:
            for k in enabled:
                if i < k:
                    a, b = processes[i][at[i]], processes[k][at[k]]
                    race |= (a[1] == b[1] and a[2] is not None and b[2] is not None and
                             ("store" in a[0] or "store" in b[0]) and ("once" not in a[0] or "once" not in b[0]))
        if not enabled:
            if all(at[i] == len(steps) for i, steps in enumerate(processes)):
                ends.add((tuple(sorted(memory.items())), tuple(sorted(registers.items()))))
            continue
        for i in enabled:
            kind, name, other = processes[i][at[i]]
            m, r, l = dict(memory), dict(registers), dict(locks)
            own = {key[1]: value for key, value in r.items() if key[0] == i}
            if kind == "lock":
                l[name] = i
            elif kind == "unlock":
                del l[name]
            elif kind.startswith("store"):
                m[name] = Value(other, own)
            else:
                r[(i, other)] = m.get(name, 0)
            stack.append((at[:i] + (at[i] + 1,) + at[i + 1:], tuple(sorted(m.items())), tuple(sorted(l.items())),
                          tuple(sorted(r.items()))))
    for memory, registers in ends:
        memory, registers = dict(memory), dict(registers)
        ended += 1
        fulfilled += all((memory.get(name, 0) if process is None else registers.get((process, name))) == value
                         for process, name, value in clauses)
    return fulfilled, ended, race


def Check(text):
    result, values, processes, clauses = Parse(text)
    fulfilled, ended, race = Explore(values, processes, clauses)
    Need(ended > 0, "no execution ends")
    Need(race == (result == "DATARACE"), "Result: %s, and %s data race" % (result, "a" if race else "no"))
    if result in ("Sometimes", "DATARACE"):
        Need(fulfilled > 0, "the condition never comes about")
        Need(fulfilled < ended, "the condition always comes about: it says nothing")
    return result


def Herd(path, result):
    lkmm = os.environ.get("LKMM")
    if not lkmm or not shutil.which("herd7"):
        return False
    said = subprocess.run(["herd7", "-conf", "linux-kernel.cfg", os.path.abspath(path)], cwd=lkmm, capture_output=True,
                          text=True).stdout
    Need("Observation" in said, "herd7 does not read it: " + said)
    Need(("Flag data-race" in said) == (result == "DATARACE"), "herd7 sees it otherwise: " + said)
    Need("Never" not in re.search(r"Observation .*", said).group(0), "herd7 finds that it never comes about: " + said)
    return True


GOOD_RACE = """C data-race+x+01

(*
 * Result: DATARACE
 *
 * who and where
 *)

{}

P0(int *x, spinlock_t *a)
{
\tint r0;

\tspin_lock(a);
\tr0 = *x;
\tspin_unlock(a);
}

P1(int *x, spinlock_t *b)
{
\tspin_lock(b);
\t*x = 2;
\tspin_unlock(b);
}

exists (0:r0=0)
"""
GOOD_UPDATE = """C lost-update+x+01

(*
 * Result: Sometimes
 *)

{
\treg=64;
}

P0(int *reg, spinlock_t *a)
{
\tint r0;

\tspin_lock(a);
\tr0 = READ_ONCE(*reg);
\tspin_unlock(a);
\tspin_lock(a);
\tWRITE_ONCE(*reg, (r0 | 2) & 65503);
\tspin_unlock(a);
}

P1(int *reg, spinlock_t *a)
{
\tspin_lock(a);
\tWRITE_ONCE(*reg, 128);
\tspin_unlock(a);
}

exists (0:r0=64 /\\ reg=66)
"""


def SelfTest():
    for good in (GOOD_RACE, GOOD_UPDATE):
        Check(good)
    broken = [
        (GOOD_RACE, "spinlock_t *b", "spinlock_t *a", "another lock than is used"),
        (GOOD_RACE.replace("b)", "a)").replace("*b", "*a"), "", "", "one lock guards both: no race"),
        (GOOD_RACE, "DATARACE", "Sometimes", "a race that it does not own up to"),
        (GOOD_RACE, "0:r0=0", "0:r0=1", "never comes about"),
        (GOOD_RACE, "\tint r0;\n\n", "", "not declared"),
        (GOOD_RACE, "\tspin_unlock(b);\n", "", "never dropped"),
        (GOOD_RACE, "who and where", "who *) and (* where", "a comment that ends early"),
        (GOOD_RACE, "r0 = *x;", "r0 = smp_load_acquire(x);", "a word beyond the grammar"),
        (GOOD_RACE, "exists", "forall", "no exists"),
        (GOOD_RACE, "C data-race", "X86 data-race", "another architecture"),
        (GOOD_RACE, "P1(", "P2(", "a process is missing"),
        (GOOD_UPDATE, "\tspin_unlock(a);\n\tspin_lock(a);\n", "", "one section: nothing is lost"),
        (GOOD_UPDATE, "reg=66", "reg=67", "another value"),
        (GOOD_UPDATE, "Sometimes", "DATARACE", "no race there"),
        (GOOD_UPDATE, "READ_ONCE(*reg)", "READ_ONCE(*other)", "no such variable"),
    ]
    for text, old, new, why in broken:
        if old:
            assert old in text, (old, why)
        changed = text.replace(old, new, 1) if old else text
        try:
            Check(changed)
        except Wrong:
            continue
        sys.exit("passes though " + why)
    print("%d broken tests are refused, 2 good ones pass" % len(broken))


def main():
    if sys.argv[1:] == ["--self-test"]:
        SelfTest()
        return
    herd = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        try:
            herd += Herd(path, Check(text))
        except Wrong as wrong:
            sys.exit("%s: %s\n%s" % (path, wrong, text))
    print("%d litmus tests checked, %d by herd7" % (len(sys.argv) - 1, herd))


if __name__ == "__main__":
    main()

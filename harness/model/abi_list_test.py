"""Every ThreadSanitizer symbol that instrumented code may refer to is there.

usage: abi_list_test.py WORKER OBJECT...
1. The undefined __tsan_ and __wrap_ symbols of every instrumented object are defined by the worker.
2. So is the whole list of the ABI, as both compilers can emit it, whether today's code refers to it or not.
"""
import subprocess
import sys

worker, objects = sys.argv[1], sys.argv[2:]


def symbols(path, *flags):
    text = subprocess.run(["nm", "-D", *flags, path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in text.splitlines()}


def whole_abi():
    yield from ("__tsan_init", "__tsan_func_entry", "__tsan_func_exit", "__tsan_vptr_update", "__tsan_vptr_read",
                "__tsan_read_range", "__tsan_write_range", "__tsan_ignore_thread_begin", "__tsan_ignore_thread_end",
                "__tsan_atomic_thread_fence", "__tsan_atomic_signal_fence", "__tsan_acquire", "__tsan_release")
    for size in (1, 2, 4, 8, 16):
        for kind in ("read", "write", "read_write", "volatile_read", "volatile_write"):
            yield f"__tsan_{kind}{size}"
            if size > 1:
                yield f"__tsan_unaligned_{kind}{size}"
    for bits in (8, 16, 32, 64, 128):
        for operation in ("load", "store", "exchange", "fetch_add", "fetch_sub", "fetch_and", "fetch_or", "fetch_xor",
                          "fetch_nand", "compare_exchange_strong", "compare_exchange_weak", "compare_exchange_val"):
            yield f"__tsan_atomic{bits}_{operation}"


defined = symbols(worker, "--defined-only")
lacking = {name: "the ABI" for name in whole_abi() if name not in defined}
referred = 0
for path in objects:
    for name in symbols(path, "--undefined-only"):
        if not name.startswith(("__tsan_", "__wrap_", "__atomic_")):
            continue
        referred += 1
        if name not in defined:
            lacking[name] = path
for name, source in sorted(lacking.items()):
    print(f"{worker} lacks {name} of {source}")
if referred == 0:
    sys.exit("the objects refer to no sanitizer symbol at all: are they instrumented?")
print(f"{referred} references of {len(objects)} objects, {len(set(whole_abi()))} names of the ABI, {len(lacking)} lacking")
sys.exit(1 if lacking else 0)

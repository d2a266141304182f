#!/usr/bin/env python3
"""The trial's load: what neighbours do on a shared runner.

For each CPU a process that never sleeps: by turns it computes, copies 64 MiB, which is more than the caches hold, and
starts processes, each for 5 to 60 ms. And one that sleeps up to 4 ms and runs up to 2 ms, at random, so that whoever
runs is interrupted. In a session of their own, so that the scheduler weighs them against the gate as another's
(sched_autogroup). They end with the trial, however that ends.
"""
import os
import random
import signal
import subprocess
import sys
import time

COPIED = 64 << 20


def until(deadline):
  value = 1
  while time.monotonic() < deadline:
    for _ in range(200):
      value = value * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1


def busy(parent):
  source, target = bytearray(os.urandom(4096)) * (COPIED >> 12), bytearray(COPIED)
  while os.getppid() == parent:
    deadline = time.monotonic() + random.uniform(0.005, 0.06)
    turn = random.randrange(3)
    if turn == 0:
      until(deadline)
    while turn == 1 and time.monotonic() < deadline:
      target[:] = source
    while turn == 2 and time.monotonic() < deadline:
      subprocess.run(["true"], check=True)


def restless(parent):
  while os.getppid() == parent:
    time.sleep(random.uniform(0, 0.004))
    until(time.monotonic() + random.uniform(0, 0.002))


class Load:
  def __enter__(self):
    self.leader = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), str(os.getpid())],
                                   start_new_session=True, stdout=subprocess.PIPE, text=True)
    self.pids = [int(word) for word in self.leader.stdout.readline().split()]
    return self

  def __exit__(self, *_):
    os.killpg(self.leader.pid, signal.SIGKILL)
    self.leader.wait()
    self.leader.stdout.close()

  def cpu_s(self):
    """That they, and what they started, have had."""
    ticks = 0
    for pid in self.pids:
      with open("/proc/%d/stat" % pid) as file:
        ticks += sum(int(word) for word in file.read().rpartition(")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def main(trial):
  leader, pids = os.getpid(), []
  for work in [busy] * len(os.sched_getaffinity(0)) + [restless]:
    pids.append(os.fork())
    if pids[-1] == 0:
      random.seed()
      work(leader)
      os._exit(0)
  print(*pids, flush=True)
  while os.getppid() == trial:
    time.sleep(0.2)


if __name__ == "__main__":
  main(int(sys.argv[1]))

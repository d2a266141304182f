#include "harness/native/stall.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "harness/native/tasks.h"

namespace cfgtorture::native {
namespace {

std::string ContentsOf(pid_t tid, const char* name) {
  char path[64], text[512];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/%s", tid, name);
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) return "";
  const size_t size = std::fread(text, 1, sizeof text, file);
  std::fclose(file);
  return {text, size};
}

}  // namespace

ThreadSamples SampleTasks() {
  ThreadSamples samples;
  for (uint32_t id = 0; id < TaskSlots(); ++id) {
    const Task& task = *FindTask(id);
    const pid_t tid = task.tid.load(std::memory_order_relaxed);
    if (tid == 0 || task.state.load(std::memory_order_relaxed) == TaskState::kEnded) continue;
    // "TID (NAME) S ...", where a name may hold anything; "RAN WAITED TIMES".
    const std::string stat = ContentsOf(tid, "stat"), schedstat = ContentsOf(tid, "schedstat");
    const size_t name_ends = stat.rfind(')');
    ThreadTimes times;
    if (name_ends == std::string::npos || name_ends + 2 >= stat.size()) continue;
    if (std::sscanf(schedstat.c_str(), "%" SCNu64 " %" SCNu64, &times.ran_ns, &times.waited_ns) != 2) continue;
    times.runnable = stat[name_ends + 2] == 'R';
    samples[tid] = times;
  }
  return samples;
}

}  // namespace cfgtorture::native

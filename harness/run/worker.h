// harness/run/worker.h: what the one main() of the workers (worker_main.cc) shares with the engine that it is linked
// to.
#ifndef CFGTORTURE_HARNESS_RUN_WORKER_H_
#define CFGTORTURE_HARNESS_RUN_WORKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/result/cell.h"
#include "harness/sdk/plugin.h"

namespace cfgtorture::run {

// A shared object of code under test, loaded and checked.
struct LoadedPlugin {
  const Plugin* plugin = nullptr;
  std::string path;
  uintptr_t base = 0;  // load address: pc - base is a Frame's offset
  uintptr_t text_begin = 0, text_end = 0;
  uintptr_t data_begin = 0, data_end = 0;  // writable, after relocation: .data and .bss
  std::string build_id;                    // of the object, hex
};

// Lines of JSON on stdout, each flushed as it is written.
//
// `worker --slices N` measures a cell in slices of about N operations, so that two workers can take turns on one CPU
// for the price of one start each. Each slice is a line, and then the program stands still until a line comes on stdin;
// at the end of stdin it ends:
//   {"type":"slice","operations":[{OperationMetric without histogram}]}
class WorkerOutput {
 public:
  explicit WorkerOutput(uint64_t slice_operations) : slice_operations_(slice_operations) {}
  uint64_t slice_operations() const { return slice_operations_; }  // 0: not in slices
  // Tells of a slice and waits until the next is asked for. False: there is none.
  bool EndSlice(const std::vector<OperationMetric>& operations);
  void Progress(const CellResult& so_far);  // rate-limited to four a second; cheap to call
  void Found(const Finding& finding);
  void Trace(const Step& step);
  bool stop_requested() const;  // SIGINT or SIGTERM arrived: end the cell with status "stopped"

 private:
  uint64_t slice_operations_;
};

// What the front end does not ask for, but who starts a worker by hand may: says so, and ends the process (2).
[[noreturn]] void BadInput(const std::string& text);
engine::Flavour FlavourOf(const CellSpec& spec);
const ProgramText& ProgramOf(const CellSpec& spec, const LoadedPlugin& loaded);

// Which worker this is ("native", "checked", "tsan", "model") and how it runs one cell. Defined by harness/native and
// harness/model. RunCell reports findings through `output` as well as in the result.
extern const char* const kWorkerName;
extern const bool kWantsInstrumented;
CellResult RunCell(const CellSpec& spec, const LoadedPlugin& plugin, WorkerOutput& output);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_WORKER_H_

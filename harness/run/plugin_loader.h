// harness/run/plugin_loader.h: loads a shared object of code under test, after checking that nothing in it is unseen.
#ifndef CFGTORTURE_HARNESS_RUN_PLUGIN_LOADER_H_
#define CFGTORTURE_HARNESS_RUN_PLUGIN_LOADER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/run/worker.h"

namespace cfgtorture::run {

// The undefined dynamic symbols of a shared object, sorted. Errors: not readable, not an ELF shared object.
absl::StatusOr<std::vector<std::string>> UndefinedSymbols(const std::string& path);

// What a writable byte of the object is: "global counter", "global table + 8"; where no symbol says so, its offset.
std::string GlobalAt(const std::string& path, uint64_t offset);

// Instrumented code must refer to __tsan_init and to nothing that the checkers would not see (design 1); the error
// names the first symbol refused and what to use instead. Code for a plain worker must not be instrumented.
absl::Status CheckSymbols(const std::string& path, const std::vector<std::string>& undefined, bool want_instrumented);

// Checks, loads and asks for the plug-in's tables.
absl::StatusOr<LoadedPlugin> LoadPlugin(const std::string& path, bool want_instrumented);

// Where a machine that came with the tool lies: in the source tree, or where that was installed.
std::string TopologyFile(const std::string& source_folder, const std::string& name);

// Build id (a note of the linker's) of the running executable, hex; "" if it has none.
std::string OwnBuildId();

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_PLUGIN_LOADER_H_

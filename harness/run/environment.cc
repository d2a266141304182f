#include "harness/run/environment.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cfgtorture::run {
namespace {

// The value after `key` and a separator on the first line that begins with it; quotes and spaces around it dropped.
std::string ValueOf(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const size_t begin = line.find_first_not_of(" \t:=\"", key.size());
    const size_t end = line.find_last_not_of(" \t\"");
    if (begin != std::string::npos && end >= begin) return line.substr(begin, end - begin + 1);
  }
  return "";
}

}  // namespace

uint32_t AllowedCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<uint32_t>(count) : 1;
}

double Load() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : -1;
}

std::string BusyHost(double load_before, double load_after, uint32_t cpus) {
  if (load_before < cpus && load_after < 2 * cpus) return "";
  return absl::StrFormat(
      "a quiet host: the load was %.1f before and %.1f after, on %d %s, so figures of real threads are of what was "
      "left",
      load_before, load_after, cpus, cpus == 1 ? "CPU" : "CPUs");
}

std::string OwnFolder() {
  char path[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  if (n <= 0) return ".";
  const std::string name(path, static_cast<size_t>(n));
  return name.substr(0, name.rfind('/'));
}

Environment ThisEnvironment() {
  Environment environment;
  environment.os = ValueOf("/etc/os-release", "PRETTY_NAME");
  utsname name;
  if (uname(&name) == 0) {
    environment.kernel = absl::StrCat(name.sysname, " ", name.release);
    environment.architecture = name.machine;
  }
  environment.cpu_model = ValueOf("/proc/cpuinfo", "model name");
  environment.cpus = AllowedCpus();
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) environment.memory_bytes = static_cast<uint64_t>(pages) * static_cast<uint64_t>(page);
#if defined(__clang__)
  environment.compiler = absl::StrCat("clang ", __clang_version__);
#else
  environment.compiler = absl::StrCat("g++ ", __VERSION__);
#endif
#ifdef CFGT_BUILD_TYPE
  environment.build_type = CFGT_BUILD_TYPE;
#endif
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  char text[32];
  if (gmtime_r(&now, &utc) != nullptr && std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0) {
    environment.started_utc = text;
  }
  return environment;
}

}  // namespace cfgtorture::run

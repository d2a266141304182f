#include "harness/run/starved.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace cfgtorture::run {
namespace {

struct Stat {
  char state = '?';
  double cpu_s = 0;
};

// proc(5): the name, in parentheses, may hold anything; utime and stime are 11 and 12 fields after the state.
Stat StatOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  Stat stat;
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  fields >> stat.state;
  for (int i = 0; i < 10; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  stat.cpu_s = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

bool WantsACpu(pid_t pid) {
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/task"), error)) {
    const char state = StatOf(thread.path() / "stat").state;
    if (state == 'R' || state == 'D' || state == 'T') return true;
  }
  return false;
}

}  // namespace

double CpuSeconds(pid_t pid) { return StatOf(absl::StrCat("/proc/", pid, "/stat")).cpu_s; }

bool Starved::Is(pid_t pid, double heard_s, double now, double silence_s) {
  if (now - heard_s < silence_s / 2) return false;
  const double cpu_s = CpuSeconds(pid);
  if (since_s_ < heard_s) {
    since_s_ = now;
    cpu_s_ = cpu_s;
  }
  return cpu_s - cpu_s_ < (now - since_s_) / 4 && WantsACpu(pid);
}

}  // namespace cfgtorture::run

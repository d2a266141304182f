#include "harness/run/describe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "harness/pci/hardware/bridges.h"
#include "nlohmann/json.hpp"

extern char** environ;

namespace cfgtorture::run {
namespace {

constexpr int kTimeoutMs = 30'000;  // a static constructor of a plug-in may hang

// Reads both to their ends. False on time-out.
bool ReadBoth(int out, int err, std::string* out_text, std::string* err_text) {
  pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* const texts[2] = {out_text, err_text};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const int ready = poll(fds, 2, kTimeoutMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[16384];
      const ssize_t n = read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0 && texts[i]->size() < (size_t{16} << 20)) texts[i]->append(buffer, static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) fds[i].fd = -1;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<Catalogue> Describe(const std::string& worker, const std::string& plugin) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0) return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  if (pipe2(err, O_CLOEXEC) != 0) {
    close(out[0]), close(out[1]);
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  std::string words[3] = {worker, "--describe", plugin};
  char* const argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]), close(err[1]);
  std::string text, complaint;
  int status = 0;
  bool in_time = true;
  if (error == 0) {
    in_time = ReadBoth(out[0], err[0], &text, &complaint);
    if (!in_time) kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  close(out[0]), close(err[0]);
  if (error != 0) return absl::InternalError(absl::StrCat(worker, ": cannot be started: ", std::strerror(error)));
  complaint = complaint.substr(0, complaint.find('\n'));
  if (!in_time) return absl::InvalidArgumentError(absl::StrCat(plugin, ": hangs when it is loaded"));
  if (WIFSIGNALED(status)) {
    return absl::InvalidArgumentError(absl::StrCat(plugin, ": dies when it is loaded: ", strsignal(WTERMSIG(status))));
  }
  if (WEXITSTATUS(status) != 0) {
    const std::string line = complaint.empty() ? absl::StrCat(plugin, ": cannot be loaded") : complaint;
    return WEXITSTATUS(status) == 2 ? absl::InvalidArgumentError(line) : absl::InternalError(line);
  }
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InternalError(absl::StrCat(worker, " --describe: did not print a JSON object"));
  try {
    Catalogue catalogue = json.get<Catalogue>();
    if (catalogue.bridges.empty()) {
      for (const hw::BridgeText& bridge : hw::kBridges) catalogue.bridges.emplace_back(bridge.name);
    }
    if (catalogue.explorers.empty()) catalogue.explorers = {"random", "pct", "pos", "dfs", "dpor"};
    if (catalogue.memories.empty()) catalogue.memories = {"sc", "tso", "c11"};
    return catalogue;
  } catch (const Json::exception& bad) {
    return absl::InternalError(absl::StrCat(worker, " --describe: ", bad.what()));
  }
}

}  // namespace cfgtorture::run

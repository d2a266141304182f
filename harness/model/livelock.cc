// Machine::Grant() has found that nobody gets on: who goes round which loop, on what, and what has not happened.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/model/findings.h"
#include "harness/model/recorder.h"

namespace cfgtorture::model {
namespace {

using Logged = Recorder::LoggedAccess;

constexpr size_t kMostNamed = 4;  // of what a loop reads, or writes

// What one context did of late, but for its own stack. The loop is where the calls part that its accesses come from.
struct Loop {
  const Logged* last = nullptr;
  std::vector<uintptr_t> path;     // the calls that all of them come from, the outermost first
  uintptr_t place = UINTPTR_MAX;   // where they leave it: the first in the code, so that it is the same each time
  std::vector<std::string> locks;  // that it holds all the while
  std::set<std::string> taken, read, written;  // locks; other memory
};

bool IsOwnStack(const Logged& access) {
  return InStacks(access.address) && StackOwner(access.address) == access.context;
}

std::vector<uintptr_t> PathTo(const Logged& access) {
  std::vector<uintptr_t> path(access.stack.rbegin(), access.stack.rend());
  if (access.note.empty()) path.push_back(access.pc);
  return path;
}

// By context, so that a finding is told in the same words whoever came first.
std::map<unsigned, Loop> LoopsSince(uint64_t step) {
  std::vector<const Logged*> window;
  for (const Logged& access : recorder.accesses()) {
    if (access.step > step && !IsOwnStack(access)) window.push_back(&access);
  }
  std::map<unsigned, Loop> loops;
  for (const Logged* access : window) {
    const std::vector<uintptr_t> path = PathTo(*access);
    Loop& loop = loops[access->context];
    if (loop.last == nullptr) {
      loop.path = path;
      loop.locks = access->locks;
    }
    loop.last = access;
    loop.path.erase(std::mismatch(loop.path.begin(), loop.path.end(), path.begin(), path.end()).first, loop.path.end());
    std::erase_if(loop.locks, [&](const std::string& held) {
      return std::find(access->locks.begin(), access->locks.end(), held) == access->locks.end();
    });
  }
  // Who has done nothing for half of it waits by now.
  std::erase_if(loops, [&](const auto& of) { return of.second.last->step <= (step + machine.steps()) / 2; });
  std::set<std::tuple<unsigned, uintptr_t, bool>> seen;
  for (const Logged* access : window) {
    const auto found = loops.find(access->context);
    if (found == loops.end()) continue;
    Loop& loop = found->second;
    if (const std::vector<uintptr_t> path = PathTo(*access); path.size() > loop.path.size()) {
      loop.place = std::min(loop.place, path[loop.path.size()]);
    }
    if (!access->note.empty() || recorder.IsLockWord(access->address)) continue;
    if (!seen.emplace(access->context, access->address, access->write).second) continue;
    (access->write ? loop.written : loop.read).insert(recorder.DescribeAddress(access->address, access->order));
  }
  for (const Recorder::LoggedLock& event : recorder.locks()) {
    const auto loop = loops.find(event.where.context);
    if (event.taken && event.where.step > step && loop != loops.end()) loop->second.taken.insert(event.name);
  }
  return loops;
}

std::string Named(const char* verb, const std::set<std::string>& what) {
  if (what.empty()) return "";
  const std::vector<std::string> some(
      what.begin(), std::next(what.begin(), static_cast<std::ptrdiff_t>(std::min(what.size(), kMostNamed))));
  return absl::StrCat(", ", verb, " ", absl::StrJoin(some, ", "), what.size() > some.size() ? " and more" : "");
}

Access Told(const Loop& loop) {
  Access access = recorder.Describe(*loop.last);
  access.what = absl::StrCat("goes round a loop", Named("takes", loop.taken), Named("reads", loop.read),
                             Named("writes", loop.written));
  access.location = "";
  access.locks_held = loop.locks;
  std::vector<uintptr_t> stack(loop.path.rbegin(), loop.path.rend());
  if (loop.place != UINTPTR_MAX) stack.insert(stack.begin(), loop.place);
  access.stack = recorder.Frames(0, stack);
  return access;
}

// Who of those that have not ended runs at a moment, and who waits, is chance.
uint64_t ThoseNotDone() {
  uint64_t mask = 0;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    if (machine.at(i).state != State::kEnded) mask |= Bit(i);
  }
  return mask;
}

}  // namespace

void LivelockFound() {
  if (!findings.Hit(Hazard::kLivelock, ThoseNotDone())) return;
  Finding finding;
  const uint64_t since = machine.steps() - machine.window();
  std::vector<std::string> names;
  std::vector<const Logged*> last;
  uint64_t looping = 0;
  bool only_reads = false, locks_taken = false;
  for (const auto& [context, loop] : LoopsSince(since)) {
    names.emplace_back(machine.at(context).name);
    last.push_back(loop.last);
    looping |= Bit(context);
    only_reads |= loop.written.empty() && loop.taken.empty();
    locks_taken |= !loop.taken.empty();
    finding.accesses.push_back(Told(loop));
  }
  finding.title = absl::StrCat("livelock: nobody gets done for ", machine.window(), " steps");
  if (!names.empty()) {
    absl::StrAppend(&finding.title, "; ", absl::StrJoin(names, ", "), names.size() == 1 ? " loops" : " loop");
  }
  finding.detail = absl::StrCat("In the last ", machine.window(), " of ", machine.steps(),
                                " steps no task, no wait for an event and no round of a workload came to its end");
  finding.detail += locks_taken ? "; who got a lock took it again, in a loop of its own." : ".";
  if (const std::string others = WhoWaits(looping); !others.empty()) {
    absl::StrAppend(&finding.detail, "\nOthers: ", others, ".");
  }
  if (only_reads) {
    finding.detail += "\nA loop that only reads, and neither sleeps nor calls cpu_relax(), looks like this too.";
  }
  finding.schedule = recorder.Rows(last);
  findings.Add(std::move(finding), Hazard::kLivelock);
}

}  // namespace cfgtorture::model

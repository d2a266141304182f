#include "harness/model/testdata/alone.h"

#include <atomic>

#include "harness/kernel/raw_spinlock.h"
#include "harness/model/testdata/program_list.h"
#include "harness/model/testdata/scoped_task.h"

namespace cfgtorture {

void AloneUseAfterFree() {
  std::atomic<int*> hidden{new int(1)};
  delete hidden.load();
  Check(*hidden.load() != 2, "what lies there is no longer ours");
}

void AloneSpinsForEver() {
  RawSpinlock lock("taken twice");
  lock.lock();
  lock.lock();
}

void DeadFrameAfterTheEnd() {
  std::atomic<int*> shared{nullptr};
  {
    Task a("a", -1, [&] {
      int mine = 1;
      shared.store(&mine);
    });
  }
  Check(*shared.load() != 2, "what lies there is no longer a frame");
}

void RaceWithOneNotJoined() {
  int x = 0;
  Task b("b", -1, [&] { x = 1; });
  {
    Task a("a", -1, [] {});
  }
  x = 2;
}

void ReadsAfterTheEnd() {
  int x = 0, y = 0;
  {
    Task a("a", -1, [&] { x = 1; });
    Task b("b", -1, [&] { y = 2; });
  }
  Check(x + y == 3, "x + y");
  {
    Task c("c", -1, [&] { x = y; });
  }
  Check(x == 2, "x");
}

}  // namespace cfgtorture

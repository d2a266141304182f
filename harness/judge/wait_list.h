// harness/judge/wait_list.h: which wait entries are linked on which queue, and what must not become of them.
//
// A wait entry mostly lies on its waiter's stack. Whoever links it unlinks it before the frame is left; a waker calls
// through none that is unlinked; a queue ends empty. The links themselves are the kernel words' to compare
// (CONFIG_DEBUG_LIST): this knows only what its owner meant to do.
//
// Pure: facts in, complaints out; calls are serialised by the caller. Queues and entries are addresses, never followed.
//
// Cost        one pass over what is linked at that moment, which is few.
// Misses      an entry that is linked and unlinked without its words being told of it.
// Cries wolf  nowhere known.
// Source      facts 7.2; lib/list_debug.c, v6.12.
#ifndef CFGTORTURE_HARNESS_JUDGE_WAIT_LIST_H_
#define CFGTORTURE_HARNESS_JUDGE_WAIT_LIST_H_

#include <cstddef>
#include <vector>

namespace cfgtorture::judge {

enum class ListFault {
  kNone,
  kLinkedTwice,  // onto this queue or another, without having been unlinked
  kNotLinked,    // unlinked, and was not linked
  kEntryLost,    // its memory goes away while it is linked
  kQueueLost,    // the queue goes away while somebody waits on it
};
const char* TextOf(ListFault fault);

class WaitList {
 public:
  [[nodiscard]] ListFault Linked(const void* queue, const void* entry) {
    const bool twice = Find(entry) != linked_.size();
    linked_.push_back({queue, entry});
    return twice ? ListFault::kLinkedTwice : ListFault::kNone;
  }
  [[nodiscard]] ListFault Unlinked(const void* entry) {
    return Remove(entry) ? ListFault::kNone : ListFault::kNotLinked;
  }
  [[nodiscard]] ListFault EntryGone(const void* entry) {
    return Remove(entry) ? ListFault::kEntryLost : ListFault::kNone;
  }
  [[nodiscard]] ListFault QueueGone(const void* queue) {
    const size_t before = linked_.size();
    std::erase_if(linked_, [queue](const Link& link) { return link.queue == queue; });
    return linked_.size() != before ? ListFault::kQueueLost : ListFault::kNone;
  }
  // May a waker call through it?
  bool IsLinked(const void* entry) const { return Find(entry) != linked_.size(); }
  size_t size() const { return linked_.size(); }
  void Forget() { linked_.clear(); }  // a new execution

 private:
  struct Link {
    const void* queue;
    const void* entry;
  };

  size_t Find(const void* entry) const {
    size_t i = 0;
    while (i < linked_.size() && linked_[i].entry != entry) ++i;
    return i;
  }
  bool Remove(const void* entry) {
    const size_t i = Find(entry);
    if (i == linked_.size()) return false;
    linked_[i] = linked_.back();
    linked_.pop_back();
    return true;
  }

  std::vector<Link> linked_;
};

inline const char* TextOf(ListFault fault) {
  switch (fault) {
    case ListFault::kNone:
      return "none";
    case ListFault::kLinkedTwice:
      return "a wait entry is linked although it is linked already";
    case ListFault::kNotLinked:
      return "a wait entry is unlinked although it is not linked";
    case ListFault::kEntryLost:
      return "a wait entry's memory goes away while it is linked";
    case ListFault::kQueueLost:
      return "a wait queue goes away while somebody waits on it";
  }
  return "?";
}

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_WAIT_LIST_H_

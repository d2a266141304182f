// harness/judge/blocks.h: which functions have their configuration space blocked, and by whom. At the program's end
// none may have.
//
// A block is taken by one context and may be given back by another, so no context's end says anything: only when nobody
// is left who could give it back is one that stays a finding. From then on every user access waits for ever.
//
// Cost        one pass over what is blocked at that moment, which is few.
// Misses      a block that is given back too late, or by whom nobody meant to.
// Cries wolf  at a program that ends on purpose with a function blocked.
// Source      facts 2.3; drivers/pci/access.c, v6.12, which keeps a flag and not who set it.
#ifndef CFGTORTURE_HARNESS_JUDGE_BLOCKS_H_
#define CFGTORTURE_HARNESS_JUDGE_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/judge/lock_order.h"

namespace cfgtorture::judge {

class Blocks {
 public:
  struct Block {
    uint32_t function;
    Place by;
  };

  // Twice, if a strategy lets two have it at once: then it is given back twice.
  void Blocked(uint32_t function, const Place& by) { blocks_.push_back({function, by}); }
  // Gives back its newest block. Nothing, if there is none: that is found where it is done (Caller::CloseWindow).
  void Unblocked(uint32_t function) {
    for (size_t i = blocks_.size(); i-- > 0;) {
      if (blocks_[i].function != function) continue;
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
  // Oldest first. At the program's end: what was never given back.
  const std::vector<Block>& held() const { return blocks_; }
  void Forget() { blocks_.clear(); }  // a new execution

 private:
  std::vector<Block> blocks_;
};

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_BLOCKS_H_

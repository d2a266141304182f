#include "harness/model/audit.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"

namespace cfgtorture::model {

Audit audit;

namespace {

constexpr std::array kAtomics = {"load", "store", "read-modify-write", "failed compare-exchange", "fence"};
constexpr std::array kCalls = {"lock", "irqs-off", "wake-up"};
constexpr std::array kOrders = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};  // as __ATOMIC_...

template <size_t kSize>
int Find(const std::array<const char*, kSize>& names, std::string_view name) {
  for (size_t i = 0; i < kSize; ++i) {
    if (names[i] == name) return static_cast<int>(i);
  }
  return -1;
}

// 0 for relaxed, 3 for seq_cst; acquire and release are not comparable, and as strong as each other.
int Strength(int order) {
  if (order == __ATOMIC_RELAXED) return 0;
  if (order == __ATOMIC_ACQ_REL) return 2;
  return order == __ATOMIC_SEQ_CST ? 3 : 1;
}

bool StartsWith(const std::vector<uint64_t>& chain, const std::vector<uint64_t>& with) {
  return with.size() <= chain.size() && std::equal(with.begin(), with.end(), chain.begin());
}

}  // namespace

absl::Status Audit::Init(const std::string& mutation, uintptr_t base, std::string module) {
  base_ = base;
  module_ = std::move(module);
  if (mutation.empty()) return absl::OkStatus();
  if (mutation == "list") {
    lists_ = watches_orders_ = watches_calls_ = true;
    return absl::OkStatus();
  }
  const auto wrong = [&] {
    return absl::InvalidArgumentError(absl::StrCat("mutation \"", mutation,
                                                   "\": expected list, weaken:OPERATION:ORDER:PLACES or "
                                                   "skip:lock|irqs-off|wake-up:PLACES"));
  };
  const std::vector<std::string> parts = absl::StrSplit(mutation, ':');
  if (parts.size() == 4 && parts[0] == "weaken") {
    const int atomic = Find(kAtomics, parts[1]);
    order_ = parts[2] == "none" ? kNoFence : Find(kOrders, parts[2]);
    if (atomic < 0 || (order_ < 0 && parts[2] != "none")) return wrong();
    atomic_ = static_cast<Atomic>(atomic);
    if (order_ == kNoFence && atomic_ != Atomic::kFence) return wrong();
    weakens_ = watches_orders_ = true;
  } else if (parts.size() == 3 && parts[0] == "skip") {
    const int call = Find(kCalls, parts[1]);
    if (call < 0) return wrong();
    call_ = static_cast<Call>(call);
    skips_ = watches_calls_ = true;
  } else {
    return wrong();
  }
  const std::vector<std::string> places = absl::StrSplit(parts.back(), ',');
  for (const std::string& place : places) {
    Chain chain;
    const std::vector<std::string> offsets = absl::StrSplit(place, '+');
    for (const std::string& offset : offsets) {
      uint64_t value = 0;
      const char* end = offset.data() + offset.size();
      if (std::from_chars(offset.data(), end, value, 16).ptr != end || offset.empty()) return wrong();
      chain.push_back(value);
    }
    chains_.push_back(std::move(chain));
  }
  return absl::OkStatus();
}

void Audit::BeginExecution() {
  if (!watches_calls_) return;
  for (ContextState& context : contexts_) {
    context.left_out.clear();
    context.irqs_sections.clear();
  }
}

int Audit::Order(uintptr_t pc, Atomic what, int order) {
  const Chain chain = {pc - 1 - base_};
  if (lists_ && order != __ATOMIC_RELAXED) {
    List(kAtomics[static_cast<size_t>(what)], kOrders[static_cast<size_t>(order)], chain);
  }
  if (!weakens_ || what != atomic_ || std::find(chains_.begin(), chains_.end(), chain) == chains_.end()) return order;
  if (order_ == kNoFence || Strength(order_) < Strength(order)) return order_;
  return order;
}

bool Audit::LeavesOutLock(uintptr_t pc, uint32_t lock, const char* name) {
  if (!LeavesOut(Call::kLock, pc, name)) return false;
  contexts_[machine.current()].left_out.push_back(lock);
  return true;
}

bool Audit::IsLeftOut(uint32_t lock) const {
  const std::vector<uint32_t>& left_out = contexts_[machine.current()].left_out;
  return std::find(left_out.begin(), left_out.end(), lock) != left_out.end();
}

bool Audit::WasLeftOut(uint32_t lock) {
  std::vector<uint32_t>& left_out = contexts_[machine.current()].left_out;
  const auto it = std::find(left_out.begin(), left_out.end(), lock);
  if (it == left_out.end()) return false;
  left_out.erase(it);
  return true;
}

bool Audit::LeavesOutIrqsOff(uintptr_t pc) {
  const bool leaves_out = LeavesOut(Call::kIrqsOff, pc, "");
  contexts_[machine.current()].irqs_sections.push_back(!leaves_out);
  return leaves_out;
}

bool Audit::IrqsWereOff() {
  std::vector<bool>& sections = contexts_[machine.current()].irqs_sections;
  if (sections.empty()) return true;
  const bool off = sections.back();
  sections.pop_back();
  return off;
}

bool Audit::LeavesOutWakeUp(uintptr_t pc) { return LeavesOut(Call::kWakeUp, pc, ""); }

bool Audit::LeavesOut(Call call, uintptr_t pc, const char* what) {
  if (!lists_ && !(skips_ && call == call_)) return false;
  const Chain chain = ChainNow(pc);
  if (lists_) List(kCalls[static_cast<size_t>(call)], what, chain);
  if (!skips_) return false;
  const bool leaves_out =
      std::any_of(chains_.begin(), chains_.end(), [&](const Chain& place) { return StartsWith(chain, place); });
  if (leaves_out && recorder.on()) recorder.Row("-- left out: ", kCalls[static_cast<size_t>(call)], " ", what, " --");
  return leaves_out;
}

Audit::Chain Audit::ChainNow(uintptr_t pc) const {
  Chain chain;
  for (const Frame& frame : recorder.StackNow(pc)) chain.push_back(frame.offset);
  return chain;
}

void Audit::List(std::string kind, std::string what, const Chain& chain) {
  std::string key = absl::StrCat(kind, "\n", what);
  for (const uint64_t offset : chain) absl::StrAppend(&key, "\n", offset);
  const auto [it, is_new] = index_.emplace(std::move(key), sites_.size());
  if (is_new) {
    AuditSite site;
    site.kind = std::move(kind);
    site.what = std::move(what);
    for (const uint64_t offset : chain) {
      Frame frame;
      frame.module = module_;
      frame.offset = offset;
      site.stack.push_back(std::move(frame));
    }
    sites_.push_back(std::move(site));
  }
  ++sites_[it->second].count;
}

std::vector<AuditSite> Audit::Sites() const { return sites_; }

}  // namespace cfgtorture::model
